import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { integerBelow, seededRandom } from './random.ts'
import { createSieve } from './sieve.ts'

/** What an entry costs beside its value. */
const overhead = 300
const sized = (entries: number) =>
  createSieve<number>({ bytesMax: entries * 1000, bytesOf: () => 1000 - overhead })

describe('sieve', () => {
  test('what was asked for stays, what was not goes', () => {
    const sieve = sized(4)
    for (const key of ['a', 'b', 'c', 'd']) sieve.set(key, 1)
    sieve.get('a')
    sieve.get('c')
    sieve.set('e', 1)
    sieve.set('f', 1)
    assert.deepEqual(
      ['a', 'b', 'c', 'd', 'e', 'f'].filter(key => sieve.has(key)),
      ['a', 'c', 'e', 'f'],
    )
    assert.deepEqual(sieve.usage(), { entries: 4, bytes: 4000 })
  })

  test('all marked: the hand goes round once and takes the oldest', () => {
    const sieve = sized(4)
    for (const key of ['a', 'b', 'c', 'd']) {
      sieve.set(key, 1)
      sieve.get(key)
    }
    sieve.set('e', 1)
    assert.equal(sieve.has('a'), false)
    assert.equal(sieve.usage().entries, 4)
  })

  test('a value over a quarter of the cache is not taken, and replaces nothing', () => {
    const sieve = createSieve<number>({ bytesMax: 4000, bytesOf: bytes => bytes })
    sieve.set('small', 10)
    sieve.set('large', 4000)
    assert.equal(sieve.get('large'), undefined)
    assert.equal(sieve.get('small'), 10)
  })

  test('agrees with a plain model of the paper, and never exceeds its bound', () => {
    const operation = fc.tuple(fc.constantFrom('get', 'set', 'delete'), fc.nat(12))
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 200 }), operations => {
        const sieve = sized(5)
        const queue: { key: string; seen: boolean }[] = [] // oldest first
        let hand = 0
        for (const [what, number] of operations) {
          const key = `${number}`
          const at = queue.findIndex(entry => entry.key === key)
          if (what === 'get') {
            assert.equal(sieve.get(key) !== undefined, at >= 0)
            if (at >= 0) queue[at]!.seen = true
          } else {
            const remove = (index: number): void => {
              queue.splice(index, 1)
              if (index < hand) hand--
            }
            if (at >= 0) remove(at)
            if (what === 'delete') sieve.delete(key)
            else {
              sieve.set(key, number)
              while (queue.length >= 5) {
                hand %= queue.length
                if (queue[hand]!.seen) queue[hand++]!.seen = false
                else remove(hand)
              }
              if (hand >= queue.length) hand = 0
              queue.push({ key, seen: at >= 0 })
            }
          }
          // At the head the hand starts over at the tail, also when new entries came in meanwhile.
          if (hand >= queue.length) hand = 0
          assert.deepEqual(
            queue.map(entry => sieve.has(entry.key)),
            queue.map(() => true),
          )
          assert.equal(sieve.usage().entries, queue.length)
          assert.ok(sieve.usage().bytes <= 5000)
        }
      }),
      { seed: 1, numRuns: 300 },
    )
  })

  test('beats LRU by some points on a Zipf trace with a scan', () => {
    const random = seededRandom(1)
    const sieve = sized(500)
    const lru = new Map<string, true>()
    let sieveHits = 0
    let lruHits = 0
    for (let i = 0; i < 60_000; i++) {
      // rank = N^u is Zipf with exponent 1; three in ten are seen once and never again.
      const scan = integerBelow(random, 10) < 3
      const key = scan ? `scan ${i}` : `${Math.floor(10_000 ** random.next())}`
      if (sieve.get(key) !== undefined) sieveHits++
      else sieve.set(key, 1)
      if (lru.delete(key)) lruHits++
      lru.set(key, true)
      if (lru.size > 500) lru.delete(lru.keys().next().value!)
    }
    assert.ok(sieveHits > lruHits * 1.05, `${sieveHits} hits against ${lruHits}`)
  })
})
