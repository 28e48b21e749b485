// What a responder does with the options of OPT, with who asks too much, and with what it was asked before.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fromHex, toHex } from '../base/bytes.ts'
import { createMeter, type Meter } from '../base/meter.ts'
import { integerBelow, seededRandom } from '../base/random.ts'
import { createResponder, type Respond, type ResponderOptions } from './responder.ts'
import type { ClientPrefix } from './select/subnet.ts'
import { prefixText } from './select/subnet.ts'
import type { Transport } from './steps/query.ts'
import { rcodes, types } from './wire/code.ts'
import { ednsOf, optionCodes, optRecord } from './wire/edns.ts'
import { flagBits } from './wire/header.ts'
import { decodeMessage, encodeMessage, type Message, rcodeOf } from './wire/message.ts'
import { parseName } from './wire/name.ts'
import { dataText, messageText } from './wire/presentation.ts'
import type { EdnsOption } from './wire/rdata.ts'

const client = { address: '192.0.2.1', port: 4711 }
const nowMs = 1_700_000_000_000
const clientCookie = fromHex('0102030405060708')!
const limit = { answersPerS: 5, prefixAnswersPerS: 100, slip: 2, buckets: 1024, seed: 1, now: () => nowMs }
const cookies = { secret: new Uint8Array(16), now: () => nowMs }

function responder(options: Partial<ResponderOptions> & { noCookies?: boolean } = {}): Respond {
  const servers = Array.from({ length: 4 }, (_, i) => ({
    name: `e-${i}`,
    address: { ipv4: `10.0.0.${i}`, ipv6: `fd00::${i}` },
  }))
  return createResponder({
    suffixes: ['inxt'],
    names: {
      site: label => (label === 'none' ? undefined : { contentCid: 'bafy', sequence: 1 }),
      serial: () => 1,
    },
    places: { near: () => servers.map(({ address }) => address), servers: () => servers },
    meter: createMeter(),
    ...(!options.noCookies && { cookies }),
    ...options,
  })
}

interface Asked {
  name?: string
  type?: number
  flags?: number
  options?: EdnsOption[] | undefined
  udp?: number
  questions?: number
  dnssecOk?: boolean
  noEdns?: boolean
}

function packetOf(asked: Asked): Uint8Array {
  const { name = 'a.inxt', type = types.A, flags = 0, options = [], udp = 1232, questions = 1 } = asked
  const edns = { udpBytesMax: udp, version: 0, dnssecOk: asked.dnssecOk ?? false, rcodeHigh: 0, options }
  return encodeMessage({
    id: 7,
    flags,
    questions: Array.from({ length: questions }, () => ({ name: parseName(name), type, class: 1 })),
    answers: [],
    authorities: [],
    additionals: asked.noEdns ? [] : [optRecord(edns)],
  })
}

function ask(respond: Respond, asked: Asked, transport: Transport = 'udp'): Message & { bytes: number } {
  const bytes = respond(packetOf(asked), client, transport)
  assert.ok(bytes, 'an answer')
  return { ...decodeMessage(bytes), bytes: bytes.length }
}

function optionsOf(message: Message): Map<number, string> {
  const edns = ednsOf(message.additionals)
  assert.ok(edns !== undefined && edns !== 'faulty')
  return new Map(edns.options.map(({ code, bytes }) => [code, toHex(bytes)]))
}

const cookie = (bytes: Uint8Array): EdnsOption => ({ code: optionCodes.cookie, bytes })

