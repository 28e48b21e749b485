import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { afterEach, describe, test } from 'node:test'
import { Fault, isFault } from '../../base/fault.ts'
import { createWorld, content as smallContent } from '../transcripts/world.ts'
import {
  aborted,
  bigContent,
  bodyOf,
  dial,
  get,
  ingressOf,
  last,
  pattern,
  raw,
  start,
  stopAll,
  waiting,
} from './rig.ts'

afterEach(stopAll)

describe('slow, absent and failing parties', () => {
  test('a client that does not read costs a bounded part, and gets all in the end', async () => {
    const sizeBytes = 64 * 1024 * 1024
    const { content, state } = bigContent(sizeBytes)
    const { port } = await start(ingressOf({ content }))
    const socket = dial(port)
    socket.write(get('/big', last))
    await new Promise<void>(resolve => socket.once('readable', resolve))
    const stalledAt = await settled(() => state.sent)
    assert.ok(stalledAt < sizeBytes / 2, `${stalledAt} bytes were pulled for a client that reads nothing`)
    const hash = createHash('sha256')
    let head = ''
    let got = 0
    for await (const part of socket as AsyncIterable<Buffer>) {
      let bytes = part
      if (!head.includes('\r\n\r\n')) {
        head += bytes.toString('latin1')
        bytes = bodyOf(head)
        if (!head.includes('\r\n\r\n')) continue
      }
      hash.update(bytes)
      got += bytes.length
    }
    const expected = createHash('sha256')
    for (let at = 0; at < sizeBytes; at += 1024 * 1024) expected.update(pattern(at, at + 1024 * 1024))
    assert.equal(got, sizeBytes)
    assert.equal(hash.digest('hex'), expected.digest('hex'))
  })

  test('when the client goes, the reading upstream ends', async () => {
    const { content, state } = bigContent(1024 * 1024 * 1024)
    const { port } = await start(ingressOf({ content }))
    const socket = dial(port)
    socket.write(get('/big'))
    await new Promise<void>(resolve => socket.once('data', () => resolve()))
    socket.destroy()
    await state.closed
    assert.ok(state.sent < 1024 * 1024 * 1024)
  })

  test('when the client goes before the first byte, a waiting fetch hears of it', async () => {
    const asked = Promise.withResolvers<AbortSignal>()
    const { port } = await start(ingressOf({ content: waiting(asked.resolve) }), { lingerMs: 20 })
    const socket = dial(port)
    socket.write(get('/slow'))
    const signal = await asked.promise
    socket.destroy()
    await aborted(signal)
    assert.ok(isFault(signal.reason, 'net/unreachable'))
  })

  test('content that is overdue is a 504, not a hanging page', async () => {
    const { port } = await start(ingressOf({ content: waiting() }), { answerTimeoutMs: 30 })
    const got = await raw(port, get('/slow', last))
    assert.match(got, /^HTTP\/1\.1 504 /)
    assert.match(got, /within 30 ms/)
  })

  test('content that fails in the middle cuts the connection: never a short 200', async () => {
    const seen = Promise.withResolvers<void>()
    async function* read(): AsyncGenerator<Uint8Array> {
      yield pattern(0, 100)
      await seen.promise
      throw new Fault('content/missing', 'The last holder died.')
    }
    // A site without rules: those would be read before the file.
    const resolve = async (_root: string, path: string) =>
      path === 'half'
        ? ({ kind: 'file', cid: 'cid-half', sizeBytes: 200 } as const)
        : ({ kind: 'missing' } as const)
    const { port, counts } = await start(ingressOf({ content: { ...smallContent, resolve, read } }))
    const socket = dial(port)
    socket.write(get('/half'))
    const parts: Buffer[] = []
    socket.on('data', part => {
      parts.push(part)
      seen.resolve()
    })
    await new Promise<void>(resolve => socket.once('close', () => resolve()))
    const got = Buffer.concat(parts).toString('latin1')
    assert.match(got, /^HTTP\/1\.1 200 OK\r\n[\s\S]*Content-Length: 200\r\n/)
    assert.equal(bodyOf(got).length, 100)
    assert.equal(counts()['http.cut'], 1)
  })

  test('content that is shorter than announced cuts the connection', async () => {
    const { port, counts } = await start(createWorld())
    const got = await raw(port, get('/broken/short.bin'))
    assert.ok(bodyOf(got).length < 32)
    assert.equal(counts()['http.cut'], 1)
  })

  test('a bug is a 500, is counted, and the next request on the connection is answered', async () => {
    const find = (label: string): 'unknown' => {
      assert.notEqual(label, 'welcome', 'a bug')
      return 'unknown'
    }
    const { port, counts } = await start(ingressOf({ sites: { find } }))
    const got = await raw(port, get('/') + get('/', last).replace('welcome', 'nobody'))
    assert.deepEqual(
      [...got.matchAll(/HTTP\/1\.1 (\d+)/g)].map(match => match[1]),
      ['500', '404'],
    )
    assert.equal(counts()['http.bugs'], 1)
    assert.doesNotMatch(got, /a bug/, 'what went wrong inside is nobody else’s business')
  })
})

/** The value of a counter once it has stayed the same over many turns of the event loop. */
async function settled(read: () => number): Promise<number> {
  let value = read()
  for (let turns = 0; turns < 200; turns++) {
    await new Promise<void>(resolve => setImmediate(resolve))
    if (read() !== value) [value, turns] = [read(), 0]
  }
  return value
}
