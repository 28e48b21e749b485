// What secondaries get, and what those get who are none: TSIG by RFC 8945, transfers by RFC 5936 and RFC 1995.

import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { createMeter } from '../../base/meter.ts'
import { createResponder } from '../responder.ts'
import type { LimitOptions } from '../steps/limit.ts'
import type { Transport } from '../steps/query.ts'
import { rcodes, types } from '../wire/code.ts'
import { flagBits } from '../wire/header.ts'
import { decodeMessage, encodeMessage, type Message } from '../wire/message.ts'
import { type Name, parseName } from '../wire/name.ts'
import { recordText } from '../wire/presentation.ts'
import type { ResourceRecord } from '../wire/record.ts'
import { readZone } from '../zone/master.ts'
import { createZone } from '../zone/snapshot.ts'
import { atOnce } from '../zone/work.ts'
import { recordsOf } from './axfr.ts'
import { createDoor } from './door.ts'
import { createJournal } from './journal.ts'
import { parseTsigKeys } from './key-file.ts'
import { readSigned, signMessage, type TsigKey, tsigErrors, verify } from './tsig.ts'

const apex = parseName('example')
const zoneText = `$TTL 60
@ SOA ns hostmaster 7 7200 3600 1209600 30
@ NS ns
ns A 192.0.2.1
deep.below TXT "x"
child NS ns.child
ns.child A 192.0.2.2
`
const key: TsigKey = {
  name: parseName('second.key'),
  algorithm: parseName('hmac-sha256'),
  secret: Buffer.alloc(32, 7),
}
const nowS = 1_800_000_000
const client = { address: '192.0.2.53', port: 4000 }

function query(name: string, type: number, authorities: ResourceRecord[] = []): Uint8Array {
  const questions = [{ name: parseName(name), type, class: 1 }]
  return encodeMessage({ id: 0x1234, flags: 0, questions, answers: [], authorities, additionals: [] })
}

function doorOf(text = zoneText, limit?: LimitOptions) {
  const zone = createZone(readZone(text, apex).records, apex)
  const zones = [zone]
  const meter = createMeter()
  const respond = createResponder({
    suffixes: [],
    zones: () => zones,
    names: { site: () => undefined, serial: () => 0 },
    places: { near: () => [], servers: () => [] },
    meter,
    onBug: error => assert.fail(String(error)),
  })
  const peers = new Map<Name, string[]>([
    [apex, [client.address]],
    [parseName('gone'), [client.address]],
  ])
  const journal = createJournal()
  const options = { keys: [key], peers, zones: () => zones, journal, respond, now: () => nowS * 1000, meter }
  const door = createDoor({ ...options, ...(limit && { limit }) })
  const replace = (text: string): void => {
    const newer = createZone(readZone(text, apex).records, apex)
    atOnce(journal.note(zones[0]!, newer))
    zones[0] = newer
  }
  return { door, zone, replace }
}

/** The answer of one message, whichever way it comes. */
function single(packet: Uint8Array, transport: Transport = 'tcp', from = client): Uint8Array {
  const { door } = doorOf()
  const messages = transport === 'tcp' ? door.transfer(packet, from) : undefined
  const answers = messages === undefined ? [door.respond(packet, from, transport)!] : [...drained(messages)]
  assert.equal(answers.length, 1)
  return answers[0]!
}

function* drained(messages: Iterator<Uint8Array, void, void>): Generator<Uint8Array> {
  for (let next = messages.next(); next.done !== true; next = messages.next()) yield next.value
}

const rcodeIn = (packet: Uint8Array): number => packet[3]! & 0xf
const signed = (packet: Uint8Array, timeS = nowS) => signMessage(packet, key, { timeS })

/** All messages of an answer, each judged with the MAC of the one before. */
function checked(packets: Iterable<Uint8Array>, mac: Uint8Array): Message[] {
  let prior = mac
  return [...packets].map((packet, i) => {
    const found = readSigned(packet)!
    assert.equal(verify(found, [key], nowS, { prior, continues: i > 0 }).kind, 'good', `message ${i}`)
    prior = found.tsig.mac
    return decodeMessage(found.body)
  })
}

