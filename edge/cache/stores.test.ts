import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FairShare } from '../fair-share.ts'
import { record } from './recording.ts'
import type { Stored } from './store.ts'
import { createStores } from './stores.ts'

async function stored(sizeBytes: number): Promise<Stored> {
  const source = (async function* () {
    yield new Uint8Array(sizeBytes)
  })()
  const body = record(source, { mayKeep: () => true, aheadBytesMax: 0, room: new FairShare(0).of('') })
  await body.kept
  const times = { requestedAt: 0, receivedAt: 0 }
  return {
    status: 200,
    fields: [],
    freshness: times,
    names: [],
    variant: '',
    body,
    sizeBytes,
  } as unknown as Stored
}

test('who has most gives way, and nobody reads of others', async () => {
  const of = createStores(100_000)
  const [small, large] = [of('small'), of('large')]
  for (let i = 0; i < 3; i++) small.put(`/${i}`, await stored(5000))
  for (let i = 0; i < 200; i++) large.put(`/${i}`, await stored(5000))
  assert.equal(small.usage().entries, 3)
  assert.ok(small.usage().bytes + large.usage().bytes <= 100_000)
  assert.ok(large.usage().entries >= 12)
  assert.equal(large.find('/0', []), undefined)
  assert.notEqual(small.find('/0', []), undefined)
  assert.equal(of('third').has('/0'), false)
})

test('room that one leaves is there for all, and two doors lead to one store', async () => {
  const of = createStores(50_000)
  const [a, b, again] = [of('a'), of('b'), of('a')]
  for (let i = 0; i < 6; i++) a.put(`/${i}`, await stored(5000))
  for (let i = 0; i < 6; i++) again.remove(`/${i}`)
  assert.deepEqual(a.usage(), { entries: 0, bytes: 0 })
  for (let i = 0; i < 8; i++) b.put(`/${i}`, await stored(5000))
  assert.equal(b.usage().entries, 8)
})
