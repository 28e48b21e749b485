import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { concatBytes, equalBytes, fromHex, fromUtf8, sizeText, toHex, utf8 } from './bytes.ts'
import { chain, type Step } from './chain.ts'
import { Fault, faultCodes, isFault } from './fault.ts'
import { rendezvous } from './hash.ts'
import { createMeter } from './meter.ts'
import { integerBelow, sample, seededRandom, shuffle } from './random.ts'

describe('bytes', () => {
  test('hexadecimal both ways, and nothing but hexadecimal', () => {
    assert.equal(toHex(new Uint8Array([0, 171, 255])), '00abff')
    assert.deepEqual(fromHex('0x00ABff'), new Uint8Array([0, 171, 255]))
    for (const bad of ['0', 'zz', '0x0', 'a b']) assert.equal(fromHex(bad), undefined, bad)
  })

  test('UTF-8 is strict', () => {
    assert.equal(fromUtf8(utf8('grüße')), 'grüße')
    assert.equal(fromUtf8(new Uint8Array([0xc0, 0x80])), undefined)
  })

  test('comparison, concatenation and sizes', () => {
    assert(equalBytes(concatBytes([utf8('ab'), utf8(''), utf8('c')]), utf8('abc')))
    assert(!equalBytes(utf8('ab'), utf8('abc')))
    const rows: [number, string][] = [
      [0, '0 B'],
      [1023, '1023 B'],
      [1536, '1.5 KiB'],
      [50 * 2 ** 20, '50 MiB'],
    ]
    for (const [bytes, text] of rows) assert.equal(sizeText(bytes), text)
  })
})

describe('chain', () => {
  test('runs in the order of the list, and a step may answer itself', () => {
    const seen: string[] = []
    const step =
      (name: string, stopAt: number): Step<number, string> =>
      (input, next) => {
        seen.push(name)
        return input >= stopAt ? `${name} stopped` : `${name}(${next(input)})`
      }
    const run = chain([step('a', 9), step('b', 5)], input => `end ${input}`)
    assert.equal(run(1), 'a(b(end 1))')
    assert.equal(run(5), 'a(b stopped)')
    assert.equal(run(9), 'a stopped')
    assert.deepEqual(seen, ['a', 'b', 'a', 'b', 'a'])
  })
})

describe('fault', () => {
  test('has three lines, each ending as a sentence', () => {
    for (const [meaning, hint] of Object.values(faultCodes)) {
      assert.match(meaning, /[.]$/)
      assert.match(hint, /[.]$/)
    }
    const fault = new Fault('net/port-taken', 'port 53 is taken', { hint: 'Use --dns 5353.' })
    assert.deepEqual(fault.lines(), [
      'port 53 is taken',
      'Another program listens on that port.',
      'Use --dns 5353.',
    ])
    assert(isFault(fault, 'net/port-taken') && !isFault(fault, 'name/taken') && !isFault(new Error('x')))
  })
})

describe('random', () => {
  test('a seed replays, other seeds differ', () => {
    const draw = (seed: number): number[] => Array.from({ length: 5 }, seededRandom(seed).next)
    assert.deepEqual(draw(7), draw(7))
    assert.notDeepEqual(draw(7), draw(8))
  })

  test('integers are uniform within five standard deviations', () => {
    const random = seededRandom(1)
    const counts = new Array<number>(10).fill(0)
    for (let i = 0; i < 100_000; i++) counts[integerBelow(random, 10)]!++
    // Binomial(100,000, 0.1): mean 10,000, standard deviation 95.
    for (const count of counts) assert(Math.abs(count - 10_000) < 475, `${counts}`)
  })

  test('shuffle permutes, sample is distinct and bounded', () => {
    const items = Array.from({ length: 50 }, (_, i) => i)
    assert.deepEqual(
      shuffle(seededRandom(3), [...items]).sort((a, b) => a - b),
      items,
    )
    const some = sample(seededRandom(4), items, 20)
    assert.equal(new Set(some).size, 20)
    assert.equal(sample(seededRandom(4), items, 99).length, 50)
  })
})

describe('rendezvous', () => {
  const members = Array.from({ length: 20 }, (_, i) => `member-${i}`)

  test('shares keys evenly and moves only those of a member that goes', () => {
    const homes = new Map<string, string>()
    const load = new Map<string, number>()
    for (let i = 0; i < 4000; i++) {
      const home = rendezvous(`key-${i}`, members, 1)[0]!
      homes.set(`key-${i}`, home)
      load.set(home, (load.get(home) ?? 0) + 1)
    }
    // Binomial(4,000, 1/20): mean 200, standard deviation 14.
    for (const count of load.values()) assert(Math.abs(count - 200) < 70, `${[...load.values()]}`)
    const rest = members.slice(1)
    for (const [key, home] of homes) {
      if (home !== members[0]) assert.equal(rendezvous(key, rest, 1)[0], home)
    }
  })

  test('does not depend on the order of the members', () => {
    assert.deepEqual(rendezvous('k', members, 3), rendezvous('k', members.toReversed(), 3))
  })
})

describe('meter', () => {
  test('counts, sorted by name, and refuses names without end', () => {
    const meter = createMeter()
    meter.count('b')
    meter.count('a', 2)
    meter.count('b')
    assert.deepEqual(Object.entries(meter.read()), [
      ['a', 2],
      ['b', 2],
    ])
    assert.throws(() => {
      for (let i = 0; i < 1000; i++) meter.count(`name-${i}`)
    }, /too many names/)
  })
})
