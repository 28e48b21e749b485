// Beside `dns-packet`, which was written by others: what one writes the other must read, and mean the same.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import packet, { type Answer, type StringAnswer } from 'dns-packet'
import fc from 'fast-check'
import { utf8 } from '../../base/bytes.ts'
import { isFault } from '../../base/fault.ts'
import { addressText } from './address.ts'
import { classes, rcodes, types, typeText } from './code.ts'
import { ednsOf, optRecord } from './edns.ts'
import { flagBits } from './header.ts'
import { decodeMessage, encodeMessage, type Message, rcodeOf } from './message.ts'
import { nameText, parseName } from './name.ts'
import type { RecordData } from './rdata.ts'
import type { ResourceRecord } from './record.ts'

const label = fc.string({ unit: fc.constantFrom(...'abcXYZ019-_'), minLength: 1, maxLength: 12 })
const name = fc.array(label, { maxLength: 5 }).map(labels => parseName(labels.join('.')))
const u16 = fc.nat({ max: 0xffff })
const u32 = fc.nat({ max: 0xffffffff })
const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length })

function record(type: number, data: fc.Arbitrary<RecordData>): fc.Arbitrary<ResourceRecord> {
  return fc
    .tuple(name, fc.nat({ max: 0x7fffffff }), data)
    .map(([owner, ttlS, rdata]) => ({ name: owner, type, class: classes.IN, ttlS, data: rdata }))
}

const address = (length: number): fc.Arbitrary<RecordData> =>
  bytes(length).map(octets => ({ kind: 'address', bytes: octets }))
const host = name.map((target): RecordData => ({ kind: 'host', host: target }))
const authority = fc.tuple(name, name, u32, u32, u32, u32, u32).map(
  ([primary, mailbox, serial, refreshS, retryS, expireS, negativeS]): RecordData => ({
    ...{ kind: 'authority', primary, mailbox, serial, refreshS, retryS, expireS, negativeS },
  }),
)
const text = fc
  .array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 3 })
  .map((strings): RecordData => ({ kind: 'text', strings }))
const raw = fc.uint8Array({ maxLength: 40 }).map((octets): RecordData => ({ kind: 'raw', bytes: octets }))
const records = fc.array(
  fc.oneof(
    record(types.A, address(4)),
    record(types.AAAA, address(16)),
    record(types.NS, host),
    record(types.CNAME, host),
    record(types.SOA, authority),
    record(types.TXT, text),
    record(65_280, raw),
  ),
  { maxLength: 4 },
)
const question = fc
  .tuple(name, fc.constantFrom(types.A, types.NS, types.AAAA))
  .map(([asked, type]) => ({ name: asked, type, class: classes.IN }))
const message = fc.tuple(u16, u16, fc.array(question, { maxLength: 2 }), records, records, records).map(
  ([id, flags, questions, answers, authorities, additionals]): Message => ({
    ...{ id, flags, questions, answers, authorities, additionals },
  }),
)

/** The same facts in one spelling: names without their last dot, as `dns-packet` gives them. */
function plain(text: string): string {
  return text === '.' ? '.' : text.replace(/\.$/, '')
}

function ours(record: ResourceRecord): unknown[] {
  const { data } = record
  const type = typeText(record.type)
  const head = [plain(nameText(record.name)), type, record.ttlS]
  switch (data.kind) {
    case 'address':
      return [...head, addressText(data.bytes)]
    case 'host':
      return [...head, plain(nameText(data.host))]
    case 'authority': {
      const { serial, refreshS, retryS, expireS, negativeS } = data
      const names = [plain(nameText(data.primary)), plain(nameText(data.mailbox))]
      return [...head, ...names, serial, refreshS, retryS, expireS, negativeS]
    }
    case 'text':
      return [...head, ...data.strings.map(string => Buffer.from(string).toString('hex'))]
    default:
      return [...head, 'bytes' in data ? Buffer.from(data.bytes).toString('hex') : '']
  }
}

function theirs(answer: Answer): unknown[] {
  const unknown = /^UNKNOWN_(.*)$/.exec(answer.type)
  const head = [answer.name, unknown ? `TYPE${unknown[1]}` : answer.type, 'ttl' in answer ? answer.ttl : 0]
  if (answer.type === 'SOA') {
    const { mname, rname, serial, refresh, retry, expire, minimum } = answer.data
    return [...head, mname, rname, serial, refresh, retry, expire, minimum]
  }
  if (answer.type === 'TXT') return [...head, ...(answer.data as Buffer[]).map(part => part.toString('hex'))]
  if (answer.type === 'AAAA') {
    return [...head, answer.data]
  }
  const { data } = answer as StringAnswer
  return [...head, Buffer.isBuffer(data) ? data.toString('hex') : data]
}

