import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Fault } from '../base/fault.ts'
import { createMeter } from '../base/meter.ts'
import { createResponder, type Respond, type ResponderOptions } from './responder.ts'
import type { ClientAddress, Transport } from './steps/query.ts'
import { parseIpv4 } from './wire/address.ts'
import { rcodes, types } from './wire/code.ts'
import { optRecord } from './wire/edns.ts'
import { flagBits } from './wire/header.ts'
import { decodeMessage, encodeMessage, type Message, rcodeOf } from './wire/message.ts'
import { parseName } from './wire/name.ts'
import { dataText } from './wire/presentation.ts'

const client: ClientAddress = { address: '192.0.2.1', port: 4711 }

function responder(options: Partial<ResponderOptions> = {}): Respond {
  const servers = Array.from({ length: 13 }, (_, i) => ({
    name: `e-0000000${i.toString(16)}`,
    address: { ipv4: `10.0.0.${i}`, ipv6: `fd00::${i}` },
  }))
  return createResponder({
    suffixes: ['inxt'],
    names: { site: () => ({ contentCid: 'bafy', sequence: 1 }), serial: () => 1 },
    places: { near: () => servers.map(({ address }) => address), servers: () => servers },
    meter: createMeter(),
    ...options,
  })
}

function query(name: string, type: number, udpBytesMax?: number): Uint8Array {
  const edns = { udpBytesMax: udpBytesMax ?? 0, version: 0, dnssecOk: false, rcodeHigh: 0, options: [] }
  return encodeMessage({
    id: 7,
    flags: 0,
    questions: [{ name: parseName(name), type, class: 1 }],
    answers: [],
    authorities: [],
    additionals: udpBytesMax === undefined ? [] : [optRecord(edns)],
  })
}

function answer(
  respond: Respond,
  packet: Uint8Array,
  transport: Transport = 'udp',
): Message & { bytes: number } {
  const bytes = respond(packet, client, transport)
  assert.ok(bytes, 'an answer')
  return { ...decodeMessage(bytes), bytes: bytes.length }
}

describe('size', () => {
  const long = { site: () => ({ contentCid: 'b'.repeat(2000), sequence: 1 }), serial: () => 1 }
  const rows: [
    label: string,
    type: number,
    udp: number | undefined,
    transport: Transport,
    max: number,
    tc: boolean,
  ][] = [
    ['plain UDP takes 512', types.TXT, undefined, 'udp', 512, true],
    ['EDNS takes what it says', types.TXT, 1000, 'udp', 1000, true],
    ['less than 512 means 512', types.TXT, 0, 'udp', 512, true],
    ['more than we send means 1232', types.TXT, 65_535, 'udp', 1232, true],
    ['TCP takes all', types.TXT, undefined, 'tcp', 65_535, false],
  ]
  for (const [label, type, udp, transport, max, tc] of rows) {
    test(label, () => {
      const meter = createMeter()
      const got = answer(responder({ names: long, meter }), query('a.inxt', type, udp), transport)
      assert.equal(meter.read()['dns.truncated'], tc ? 1 : undefined)
      assert.ok(got.bytes <= max)
      assert.equal((got.flags & flagBits.TC) !== 0, tc)
      assert.equal(got.answers.length, tc ? 0 : 1)
      assert.equal(got.questions.length, 1)
      assert.equal(got.additionals.length, udp === undefined ? 0 : 1, 'OPT stays')
    })
  }
  test('glue goes first, and is not missed', () => {
    const got = answer(responder(), query('inxt', types.NS))
    assert.equal(got.answers.length, 13)
    assert.equal(got.additionals.length, 0)
    assert.equal(got.flags & flagBits.TC, 0)
    assert.equal(answer(responder(), query('inxt', types.NS, 1232)).additionals.length, 26 + 1)
  })
  test('an answer that not even TCP can carry is truncated, not thrown', () => {
    const names = { site: () => ({ contentCid: 'b'.repeat(70_000), sequence: 1 }), serial: () => 1 }
    const got = answer(responder({ names }), query('a.inxt', types.TXT), 'tcp')
    // The data alone exceeds what its own length can say.
    assert.equal(got.flags & flagBits.TC, flagBits.TC)
  })
})

