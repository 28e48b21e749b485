import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromUtf8, utf8 } from '../base/bytes.ts'
import { isFault } from '../base/fault.ts'
import { atMost, begun, collect, collectJson, exactly } from './body.ts'

async function* stream(parts: readonly string[], onReturn = (): void => {}): AsyncGenerator<Uint8Array> {
  try {
    for (const part of parts) yield utf8(part)
  } finally {
    onReturn()
  }
}

const text = async (source: AsyncIterable<Uint8Array>): Promise<string> =>
  fromUtf8(await collect(source, 1000))!

test('exactly passes what was announced and nothing else', async () => {
  assert.equal(await text(exactly(stream(['ab', '', 'c']), 3)), 'abc')
  for (const sizeBytes of [2, 4]) {
    await assert.rejects(text(exactly(stream(['ab', 'c']), sizeBytes)), error =>
      isFault(error, 'content/mismatch'),
    )
  }
})

test('atMost lets the bound pass and not one more', async () => {
  assert.equal(await text(atMost(stream(['ab', 'c']), 3)), 'abc')
  await assert.rejects(text(atMost(stream(['ab', 'cd']), 3)), error => isFault(error, 'bytes/too-large'))
})

test('a stream that has begun is whole, and closes its source even if nobody reads it', async () => {
  assert.equal(await text(await begun(stream(['ab', 'c']))), 'abc')
  assert.equal(await text(await begun(stream([]))), '')
  let returned = 0
  const source = stream(['a', 'b'], () => returned++)
  await (await begun(source))[Symbol.asyncIterator]().return?.()
  assert.equal(returned, 1)
})

test('a stream that fails at once has not begun', async () => {
  await assert.rejects(begun(exactly(stream([]), 1)), error => isFault(error, 'content/mismatch'))
})

test('JSON in bounds', async () => {
  assert.deepEqual(await collectJson(stream(['{"a"', ':1}']), 10), { a: 1 })
  for (const bad of ['', '{', '\ud800']) {
    await assert.rejects(collectJson(stream([bad]), 10), error => isFault(error, 'bytes/malformed'))
  }
})