describe('beside dns-packet', () => {
  test('it reads what we write', () => {
    fc.assert(
      fc.property(message, sent => {
        const read = packet.decode(Buffer.from(encodeMessage(sent)))
        assert.equal(read.id, sent.id)
        assert.deepEqual(
          read.questions?.map(question => [question.name, question.type]),
          sent.questions.map(question => [plain(nameText(question.name)), typeText(question.type)]),
        )
        assert.deepEqual(read.answers?.map(theirs), sent.answers.map(ours))
        assert.deepEqual(read.authorities?.map(theirs), sent.authorities.map(ours))
        assert.deepEqual(read.additionals?.map(theirs), sent.additionals.map(ours))
      }),
      { seed: 1, numRuns: 500 },
    )
  })
  test('we read what it writes, and mean the same', () => {
    fc.assert(
      fc.property(message, sent => {
        const again = Buffer.from(packet.encode(packet.decode(Buffer.from(encodeMessage(sent)))))
        const read = decodeMessage(again)
        assert.deepEqual(read.answers.map(ours), sent.answers.map(ours))
        assert.deepEqual(read.authorities.map(ours), sent.authorities.map(ours))
        assert.deepEqual(read.additionals.map(ours), sent.additionals.map(ours))
      }),
      { seed: 2, numRuns: 300 },
    )
  })
  test('EDNS means the same to both', () => {
    const sent = packet.encode({
      type: 'query',
      id: 7,
      questions: [{ type: 'A', name: 'welcome.inxt' }],
      additionals: [
        {
          type: 'OPT',
          name: '.',
          udpPayloadSize: 4096,
          flags: packet.DNSSEC_OK,
          extendedRcode: 0,
          ednsVersion: 0,
          flag_do: true,
          options: [{ code: 12, data: Buffer.from('ab') }],
        },
      ],
    })
    assert.deepEqual(ednsOf(decodeMessage(sent).additionals), {
      udpBytesMax: 4096,
      version: 0,
      dnssecOk: true,
      compactOk: false,
      rcodeHigh: 0,
      options: [{ code: 12, bytes: utf8('ab') }],
    })
  })
})

describe('messages', () => {
  const empty: Message = {
    id: 1,
    flags: flagBits.QR,
    questions: [],
    answers: [],
    authorities: [],
    additionals: [],
  }
  test('decoding is the inverse of encoding', () => {
    fc.assert(
      fc.property(message, sent => assert.deepEqual(decodeMessage(encodeMessage(sent)), sent)),
      { seed: 3, numRuns: 300 },
    )
  })
  test('names are compressed', () => {
    const owner = parseName('welcome.inxt')
    const question = { name: owner, type: types.A, class: classes.IN }
    const answer: ResourceRecord = {
      ...question,
      ttlS: 5,
      data: { kind: 'address', bytes: Uint8Array.of(127, 0, 1, 1) },
    }
    const bytes = encodeMessage({ ...empty, questions: [question], answers: [answer, answer] })
    assert.equal(bytes.length, 12 + 14 + 4 + 2 * (2 + 10 + 4))
  })
  test('an extended rcode has its upper bits in OPT', () => {
    const opt = { udpBytesMax: 1232, version: 0, dnssecOk: false, rcodeHigh: 1, options: [] }
    const sent = decodeMessage(encodeMessage({ ...empty, additionals: [optRecord(opt)] }))
    assert.equal(rcodeOf(sent), rcodes.BADVERS)
  })
  test('what does not fit into a message is a Fault', () => {
    const data: RecordData = { kind: 'raw', bytes: new Uint8Array(65_000) }
    const record = { name: parseName('inxt'), type: 65_280, class: 1, ttlS: 0, data }
    assert.throws(
      () => encodeMessage({ ...empty, answers: [record, record] }),
      error => isFault(error, 'bytes/too-large'),
    )
  })
  const record = (typeHex: string, lengthHex: string, dataHex: string): string =>
    `0000800000000001000000000 0 ${typeHex} 0001 00000000 ${lengthHex} ${dataHex}`.replaceAll(' ', '')
  const bad: [label: string, hex: string][] = [
    ['half a header', '000080000000'],
    ['a count without a record', '000080000000000100000000'],
    ['A of three octets', record('0001', '0003', '7f0001')],
    ['A that is shorter than it claims', record('0001', '0004', '7f0001')],
    ['A that is longer', record('0001', '0005', '7f00010101')],
    ['AAAA of four octets', record('001c', '0004', '7f000101')],
    ['a host that ends after its record', record('0002', '0001', '016100')],
    ['a host that ends before', record('0002', '0004', '01610000')],
    ['TXT without a string', record('0010', '0000', '')],
    ['a string that ends after its record', record('0010', '0002', '026100')],
    ['half an option', record('0029', '0003', '000100')],
  ]
  for (const [label, hex] of bad) {
    test(`refuses ${label}`, () =>
      assert.throws(
        () => decodeMessage(Buffer.from(hex, 'hex')),
        error => isFault(error, 'bytes/malformed'),
      ))
  }
})
