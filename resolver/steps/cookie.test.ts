import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concatBytes, fromHex, toHex } from '../../base/bytes.ts'
import { parseIpv4, parseIpv6 } from '../wire/address.ts'
import { createCookieJar, isCookieLength, putServerCookie } from './cookie.ts'

const v4 = (text: string): Uint8Array => parseIpv4(text)!
const first = 'e5e973e5a6b2a43f48e7dc849e37bfcf'
// RFC 9018, appendix A.
const vectors: [
  what: string,
  client: string,
  address: Uint8Array,
  secret: string,
  atS: number,
  cookie: string,
][] = [
  ['A.1', '2464c4abcf10c957', v4('198.51.100.100'), first, 1559731985, '010000005cf79f111f8130c3eee29480'],
  ['A.2', '2464c4abcf10c957', v4('198.51.100.100'), first, 1559734385, '010000005cf7a871d4a564a1442aca77'],
  ['A.3', 'fc93fc62807ddb86', v4('203.0.113.203'), first, 1559734700, '010000005cf7a9acf73a7810aca2381e'],
  [
    'A.4',
    '22681ab97d52c298',
    parseIpv6('2001:db8:220:1:59de:d0f4:8769:82b8')!,
    '445536bcd2513298075a5d379663c962',
    1559741961,
    '010000005cf7c609a6bb79d16625507a',
  ],
]
function made(client: string, atS: number, reserved: number, address: Uint8Array, secret: string): string {
  const cookie = concatBytes([fromHex(client)!, new Uint8Array(16)])
  putServerCookie(cookie, atS, reserved, address, fromHex(secret)!)
  return toHex(cookie)
}

for (const [what, client, address, secret, atS, cookie] of vectors) {
  test(`RFC 9018 ${what}`, () => assert.equal(made(client, atS, 0, address, secret), client + cookie))
}

test('RFC 9018 A.3: reserved octets are covered by the hash', () => {
  const got = 'fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5'
  assert.equal(made(got.slice(0, 16), 0x5cf78f71, 0xabcdef, v4('203.0.113.203'), first), got)
})

const address = v4('192.0.2.1')
const startMs = 1_700_000_000_000 // not near midnight: 22:13:20 UTC

function jar(nowMs: () => number, secret = 1): ReturnType<typeof createCookieJar> {
  return createCookieJar({ secret: new Uint8Array(16).fill(secret), now: nowMs })
}

test('a cookie is known to who gave it, for its client and its time', () => {
  let nowMs = startMs
  const { judge } = jar(() => nowMs)
  const client = new Uint8Array(8).fill(7)
  const { known, reply } = judge(client, address)
  assert.equal(known, false, 'a client cookie alone shows nothing')
  assert.equal(reply.length, 24)
  const rows: [
    what: string,
    cookie: Uint8Array,
    from: Uint8Array,
    laterS: number,
    known: boolean,
    kept: boolean,
  ][] = [
    ['at once', reply, address, 0, true, true],
    ['before half an hour', reply, address, 1799, true, true],
    ['after half an hour: renewed', reply, address, 1800, true, false],
    ['after an hour', reply, address, 3600, true, false],
    ['later', reply, address, 3601, false, false],
    ['a clock that went back five minutes', reply, address, -300, true, false],
    ['further back', reply, address, -301, false, false],
    ['another address', reply, v4('192.0.2.2'), 0, false, false],
    [
      'another client cookie',
      Uint8Array.from(reply, (octet, i) => (i === 0 ? 8 : octet)),
      address,
      0,
      false,
      false,
    ],
    [
      'another hash',
      Uint8Array.from(reply, (octet, i) => (i === 23 ? octet ^ 1 : octet)),
      address,
      0,
      false,
      false,
    ],
    [
      'another version',
      Uint8Array.from(reply, (octet, i) => (i === 8 ? 2 : octet)),
      address,
      0,
      false,
      false,
    ],
    ['of another length', concatBytes([reply, Uint8Array.of(0)]), address, 0, false, false],
  ]
  for (const [what, cookie, from, laterS, isKnown, isKept] of rows) {
    nowMs = startMs + laterS * 1000
    const got = judge(cookie, from)
    assert.deepEqual([got.known, toHex(got.reply) === toHex(cookie)], [isKnown, isKept], what)
    assert.equal(toHex(got.reply.subarray(0, 8)), toHex(cookie.subarray(0, 8)), what)
  }
  nowMs = startMs
  assert.equal(jar(() => nowMs, 2).judge(reply, address).known, false, 'another secret')
  assert.equal(jar(() => nowMs, 1).judge(reply, address).known, true, 'another server, same secret')
})

test('the secret changes at midnight, and cookies live across it', () => {
  let nowMs = (Math.floor(startMs / 86_400_000) + 1) * 86_400_000 - 10_000
  const { judge } = jar(() => nowMs)
  const { reply } = judge(new Uint8Array(8), address)
  nowMs += 20_000
  assert.equal(judge(reply, address).known, true)
})

test('lengths of RFC 7873', () => {
  const allowed = Array.from({ length: 50 }, (_, length) => length).filter(isCookieLength)
  assert.deepEqual(allowed, [8, ...Array.from({ length: 25 }, (_, i) => 16 + i)])
})