describe('places', () => {
  test('are asked for the label, the client and a bounded number, and bounded again', () => {
    const calls: unknown[] = []
    const edges = Array.from({ length: 9 }, (_, i) => ({ ipv4: `10.0.0.${i}` }))
    const near = (...call: unknown[]): typeof edges => {
      calls.push(call)
      return edges
    }
    const got = answer(
      responder({ places: { near, servers: () => [] }, addressesMax: 2, ttls: { addressS: 9 } }),
      query('Welcome.INXT', types.A),
    )
    const resolver = { octets: parseIpv4(client.address), bits: 32 }
    assert.deepEqual(calls, [['welcome', resolver, 2, false]])
    assert.deepEqual(
      got.answers.map(({ data }) => dataText(data)),
      ['10.0.0.0', '10.0.0.1'],
    )
    assert.equal(got.answers[0]?.ttlS, 9)
  })
  test('AAAA names edges that have one, be they farther; without any it is NODATA', () => {
    const edges = [
      { ipv4: '192.0.2.1', httpsPort: 443 },
      { ipv4: '192.0.2.2', ipv6: 'fd00::2', httpsPort: 443 },
    ]
    const places = {
      near: (_site: string, _client: unknown, countMax: number, hasIpv6: boolean) =>
        edges.filter(({ ipv6 }) => !hasIpv6 || ipv6 !== undefined).slice(0, countMax),
      servers: () => [],
    }
    const respond = responder({ places, addressesMax: 1, alpn: ['h2'] })
    const texts = (type: number): string[] =>
      answer(respond, query('a.inxt', type)).answers.map(({ data }) => dataText(data, type))
    for (let time = 0; time < 2; time++) {
      assert.deepEqual(texts(types.A), ['192.0.2.1'])
      assert.deepEqual(texts(types.AAAA), ['fd00::2'])
    }
    // Whoever sees the record may go to either.
    const [https] = texts(types.HTTPS)
    assert.match(https!, /ipv4hint=192\.0\.2\.1,192\.0\.2\.2 ipv6hint=fd00::2$/)
    edges[1]!.httpsPort = 8443
    assert.deepEqual(texts(types.HTTPS), [])
    edges.pop()
    const none = answer(respond, query('b.inxt', types.AAAA))
    assert.deepEqual([rcodeOf(none), none.answers.length, none.authorities.length], [rcodes.NOERROR, 0, 1])
    edges.pop()
    assert.equal(rcodeOf(answer(respond, query('b.inxt', types.AAAA))), rcodes.SERVFAIL)
  })
  test('edges without the family are NODATA, addresses that are misspelled are left out', () => {
    const places = { near: () => [{ ipv4: 'localhost' }, { ipv6: 'fd00::1' }], servers: () => [] }
    const got = answer(responder({ places }), query('a.inxt', types.A))
    assert.deepEqual([rcodeOf(got), got.answers.length, got.authorities.length], [rcodes.NOERROR, 0, 1])
    assert.equal(answer(responder({ places }), query('a.inxt', types.AAAA)).answers.length, 1)
  })
})

describe('zones', () => {
  test('the closest of several answers', () => {
    const respond = responder({ suffixes: ['inxt', 'sites.example.org', 'deep.inxt.'] })
    const owner = (name: string): string | undefined => {
      const { authorities } = answer(respond, query(name, types.MX))
      return authorities[0]?.name
    }
    assert.equal(owner('a.inxt'), parseName('inxt'))
    assert.equal(owner('a.deep.inxt'), parseName('deep.inxt'))
    assert.equal(owner('a.sites.example.org'), parseName('sites.example.org'))
    assert.equal(rcodeOf(answer(respond, query('example.org', types.MX))), rcodes.REFUSED)
  })
  test('two of the same apex are a bug', () => {
    assert.throws(() => responder({ suffixes: ['inxt', 'INXT'] }), /assertion/)
  })
})

describe('bugs', () => {
  for (const thrown of [new TypeError('oops'), new Fault('content/missing', 'not ours to throw')]) {
    test(`${thrown.name} from below is counted, told, and answered SERVFAIL`, () => {
      const meter = createMeter()
      const told: unknown[] = []
      const site = (): never => {
        throw thrown
      }
      const names = { site, serial: () => 1 }
      const respond = responder({ names, meter, onBug: error => told.push(error) })
      const got = answer(respond, query('a.inxt', types.A))
      assert.equal(rcodeOf(got), rcodes.SERVFAIL)
      assert.equal(got.id, 7)
      assert.deepEqual(told, [thrown])
      assert.deepEqual(meter.read(), { 'dns.bug': 1, 'dns.query.udp': 1, 'dns.rcode.SERVFAIL': 1 })
    })
  }
})

test('answers are counted', () => {
  const meter = createMeter()
  const respond = responder({ meter })
  respond(query('a.inxt', types.A), client, 'udp')
  respond(query('a.example', types.A), client, 'tcp')
  respond(new Uint8Array(3), client, 'udp')
  respond(Uint8Array.of(0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), client, 'udp')
  assert.deepEqual(meter.read(), {
    'dns.query.tcp': 1,
    'dns.query.udp': 3,
    'dns.rcode.FORMERR': 1,
    'dns.rcode.NOERROR': 1,
    'dns.rcode.REFUSED': 1,
    'dns.silence': 1,
    'dns.type.A': 2,
    'dns.zone.inxt.': 1,
  })
})

test('an answer does not change when the next one is made', () => {
  const respond = responder()
  const first = respond(query('a.inxt', types.A), client, 'udp')!
  const kept = Buffer.from(first).toString('hex')
  respond(query('another.inxt', types.NS), client, 'udp')
  assert.equal(Buffer.from(first).toString('hex'), kept)
})

test('the long way is timed, and the short one is not', () => {
  const meter = createMeter()
  let nowMs = 0
  const respond = responder({ meter, version: () => 0, now: () => (nowMs += 0.005) })
  for (let i = 0; i < 3; i++) answer(respond, query('welcome.inxt', types.A))
  const counts = meter.read()
  assert.deepEqual([counts['dns.long.8us'], counts['dns.ready']], [1, 2])
})