describe('cookies', () => {
  test('a client gets one, and its return is no other', () => {
    const respond = responder()
    const got = optionsOf(ask(respond, { options: [cookie(clientCookie)] })).get(optionCodes.cookie)!
    assert.equal(got.length, 48)
    assert.ok(got.startsWith(toHex(clientCookie)))
    const again = optionsOf(ask(respond, { options: [cookie(fromHex(got)!)] })).get(optionCodes.cookie)
    assert.equal(again, got)
  })
  test('of impossible length is FORMERR, and so is nothing else', () => {
    for (const length of [0, 7, 9, 15, 41]) {
      const got = ask(responder(), { options: [cookie(new Uint8Array(length))] })
      assert.deepEqual([rcodeOf(got), got.additionals.length], [rcodes.FORMERR, 1], `${length}`)
    }
    for (const length of [8, 16, 40]) {
      assert.equal(rcodeOf(ask(responder(), { options: [cookie(new Uint8Array(length))] })), rcodes.NOERROR)
    }
  })
  test('may be all that is asked for (RFC 7873 §5.4)', () => {
    const got = ask(responder(), { questions: 0, options: [cookie(clientCookie)] })
    assert.deepEqual([rcodeOf(got), got.questions.length, got.flags & flagBits.AA], [rcodes.NOERROR, 0, 0])
    assert.equal(optionsOf(got).get(optionCodes.cookie)?.length, 48)
    const bare = responder()(packetOf({ questions: 0 }), client, 'udp')!
    assert.equal(bare[3]! & 0xf, rcodes.FORMERR, 'nothing asked at all')
  })
  test('are ignored by who has no secret', () => {
    const respond = responder({ noCookies: true })
    assert.equal(optionsOf(ask(respond, { options: [cookie(clientCookie)] })).size, 0)
  })
})

describe('other options', () => {
  const words = [optionCodes.nsid, optionCodes.keepalive, optionCodes.padding, 4711]
  const options = words.map(code => ({ code, bytes: new Uint8Array(0) }))
  const nsid = Uint8Array.of(0x61, 0x62)
  const rows: [transport: Transport, said: number[]][] = [
    ['udp', [optionCodes.nsid]],
    ['tcp', [optionCodes.nsid, optionCodes.keepalive]],
    ['tls', [optionCodes.nsid, optionCodes.keepalive, optionCodes.padding]],
    ['https', [optionCodes.nsid, optionCodes.padding]],
  ]
  for (const [transport, said] of rows) {
    test(`over ${transport}`, () => {
      const respond = responder({ nsid, idleTimeoutMs: 12_345, version: () => 0 })
      for (const way of ['long', 'short']) {
        const got = ask(respond, { options }, transport)
        assert.deepEqual([...optionsOf(got).keys()], said, way)
        assert.equal(optionsOf(got).get(optionCodes.nsid), '6162')
        assert.equal(optionsOf(got).get(optionCodes.keepalive), said.includes(11) ? '007b' : undefined)
        assert.equal(got.bytes % 468 === 0, said.includes(optionCodes.padding), `${got.bytes} octets`)
      }
    })
  }
  test('a server without a name says none, and who asks for no padding gets none', () => {
    const got = ask(responder(), { options: [{ code: optionCodes.nsid, bytes: new Uint8Array(0) }] }, 'tls')
    assert.equal(optionsOf(got).size, 0)
  })
})

describe('client subnets', () => {
  const subnet = (hex: string): EdnsOption[] => [{ code: optionCodes.subnet, bytes: fromHex(hex)! }]
  const asked: string[] = []
  const near = (_site: string, prefix: ClientPrefix): { ipv4: string }[] => {
    asked.push(prefixText(prefix))
    return [{ ipv4: '10.0.0.1' }]
  }
  const scopeBits = (): number => 20
  const rows: [what: string, type: number, hex: string, told: string | undefined, scoped: string][] = [
    ['addresses of a site', types.A, '00011800c000ff', '192.0.255.0/24', '00011814c000ff'],
    ['no family', types.A, '00000000', '192.0.2.1/32', '00000000'],
    ['what is the same for all', types.TXT, '00011800c000ff', undefined, '00011800c000ff'],
  ]
  for (const [what, type, hex, told, scoped] of rows) {
    test(what, () => {
      const respond = responder({ places: { near, scopeBits, servers: () => [] }, version: () => 0 })
      for (const way of ['long', 'short']) {
        asked.length = 0
        const got = ask(respond, { type, options: subnet(hex) })
        assert.deepEqual(asked, told === undefined ? [] : [told], way)
        assert.equal(optionsOf(got).get(optionCodes.subnet), scoped, way)
      }
    })
  }
  test('malformed is FORMERR', () => {
    const got = ask(responder(), { options: subnet('00011801c000ff') })
    assert.equal(rcodeOf(got), rcodes.FORMERR)
  })
  test('can be ignored', () => {
    asked.length = 0
    const places = { near, scopeBits, servers: () => [] }
    const got = ask(responder({ places, hearsSubnets: false }), { options: subnet('00011800c000ff') })
    assert.deepEqual([asked, optionsOf(got).size], [['192.0.2.1/32'], 0])
  })
})

