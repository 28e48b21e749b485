import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'
import { utf8 } from '../../base/bytes.ts'
import { Fault } from '../../base/fault.ts'
import { createMeter } from '../../base/meter.ts'
import { integerBelow, seededRandom } from '../../base/random.ts'
import { codings } from './coding.ts'
import { codingOfTag, compress, createVariantMemory, createVariants, type Original } from './variants.ts'

const text = utf8('to be or not to be, that is the question. '.repeat(100))
const random = seededRandom(1)
const noise = Uint8Array.from({ length: 4000 }, () => integerBelow(random, 256))

/** A world in which making something takes `stepMs`; rests end when told. */
function world(options: { share?: number; fileBytesMax?: number; memoryBytesMax?: number } = {}) {
  let now = 0
  let reads = 0
  const rests: { delayMs: number; action: () => void }[] = []
  const clock = {
    now: () => (now += 50),
    after: (delayMs: number, action: () => void) => {
      rests.push({ delayMs, action })
      restBegun.resolve()
      return () => {}
    },
  }
  let restBegun = Promise.withResolvers<void>()
  const meter = createMeter()
  const store = createVariantMemory(options.memoryBytesMax ?? 1 << 20)
  const variants = createVariants({ store, clock, share: 0.25, meter, onBug: assert.ifError, ...options })
  const original = (cid: string, bytes: Uint8Array): Original => ({
    cid,
    sizeBytes: bytes.length,
    async *read() {
      reads++
      if (cid === 'gone') throw new Fault('content/missing', 'No holder.')
      yield bytes
    },
  })
  /** Until what is being made has been made; then the rest after it. */
  const rest = async (): Promise<{ delayMs: number; action: () => void }> => {
    await restBegun.promise
    restBegun = Promise.withResolvers<void>()
    return rests.at(-1)!
  }
  return { variants, original, meter, rest, reads: () => reads }
}

test('what was compressed unpacks to the same', async () => {
  const unpack = { br: brotliDecompressSync, zstd: zstdDecompressSync, gzip: gunzipSync }
  for (const coding of codings) {
    const bytes = await compress(text, coding)
    assert.ok(bytes.length < text.length / 4)
    assert.deepEqual(new Uint8Array(unpack[coding](bytes)), text)
  }
})

describe('behind the first visitor’s back', () => {
  test('made once, after which it is there', async () => {
    const { variants, original, rest, reads } = world()
    assert.equal(variants.get('a', 'br'), undefined)
    for (let i = 0; i < 5; i++) variants.want(original('a', text), 'br')
    await rest()
    const variant = variants.get('a', 'br')
    assert.ok(typeof variant === 'object')
    assert.match(variant.tag, /^"a-br-[0-9a-f]{8}"$/)
    assert.equal(reads(), 1)
    assert.equal(variants.get('a', 'gzip'), undefined)
  })

  test('one at a time, with a rest as long as the share asks for', async () => {
    const { variants, original, rest } = world({ share: 0.25 })
    variants.want(original('a', text), 'br')
    variants.want(original('b', text), 'br')
    const { delayMs, action } = await rest()
    assert.equal(delayMs, 150) // of 200 ms, 50 were work
    assert.equal(variants.get('b', 'br'), undefined)
    action()
    await rest()
    assert.equal(typeof variants.get('b', 'br'), 'object')
  })

  test('what gets no smaller is remembered as such', async () => {
    const { variants, original, rest } = world()
    variants.want(original('noise', noise), 'gzip')
    await rest()
    assert.equal(variants.get('noise', 'gzip'), 'worthless')
  })

  test('so is what there is no room for', async () => {
    const { variants, original, rest } = world({ memoryBytesMax: 1000 })
    variants.want(original('a', text), 'gzip')
    await rest()
    assert.equal(variants.get('a', 'gzip'), 'worthless')
  })

  test('what cannot be read is counted, and the next one made', async () => {
    const { variants, original, rest, meter } = world()
    variants.want(original('gone', text), 'br')
    variants.want(original('b', text), 'br')
    ;(await rest()).action()
    await rest()
    assert.equal(meter.read()['variants.failed'], 1)
    assert.equal(typeof variants.get('b', 'br'), 'object')
  })

  test('not of files that are too large, and not more than wait already', () => {
    const { variants, original, reads } = world({ fileBytesMax: 1000 })
    variants.want(original('large', text), 'br')
    assert.equal(reads(), 0)
  })
})

describe('at once', () => {
  test('several who ask get one', async () => {
    const { variants, original, reads } = world()
    const all = await Promise.all([1, 2, 3].map(() => variants.make(original('a', text), 'gzip')))
    assert.ok(all[0] !== undefined && all.every(one => one === all[0]))
    assert.equal(reads(), 1)
  })

  test('even of what gets no smaller; not of what is too large', async () => {
    const { variants, original } = world({ fileBytesMax: noise.length })
    assert.ok((await variants.make(original('noise', noise), 'gzip'))!.bytes.length > 0)
    assert.equal(await variants.make(original('large', text), 'gzip'), undefined)
    await assert.rejects(variants.make(original('gone', noise), 'gzip'), { code: 'content/missing' })
  })

  test('no more than a few at a time', async () => {
    const { variants, original } = world()
    const all = await Promise.all([...'abcdef'].map(cid => variants.make(original(cid, text), 'gzip')))
    assert.equal(all.filter(one => one === undefined).length, 2)
  })
})

test('the memory is bounded', () => {
  const memory = createVariantMemory(10_000)
  for (let i = 0; i < 100; i++) memory.set(`${i}`, { tag: '"a"', bytes: new Uint8Array(1000) })
  const kept = Array.from({ length: 100 }, (_, i) => memory.get(`${i}`)).filter(Boolean)
  assert.equal(kept.length, 8)
  memory.set('large', { tag: '"a"', bytes: new Uint8Array(5000) })
  assert.equal(memory.get('large'), undefined)
})

test('which form a tag names', () => {
  assert.equal(codingOfTag('"a"', 'a'), 'identity')
  assert.equal(codingOfTag('"a-zstd-0123abcd"', 'a'), 'zstd')
  for (const tag of ['"ab"', '"a-br"', '"a-br-0123abcd', '"a-lz4-0123abcd"', '"a-br-0123ABCD"', 'a', ''])
    assert.equal(codingOfTag(tag, 'a'), undefined, tag)
})
