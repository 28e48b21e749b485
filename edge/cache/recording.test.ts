import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isFault } from '../../base/fault.ts'
import { collect } from '../body.ts'
import { FairShare } from '../fair-share.ts'
import { type Recording, record } from './recording.ts'
import { createStore, type Stored } from './store.ts'

const bodyBytes = 10_000

/** Kept to its end, in ten chunks. */
async function recorded(room: FairShare): Promise<Recording> {
  const source = (async function* () {
    for (let i = 0; i < 10; i++) yield new Uint8Array(bodyBytes / 10).fill(i)
  })()
  const body = record(source, { mayKeep: () => true, aheadBytesMax: 0, room: room.of('a site') })
  assert.equal(await body.kept, true)
  return body
}

/** Somebody who took the first chunk, and no more yet. */
async function slow(body: Recording) {
  const iterator = body.read()[Symbol.asyncIterator]()
  let bytes = (await iterator.next()).value!.length
  const rest = async (): Promise<number> => {
    for await (const chunk of { [Symbol.asyncIterator]: () => iterator }) bytes += chunk.length
    return bytes
  }
  return { iterator, rest }
}

/** How much of it nobody holds. */
function free(room: FairShare, bytesMax: number): number {
  for (let bytes = bytesMax; bytes > 0; bytes -= bodyBytes / 10) {
    if (!room.enter('a site', bytes)) continue
    room.leave('a site', bytes)
    return bytes
  }
  return 0
}

const cut = (error: unknown): boolean => isFault(error, 'net/unreachable')

describe('a body that the store has no more', () => {
  test('takes room for as long as somebody reads it, and is read to its end', async () => {
    const room = new FairShare(2 * bodyBytes)
    const body = await recorded(room)
    const [one, other] = [await slow(body), await slow(body)]
    assert.equal(free(room, 2 * bodyBytes), 2 * bodyBytes)
    body.store(false)
    assert.equal(free(room, 2 * bodyBytes), bodyBytes)
    assert.equal(await one.rest(), bodyBytes)
    assert.equal(free(room, 2 * bodyBytes), bodyBytes)
    await other.iterator.return!()
    assert.equal(free(room, 2 * bodyBytes), 2 * bodyBytes)
    // Whoever had its head already.
    assert.equal((await collect(body.read({ start: 5, end: 9 }), 9)).length, 4)
    assert.equal(free(room, 2 * bodyBytes), 2 * bodyBytes)
  })

  test('loses its readers where there is no room, and no others', async () => {
    const room = new FairShare(2 * bodyBytes)
    const bodies = await Promise.all([1, 2, 3].map(() => recorded(room)))
    const readers = await Promise.all(bodies.map(slow))
    for (const body of bodies) body.store(false)
    await assert.rejects(readers[2]!.rest(), cut)
    await assert.rejects(collect(bodies[2]!.read(), bodyBytes), cut)
    assert.deepEqual(await Promise.all([readers[0]!.rest(), readers[1]!.rest()]), [bodyBytes, bodyBytes])
    // It was validated anew meanwhile, and is in the store again.
    bodies[2]!.store(true)
    const again = await slow(bodies[2]!)
    assert.equal(free(room, 2 * bodyBytes), 2 * bodyBytes)
    assert.equal(await again.rest(), bodyBytes)
  })

  test('is told by the store, however it went', async () => {
    const room = new FairShare(100 * bodyBytes)
    const held = (): number => 100 - free(room, 100 * bodyBytes) / bodyBytes
    const store = createStore(12 * bodyBytes)
    const put = async (key: string, more: Partial<Stored> = {}): Promise<Stored> => {
      const body = more.body ?? (await recorded(room))
      const stored = { fields: [], names: [], variant: '', ...more, body } as unknown as Stored
      store.put(key, stored)
      return stored
    }
    const replaced = await put('/replaced')
    const renewed = await put('/renewed')
    const readers = [
      await slow(replaced.body),
      await slow(renewed.body),
      await slow((await put('/removed')).body),
    ]
    await put('/renewed', { ...renewed })
    assert.equal(held(), 0)
    await put('/replaced')
    store.remove('/removed')
    assert.equal(held(), 2)
    store.shrink(0)
    assert.equal(held(), 3)
    const refused = await put('/', { variant: 'x'.repeat(3 * bodyBytes) })
    readers.push(await slow(refused.body))
    assert.equal(held(), 4)
    for (const { rest } of readers) assert.equal(await rest(), bodyBytes)
    assert.equal(held(), 0)
  })
})