test('a site has an HTTPS record where there is TLS, and else none, whatever there is to name', () => {
  const texts = (options: Partial<ResponderOptions>): string => {
    const got = ask(responder(options), { type: types.HTTPS, udp: 1232 })
    return got.answers.map(({ data }) => dataText(data, types.HTTPS)).join() || `${rcodeOf(got)}`
  }
  const places = { near: () => [{ ipv4: '10.0.0.1', httpsPort: 443 }], servers: () => [] }
  assert.equal(texts({ places, alpn: ['h2'] }), '1 . alpn="h2" ipv4hint=10.0.0.1')
  assert.equal(texts({ places }), '0')
  assert.equal(texts({ places: { ...places, near: () => [] } }), '0')
  assert.equal(texts({ places: { ...places, near: () => [] }, alpn: ['h2'] }), `${rcodes.SERVFAIL}`)
})

describe('too many questions', () => {
  const outcomes = (respond: Respond, asked: Asked, transport: Transport = 'udp'): Record<string, number> => {
    const counts: Record<string, number> = {}
    for (let i = 0; i < 50; i++) {
      const bytes = respond(packetOf(asked), client, transport)
      const message = bytes && decodeMessage(bytes)
      const isCut = message !== undefined && (message.flags & flagBits.TC) !== 0
      const what = message === undefined ? 'silence' : isCut ? 'TC' : `${rcodeOf(message)}`
      counts[what] = (counts[what] ?? 0) + 1
    }
    return counts
  }
  for (const version of [undefined, () => 0]) {
    const way = version === undefined ? 'long way' : 'short way'
    const limited = (meter: Meter = createMeter()): Respond =>
      responder({ limit, meter, ...(version && { version }) })
    test(`over UDP every second slips, the ${way}`, () => {
      const meter = createMeter()
      assert.deepEqual(outcomes(limited(meter), {}), { 0: 5, TC: 22, silence: 23 })
      const { 'dns.limit.drop': dropped, 'dns.limit.slip': slipped } = meter.read()
      assert.deepEqual([dropped, slipped], [23, 22])
    })
    test(`who sends a cookie gets BADCOOKIE, who returns it is exempt, the ${way}`, () => {
      const respond = limited()
      const first = { options: [cookie(clientCookie)] }
      assert.deepEqual(outcomes(respond, first), { 0: 5, [rcodes.BADCOOKIE]: 22, silence: 23 })
      respond(packetOf(first), client, 'udp')
      const known = optionsOf(ask(limited(), first)).get(optionCodes.cookie)!
      assert.deepEqual(outcomes(respond, { options: [cookie(fromHex(known)!)] }), { 0: 50 })
    })
    test(`TCP is exempt, the ${way}`, () => {
      assert.deepEqual(outcomes(limited(), {}, 'tcp'), { 0: 50 })
    })
  }
  test('random names that are not there count as one', () => {
    const respond = responder({ limit })
    let answers = 0
    for (let i = 0; i < 50; i++) {
      if (respond(packetOf({ name: `x${i}.none.inxt` }), client, 'udp') !== undefined) answers++
    }
    assert.equal(answers, 5 + 22)
  })
})