describe('TSIG', () => {
  test('signs what RFC 8945 §4.3 lists, in its order', () => {
    const message = query('Example', types.SOA)
    const { packet, mac } = signMessage(message, key, { timeS: nowS, prior: Uint8Array.of(9, 8) })
    // Written out here by hand: names, class ANY, TTL 0, 48 bits of time, fudge 300, no error, no other data.
    const names = '\x06second\x03key\0\0\xff\0\0\0\0\x0bhmac-sha256\0'
    const time = Buffer.from(nowS.toString(16).padStart(12, '0'), 'hex').toString('latin1')
    const input = `\0\x02\x09\x08${Buffer.from(message).toString('latin1')}${names}${time}\x01\x2c\0\0\0\0`
    const digest = createHmac('sha256', key.secret).update(input, 'latin1').digest()
    assert.deepEqual(Buffer.from(mac), digest)
    assert.equal(packet[11], 1)
    assert.deepEqual(Buffer.from(readSigned(packet)!.body), Buffer.from(message))
  })
  test('one octet changed anywhere is noticed', () => {
    const { packet } = signed(query('example', types.SOA))
    // The id may change on the way (RFC 8945 §4.2 keeps the original one), and spelling in names is no matter.
    for (let at = 2; at < packet.length; at++) {
      const tampered = new Uint8Array(packet)
      tampered[at]! ^= 0x80
      let outcome = 'unreadable'
      try {
        const found = readSigned(tampered)
        outcome = found === undefined ? 'unsigned' : verify(found, [key], nowS).kind
      } catch {}
      assert.notEqual(outcome, 'good', `octet ${at}`)
    }
  })
  test('another secret is BADSIG, another name or algorithm BADKEY: NOTAUTH without a MAC', () => {
    const strangers: [stranger: TsigKey, error: number][] = [
      [{ ...key, secret: Buffer.alloc(32, 8) }, tsigErrors.BADSIG],
      [{ ...key, name: parseName('third.key') }, tsigErrors.BADKEY],
      [{ ...key, algorithm: parseName('hmac-sha512') }, tsigErrors.BADKEY],
    ]
    for (const [stranger, error] of strangers) {
      for (const type of [types.AXFR, types.SOA]) {
        const answer = single(signMessage(query('example', type), stranger, { timeS: nowS }).packet)
        const { tsig } = readSigned(answer)!
        assert.deepEqual([rcodeIn(answer), tsig.error, tsig.mac.length], [rcodes.NOTAUTH, error, 0])
      }
    }
  })
  test('a clock that is off is BADTIME, signed, with both times', () => {
    for (const timeS of [nowS - 301, nowS + 301]) {
      const request = signed(query('example', types.AXFR), timeS)
      const answer = single(request.packet)
      const found = readSigned(answer)!
      assert.deepEqual([rcodeIn(answer), found.tsig.error], [rcodes.NOTAUTH, tsigErrors.BADTIME])
      assert.equal(Buffer.from(found.tsig.other).readUIntBE(0, 6), nowS)
      assert.equal(verify(found, [key], timeS, { prior: request.mac }).kind, 'good')
    }
    assert.equal(
      checked(
        [single(signed(query('example', types.SOA), nowS - 300).packet)],
        signed(query('example', types.SOA), nowS - 300).mac,
      ).length,
      1,
    )
  })
  test('over UDP refusals have a rate, over TCP they need none', () => {
    const limit = { answersPerS: 5, prefixAnswersPerS: 0, slip: 2, buckets: 64, seed: 1, now: () => 1 }
    const forged = signMessage(
      query('example', types.SOA),
      { ...key, secret: Buffer.alloc(32) },
      { timeS: nowS },
    )
    const rows = [forged.packet, query('example', types.AXFR), forged.packet.subarray(0, -1)]
    for (const packet of rows) {
      const { door } = doorOf(zoneText, limit)
      const count = (transport: Transport): number =>
        Array.from({ length: 50 }, () => door.respond(packet, client, transport)).filter(Boolean).length
      assert.deepEqual([count('udp'), count('tcp')], [5, 50])
    }
    const { door } = doorOf(zoneText, limit)
    const good = signed(query('example', types.SOA)).packet
    for (let i = 0; i < 50; i++) assert.ok(door.respond(good, client, 'udp'))
  })
  test('a MAC cut short is BADTRUNC, cut to less than half FORMERR', () => {
    const { packet } = signed(query('example', types.SOA))
    const cut = (bytes: number): Uint8Array => {
      // Behind the MAC of 32: original id, error, length of other data.
      const macAt = packet.length - 6 - 32
      const short = Buffer.concat([packet.subarray(0, macAt + bytes), packet.subarray(macAt + 32)])
      short.writeUInt16BE(bytes, macAt - 2)
      const dataLengthAt = macAt - 2 - 8 - 13 - 2
      short.writeUInt16BE(short.readUInt16BE(dataLengthAt) - (32 - bytes), dataLengthAt)
      return short
    }
    const answer = single(cut(16))
    assert.deepEqual([rcodeIn(answer), readSigned(answer)!.tsig.error], [rcodes.NOTAUTH, tsigErrors.BADTRUNC])
    assert.equal(rcodeIn(single(cut(15))), rcodes.FORMERR)
    const { tsig } = readSigned(single(cut(0)))!
    assert.deepEqual([tsig.error, tsig.mac.length], [tsigErrors.BADSIG, 0])
  })
  test('the right key gets every answer signed, over UDP within what it takes', () => {
    const request = signed(query('example', types.SOA))
    const [answer] = checked([single(request.packet, 'udp')], request.mac)
    assert.equal(answer!.answers.length, 1)
    const long = doorOf(`${zoneText}long TXT ${'"0123456789012345678901234567890123456789" '.repeat(11)}\n`)
    const wide = signed(query('long.example', types.TXT))
    const [cut] = checked([long.door.respond(wide.packet, client, 'udp')!], wide.mac)
    assert.deepEqual([cut!.flags & flagBits.TC, cut!.answers.length], [flagBits.TC, 0])
  })
})

