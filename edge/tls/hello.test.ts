import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { type Hello, readHello } from './hello.ts'

const vector = (octets: number, ...parts: Uint8Array[]): Buffer => {
  const content = Buffer.concat(parts)
  const length = Buffer.alloc(octets)
  length.writeUIntBE(content.length, 0, octets)
  return Buffer.concat([length, content])
}
const extension = (type: number, body: Buffer): Buffer =>
  Buffer.concat([Buffer.from([0, type]), vector(2, body)])
const named = (name: string, kind = 0): Buffer =>
  extension(0, vector(2, Buffer.from([kind]), vector(2, Buffer.from(name))))
const speaking = (...protocols: string[]): Buffer =>
  extension(16, vector(2, ...protocols.map(protocol => vector(1, Buffer.from(protocol)))))

function message(...extensions: Buffer[]): Buffer {
  const start = [Buffer.alloc(34), vector(1), vector(2, Buffer.from([0x13, 1])), vector(1, Buffer.from([0]))]
  return Buffer.concat([Buffer.from([1]), vector(3, ...start, vector(2, ...extensions))])
}

/** In records of at most `size` octets. */
function records(bytes: Buffer, size = 16_384): Buffer {
  const parts: Buffer[] = []
  for (let at = 0; at < bytes.length; at += size)
    parts.push(Buffer.from([22, 3, 1]), vector(2, bytes.subarray(at, at + size)))
  return Buffer.concat(parts)
}

describe('what a client says first', () => {
  const whole = message(named('Welcome.INXT.'), speaking('h2', 'http/1.1'))
  const expected: Hello = { serverName: 'welcome.inxt', protocols: ['h2', 'http/1.1'] }
  const rows: [title: string, bytes: Buffer, expected: Hello][] = [
    ['a name and protocols', records(whole), expected],
    ['in many records', records(whole, 7), expected],
    ['no extension', records(message()), { serverName: undefined, protocols: [] }],
    ['another kind of name', records(message(named('a', 1))), { serverName: undefined, protocols: [] }],
    ['half of it', records(whole).subarray(0, 40), 'more'],
    ['one record of several', records(whole, 30).subarray(0, 35), 'more'],
    ['nothing', Buffer.alloc(0), 'more'],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n'), 'other'],
    ['another message', records(Buffer.concat([Buffer.from([2]), vector(3, Buffer.alloc(4))])), 'other'],
    ['a message without end', records(Buffer.from([1, 255, 255, 255, 0])), 'other'],
    ['an empty record', Buffer.from([22, 3, 1, 0, 0]), 'other'],
    ['a list longer than its message', records(message(Buffer.from([0, 0, 0, 9, 0]))), 'other'],
  ]
  for (const [title, bytes, wanted] of rows) test(title, () => assert.deepEqual(readHello(bytes), wanted))

  test('fuzz: whatever comes, there is an answer, and a cut one asks for more', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(200), fc.nat(255), (bytes, at, octet) => {
        readHello(Buffer.from(bytes))
        readHello(records(Buffer.from(bytes)))
        const bent = records(whole)
        bent[at % bent.length] = octet
        readHello(bent)
        const start = records(whole).subarray(0, at % records(whole).length)
        assert.equal(readHello(start), 'more')
      }),
      { numRuns: 2000 },
    )
  })
})
