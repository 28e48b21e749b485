import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fieldValue, type Source } from '../message.ts'
import { request } from '../transcripts/world.ts'
import { finish } from './finish.ts'

const rows: [source: Source | undefined, cacheStatus: string | undefined, timing: string | undefined][] = [
  [{ from: 'memory' }, 'INXT; hit; detail=memory', 'source;desc=memory'],
  [{ from: 'disk' }, 'INXT; hit; detail=disk', 'source;desc=disk'],
  [
    { from: 'peer', which: '127.0.1.3' },
    'INXT; fwd=miss; detail="peer 127.0.1.3"',
    'source;desc="peer 127.0.1.3"',
  ],
  [{ from: 'origin', which: 'a"\r\nb\\' }, 'INXT; fwd=miss; detail="origin ab"', 'source;desc="origin ab"'],
  [undefined, undefined, undefined],
]

test('an answer says where its bytes came from', async () => {
  const step = finish('edge-1')
  for (const [source, cacheStatus, timing] of rows) {
    const body = new Uint8Array(1)
    const response = { status: 200, fields: [], body, sizeBytes: 1, source: () => source }
    const { fields } = await step({ request: request() }, async () => response)
    assert.equal(fieldValue(fields, 'cache-status'), cacheStatus)
    assert.equal(fieldValue(fields, 'server-timing'), timing)
    assert.equal(fieldValue(fields, 'via'), '1.1 edge-1')
  }
})

test('what an inner step said of its cache stays', async () => {
  const step = finish(undefined)
  const fields = [['Cache-Status', 'ORIGIN; hit; ttl=5']] as const
  const response = {
    status: 200,
    fields,
    body: undefined,
    sizeBytes: 0,
    source: () => ({ from: 'memory' }) as const,
  }
  const finished = await step({ request: request() }, async () => response)
  assert.equal(fieldValue(finished.fields, 'cache-status'), 'ORIGIN; hit; ttl=5')
})