/** `new 192.0.2.8`, `SOA 9`. */
function shortText(record: ResourceRecord): string {
  const words = recordText(record).split(/\s+/)
  return record.type === types.SOA ? `SOA ${words[6]}` : `${words[0]!.split('.')[0]} ${words.at(-1)}`
}

describe('a transfer', () => {
  test('is the SOA, every record once, and the SOA, with delegations and what is below them', () => {
    const request = signed(query('EXAMPLE', types.AXFR))
    const { door } = doorOf()
    const messages = checked(drained(door.transfer(request.packet, client)!), request.mac)
    const records = messages.flatMap(({ answers }) => answers)
    const texts = records.map(recordText)
    const wanted = readZone(zoneText, apex).records.map(recordText)
    assert.deepEqual([records[0]!.type, records.at(-1)!.type], [types.SOA, types.SOA])
    assert.equal(records[0]!.ttlS, 60)
    assert.deepEqual(texts.slice(0, -1).sort(), wanted.sort())
    assert.ok(messages.every(({ flags }) => (flags & flagBits.AA) !== 0))
  })
  for (const file of ['rfc4035.zone', 'rfc5155.zone']) {
    test(`of ${file} has every signature and every denial`, () => {
      const text = readFileSync(join(import.meta.dirname, '..', 'transcripts', file), 'latin1')
      const { records } = readZone(text, apex)
      const given = [...recordsOf(createZone(records, apex))].slice(0, -1).map(recordText)
      assert.deepEqual(given.sort(), records.map(recordText).sort())
    })
  }
  test('of many records has many messages, each signed on the one before', () => {
    const many = Array.from({ length: 5000 }, (_, i) => `h${i} A 192.0.2.9\n`).join('')
    const request = signed(query('example', types.AXFR))
    const packets = [...drained(doorOf(zoneText + many).door.transfer(request.packet, client)!)]
    const messages = checked(packets, request.mac)
    assert.ok(messages.length > 3)
    assert.ok(packets.every(({ length }) => length <= 16 * 1024))
    assert.deepEqual(messages.map(({ questions }) => questions.length).slice(0, 3), [1, 0, 0])
    assert.equal(messages.flatMap(({ answers }) => answers).length, 5000 + 7)
    assert.throws(() => checked([packets[0]!, packets[2]!], request.mac))
  })
  test('is refused without TSIG, over UDP or TLS, and to whom it is not promised', () => {
    const request = query('example', types.AXFR)
    const stranger = { address: '192.0.2.54', port: 4000 }
    const soa = readZone(zoneText, apex).records.filter(({ type }) => type === types.SOA)
    assert.equal(rcodeIn(single(request)), rcodes.REFUSED)
    assert.equal(rcodeIn(single(request, 'udp')), rcodes.REFUSED)
    assert.equal(rcodeIn(single(query('example', types.IXFR, soa))), rcodes.REFUSED)
    for (const transport of ['udp', 'tls', 'https'] as const) {
      assert.equal(rcodeIn(single(signed(request).packet, transport)), rcodes.REFUSED)
    }
    assert.equal(rcodeIn(single(signed(request).packet, 'tcp', stranger)), rcodes.REFUSED)
    assert.equal(rcodeIn(single(signed(query('other', types.AXFR)).packet)), rcodes.REFUSED)
    assert.equal(rcodeIn(single(signed(query('gone', types.AXFR)).packet)), rcodes.NOTAUTH)
  })
  test('has one at a time for each peer, and the next after it was left', () => {
    const { door } = doorOf()
    const { packet } = signed(query('example', types.AXFR))
    const first = door.transfer(packet, client)!
    assert.equal(rcodeIn(first.next().value!), rcodes.NOERROR)
    assert.equal(rcodeIn(door.transfer(packet, client)!.next().value!), rcodes.REFUSED)
    first.return?.()
    assert.equal(rcodeIn(door.transfer(packet, client)!.next().value!), rcodes.NOERROR)
  })
  test('by IXFR is the SOA for who has it or asks over UDP, and the whole zone for others', () => {
    const soa = (serial: number) =>
      readZone(zoneText.replace(' 7 ', ` ${serial} `), apex).records.filter(({ type }) => type === types.SOA)
    const answers = (serial: number, transport: Transport): number => {
      const request = signed(query('example', types.IXFR, soa(serial)))
      const { door } = doorOf()
      const packets =
        transport === 'tcp'
          ? drained(door.transfer(request.packet, client)!)
          : [door.respond(request.packet, client, transport)!]
      return checked(packets, request.mac).flatMap(({ answers }) => answers).length
    }
    assert.deepEqual([answers(7, 'tcp'), answers(6, 'udp'), answers(6, 'tcp')], [1, 1, 7])
    assert.deepEqual([answers(8, 'tcp'), answers(8, 'udp')], [1, 1], 'and for who has a later one')
  })
  test('by IXFR is what changed since, as RFC 1995 §4 frames it, from every version that is kept', () => {
    const filler = Array.from({ length: 9 }, (_, i) => `f${i} A 10.0.0.${i}\n`).join('')
    const { door, replace } = doorOf(zoneText + filler)
    const text = (serial: number, more: string): string =>
      zoneText.replace(' 7 ', ` ${serial} `) + filler + more
    replace(text(8, 'new A 192.0.2.8\n'))
    replace(text(9, 'new A 192.0.2.9\n').replace('deep.below TXT "x"\n', ''))
    const changes = (serial: number): string[] => {
      const soa = readZone(text(serial, ''), apex).records.filter(({ type }) => type === types.SOA)
      const request = signed(query('example', types.IXFR, soa))
      const messages = checked(drained(door.transfer(request.packet, client)!), request.mac)
      return messages.flatMap(({ answers }) => answers).map(shortText)
    }
    const gone = ['deep "x"', 'new 192.0.2.8']
    const wanted = ['SOA 9', 'SOA 8', ...gone, 'SOA 9', 'new 192.0.2.9', 'SOA 9']
    const found = changes(8)
    assert.deepEqual([...found.slice(0, 2), ...found.slice(2, 4).sort(), ...found.slice(4)], wanted)
    assert.deepEqual(changes(7).slice(0, 4), ['SOA 9', 'SOA 7', 'SOA 8', 'new 192.0.2.8'])
    assert.equal(changes(6).length, 7 + 9, 'whole')
  })
})

describe('a file of keys', () => {
  test('is read as tsig-keygen writes it', () => {
    const text =
      '// mine\nkey "Second.Key" {\n\talgorithm hmac-sha256;\n\tsecret "BwcHBwcHBwcHBwcHBwcHBw==";\n};\n'
    const [found] = parseTsigKeys(text, 'file')
    assert.deepEqual(found, { ...key, secret: new Uint8Array(16).fill(7) })
  })
  const wrong = [
    '',
    'key a { algorithm hmac-md5; secret "BwcHBwcHBwcHBwcHBwcHBw=="; };',
    'key a { secret "B"; };',
  ]
  wrong.push('key a { algorithm hmac-sha256; secret "c2VjcmV0"; };', 'options {};')
  for (const text of wrong) {
    test(`refuses ${text || 'nothing'} and keeps the secret to itself`, () => {
      assert.throws(() => parseTsigKeys(text, 'file'), { code: 'config/invalid', message: /^(?!.*c2VjcmV0)/ })
    })
  }
})
