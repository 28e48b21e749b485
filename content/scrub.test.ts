import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { realClock } from '../base/io/clock.ts'
import { createMeter } from '../base/meter.ts'
import { type Block, blockOf } from './block.ts'
import { formatCid, rawCodec } from './identifier.ts'
import { openBlockFolder } from './io/blocks.ts'
import { beginScrubbing } from './io/scrubbing.ts'
import { createScrub } from './scrub.ts'

describe('scrub', () => {
  test('all in order, at its rate, then a rest until the next pass', () => {
    const keys = ['c', 'a', 'b']
    const scrub = createScrub({ keys: () => keys, bytesPerS: 1000, passMsMin: 10_000 }, 0)
    const seen: string[] = []
    for (let now = 0; now < 25_000; now += 100) {
      const key = scrub.wake(now)
      if (key === undefined) continue
      seen.push(`${key}${now}`)
      scrub.checked(500, now)
      assert.equal(scrub.wakeAt(), now + 500)
    }
    const passes = [0, 10_000, 20_000].flatMap(at => [`a${at}`, `b${at + 500}`, `c${at + 1000}`])
    assert.deepEqual(seen, passes)
  })

  test('goes on where an earlier run stopped, and with what is there then', () => {
    const scrub = createScrub({ keys: () => ['a', 'c', 'd'], bytesPerS: 1, passMsMin: 1, place: 'b' }, 0)
    assert.equal(scrub.wake(0), 'c')
    assert.equal(scrub.place(), 'c')
  })

  test('an empty store is looked at seldom', () => {
    const scrub = createScrub({ keys: () => [], bytesPerS: 1, passMsMin: 1000 }, 0)
    assert.equal(scrub.wake(0), undefined)
    assert.equal(scrub.wakeAt(), 1000)
    assert.equal(scrub.wake(1000), undefined)
    assert.equal(scrub.wakeAt(), 2000)
  })
})

test('scrubbing a folder finds the rotten block that nobody asked for, and remembers its place', async () => {
  const home = await mkdtemp(join(tmpdir(), 'inxt-scrub-'))
  try {
    const meter = createMeter()
    const lost = Promise.withResolvers<readonly string[]>()
    const store = await openBlockFolder({
      ...{ folder: home, bytesMax: 1e6, fsync: false, meter },
      onLost: roots => lost.resolve(roots),
    })
    const blocks = [1, 2, 3].map(seed => blockOf(rawCodec, new Uint8Array(4096).fill(seed)))
    for (const block of blocks) await store.put(block)
    const { cid } = blocks[1] as Block
    const key = formatCid(cid)
    store.pin(cid, cid)
    await writeFile(join(home, 'shards', key.slice(-3, -1), key), 'rot')
    const placePath = join(home, 'scrubbed')
    const end = await beginScrubbing({ store, clock: realClock, meter, bytesPerS: 1e9, placePath })
    assert.deepEqual(await lost.promise, [key])
    await end()
    assert.equal(await store.has(cid), false)
    assert.ok((await readFile(placePath, 'utf8')) >= key)
    assert.equal(meter.read()['store.corrupt'], 1)
  } finally {
    await rm(home, { recursive: true })
  }
})
