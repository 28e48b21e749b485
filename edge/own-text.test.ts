import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { parseHead } from './http1/head.ts'
import { createWorld, request } from './transcripts/world.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

function heldBytes(): number {
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

test('what is remembered of a request is not all of its head', async () => {
  const ingress = createWorld()
  const ask = async (count: number, at: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      const line = `GET /a%20b/%C3%BC.txt?number=${i} HTTP/1.1\r\nHost: welcome.inxt`
      const text = Buffer.from(`${line}\r\nX: ${i} ${'x'.repeat(15_000)}`).toString('latin1')
      const { target, fields } = parseHead(text, 10)
      const { body } = await ingress({ ...request({ target, fields }), receivedAt: at })
      // To the end, so that the next answer is one at once.
      if (body !== undefined && !(body instanceof Uint8Array)) for await (const _ of body);
    }
  }
  await ask(10, 0)
  const before = heldBytes()
  // Twice: found the first time, at hand the second, so that its answer is made ready.
  for (const at of [10_000, 11_000]) await ask(1000, at)
  const more = heldBytes() - before
  assert.ok(more < 5_000_000, `${more} octets more, for a thousand addresses`)
})
