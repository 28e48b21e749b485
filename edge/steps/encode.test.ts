// A download that began in a compressed form goes on in it, at the edge that made it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brotliDecompressSync } from 'node:zlib'
import { concatBytes } from '../../base/bytes.ts'
import { collect } from '../body.ts'
import { type Field, fieldLines, type IngressResponse } from '../message.ts'
import { longText } from '../transcripts/ruled.ts'
import { createWorld, request } from '../transcripts/world.ts'

const host: Field = ['Host', 'welcome.inxt']
const accept: Field = ['Accept-Encoding', 'br']

test('two parts of one form are the whole form', async () => {
  const ingress = createWorld()
  const whole = await ingress(request({ target: '/long.txt', fields: [host, accept] }))
  const [tag] = fieldLines(whole.fields, 'etag')
  const part = async (range: string): Promise<Uint8Array> => {
    const fields: Field[] = [host, accept, ['Range', range], ['If-Range', tag!]]
    const response = await ingress(request({ target: '/long.txt', fields }))
    assert.equal(response.status, 206)
    assert.deepEqual(fieldLines(response.fields, 'etag'), [tag])
    assert.deepEqual(fieldLines(response.fields, 'content-encoding'), ['br'])
    return bytesOf(response)
  }
  const both = concatBytes([await part('bytes=0-9'), await part('bytes=10-')])
  assert.deepEqual(both, new Uint8Array(await bytesOf(whole)))
  assert.equal(brotliDecompressSync(both).toString(), longText)
})

test('in several parts, too', async () => {
  const ingress = createWorld()
  const whole = await ingress(request({ target: '/long.txt', fields: [host, accept] }))
  const [tag] = fieldLines(whole.fields, 'etag')
  const fields: Field[] = [host, accept, ['Range', 'bytes=0-1,4-5'], ['If-Range', tag!]]
  const response = await ingress(request({ target: '/long.txt', fields }))
  assert.equal(response.status, 206)
  const body = Buffer.from(await bytesOf(response))
  assert.equal(body.length, response.sizeBytes)
  const bytes = Buffer.from(await bytesOf(whole))
  for (const [start, end] of [
    [0, 2],
    [4, 6],
  ] as const)
    assert.ok(body.includes(bytes.subarray(start, end)))
})

test('the first visitor gets the file, the next one less', async () => {
  const ingress = createWorld()
  const ask = () => ingress(request({ target: '/late.txt', fields: [host, ['Accept-Encoding', 'zstd']] }))
  const first = await ask()
  assert.deepEqual(fieldLines(first.fields, 'content-encoding'), [])
  assert.deepEqual(fieldLines(first.fields, 'vary'), ['Accept-Encoding'])
  // Who refuses the file waits for the same variant.
  const fields: Field[] = [host, ['Accept-Encoding', 'zstd, identity;q=0']]
  await ingress(request({ target: '/late.txt', fields }))
  const [coding] = fieldLines((await ask()).fields, 'content-encoding')
  assert.equal(coding, 'zstd')
})

async function bytesOf({ body }: IngressResponse): Promise<Uint8Array> {
  return body instanceof Uint8Array ? body : collect(body!, 100_000)
}