describe('a flood with the address of a victim', () => {
  const rows: [what: string, asked: (i: number) => Asked][] = [
    ['one name', () => ({ name: 'inxt', type: types.NS, udp: 4096 })],
    ['many names', i => ({ name: `a${i}.inxt`, type: types.TXT, noEdns: true })],
    ['random names', i => ({ name: `x${i}.none.inxt`, noEdns: true })],
    ['refused ones', i => ({ name: `x${i}.example`, udp: 4096 })],
    ['ANY', i => ({ name: `a${i}.inxt`, type: types.ANY, noEdns: true })],
  ]
  for (const [what, asked] of rows) {
    test(`${what}: fewer than 1.5 octets for each`, () => {
      // Half a second at 10,000 queries a second, with the default bounds.
      let clockMs = nowMs
      const now = (): number => clockMs
      const bounds = { ...limit, now, answersPerS: 200, prefixAnswersPerS: 1000, buckets: 65_536 }
      const respond = responder({ limit: bounds, version: () => 0 })
      let received = 0
      let sent = 0
      for (let i = 0; i < 5000; i++) {
        clockMs += 0.1
        const packet = packetOf(asked(i))
        received += packet.length
        sent += respond(packet, { address: `192.0.2.${i & 0xff}`, port: 53 }, 'udp')?.length ?? 0
      }
      assert.ok(sent / received < 1.5, `amplified ${(sent / received).toFixed(2)} times`)
    })
  }
})

test('what is ready-made is what would be made, in every spelling, size and transport', () => {
  const random = seededRandom(7)
  const meter = createMeter()
  const [long, short] = [responder(), responder({ version: () => 0, meter })]
  const names = [
    'a.inxt',
    'b.inxt',
    'inxt',
    '_dnslink.a.inxt',
    'ns.inxt',
    'none.inxt',
    'e-1.ns.inxt',
    'x.example',
  ]
  const codes = [types.A, types.AAAA, types.TXT, types.NS, types.SOA, types.MX, types.ANY, 97, types.HTTPS]
  const pick = <T>(items: readonly T[]): T => items[integerBelow(random, items.length)]!
  const spell = (name: string): string =>
    [...name].map(letter => (random.next() < 0.3 ? letter.toUpperCase() : letter)).join('')
  const folded = (bytes: Uint8Array): string => messageText(decodeMessage(bytes)).toLowerCase()
  for (let i = 0; i < 5000; i++) {
    const packet = packetOf({
      name: spell(pick(names)),
      type: pick(codes),
      flags: pick([0, flagBits.RD, flagBits.CD, flagBits.RD | flagBits.AD | flagBits.Z]),
      options: random.next() < 0.3 ? [cookie(clientCookie)] : [],
      udp: pick([0, 512, 600, 1232]),
      dnssecOk: random.next() < 0.5,
      noEdns: random.next() < 0.3,
    })
    packet[0] = integerBelow(random, 256)
    const transport = pick(['udp', 'udp', 'tcp', 'https'] as const)
    const [expected, got] = [long(packet, client, transport)!, short(packet, client, transport)!]
    assert.equal(folded(got), folded(expected))
    const [asked, { id, questions }] = [decodeMessage(packet), decodeMessage(got)]
    assert.deepEqual([id, questions], [asked.id, asked.questions], 'octet for octet')
  }
  const { 'dns.ready': ready = 0 } = meter.read()
  assert.ok(ready > 2500, `${ready} answers were ready-made`)
})

test('what changed is not ready any more', () => {
  let version = 0
  let cid = 'bafy1'
  const names = { site: () => ({ contentCid: cid, sequence: 1 }), serial: () => 1 }
  const respond = responder({ names, version: () => version })
  const link = (): string => messageText(ask(respond, { type: types.TXT }))
  assert.match(link(), /bafy1/)
  cid = 'bafy2'
  assert.match(link(), /bafy1/, 'nobody said so')
  version++
  assert.match(link(), /bafy2/)
})
