// What strangers reach of DNS: messages, data of records, the responder, the door for secondaries, and what owners
// publish: master files, bundles.
//
// A decoder that does not throw is not yet right. So each target also says what must hold afterwards: what was read
// and written again is the same, an answer answers its packet and keeps to its bounds.

import assert from 'node:assert/strict'
import { createMeter } from '../../base/meter.ts'
import { freshnessS, isRefusal, packetFromGet } from '../../resolver/io/doh.ts'
import { jsonView, packetFromWords } from '../../resolver/io/json-view.ts'
import type { Respond } from '../../resolver/responder.ts'
import { readSubnet, subnetOption } from '../../resolver/select/subnet.ts'
import { signBundle, usefulSets } from '../../resolver/sign/bundle.ts'
import { decodeBundle, encodeBundle } from '../../resolver/sign/bundle-codec.ts'
import type { Transport } from '../../resolver/steps/query.ts'
import { createDoor } from '../../resolver/transfer/door.ts'
import { signMessage } from '../../resolver/transfer/tsig.ts'
import { classes, types } from '../../resolver/wire/code.ts'
import { createFramer } from '../../resolver/wire/frame.ts'
import { flagBits } from '../../resolver/wire/header.ts'
import { decodeMessage, encodeMessage } from '../../resolver/wire/message.ts'
import { parseName } from '../../resolver/wire/name.ts'
import { messageText, recordText } from '../../resolver/wire/presentation.ts'
import { canonicalData, dataOctets, readData } from '../../resolver/wire/rdata.ts'
import { Reader } from '../../resolver/wire/reader.ts'
import type { ResourceRecord } from '../../resolver/wire/record.ts'
import { masterText, readMaster } from '../../resolver/zone/master.ts'
import { fuzzKey, nowS, queries, responderOf, zones, zoneTexts } from './dns-world.ts'
import type { Target } from './loop.ts'
import { messageMutators, octetMutators, textMutators } from './mutators.ts'

const client = { address: '192.0.2.1', port: 4711 }
const origin = parseName('example')
const messages = [...octetMutators, ...messageMutators, ...messageMutators]

function same(a: Uint8Array, b: Uint8Array, what: string): void {
  assert.equal(Buffer.compare(a, b), 0, what)
}

/** What a zone file says of a record is the record. */
function textIsTrue(record: ResourceRecord): void {
  const { type, class: classCode, data, ttlS } = record
  const isForMessages = type === 0 || type === types.OPT || (type >= 128 && type <= 255)
  if (classCode !== classes.IN || isForMessages || ttlS >= 2 ** 31) return
  const { records, errors } = readMaster(recordText(record), { origin })
  assert.equal(errors.length, 0, 'the text of a record reads without error')
  same(dataOctets(records[0]!.data), dataOctets(data), 'the text of a record says its octets')
}

const answers = (respond: Respond): Uint8Array[] =>
  queries.flatMap(query => respond(query, client, 'tcp') ?? []).filter(({ length }) => length < 1500)

function wire(): Target {
  return {
    name: 'wire',
    seeds: [...queries, ...answers(responderOf())],
    mutators: messages,
    run(bytes) {
      const message = decodeMessage(bytes)
      const again = encodeMessage(message)
      same(encodeMessage(decodeMessage(again)), again, 'what was read is written alike')
      messageText(message)
      for (const record of [...message.answers, ...message.authorities, ...message.additionals])
        textIsTrue(record)
    },
  }
}

/** Two octets of type, then data. */
function data(): Target {
  const records = zoneTexts.flatMap(text => readMaster(text, { origin }).records)
  return {
    name: 'data',
    seeds: records.map(({ type, data }) =>
      Buffer.concat([Uint8Array.of(type >> 8, type & 0xff), dataOctets(data)]),
    ),
    mutators: [...octetMutators, ...textMutators.slice(0, 1)],
    run(bytes) {
      if (bytes.length < 2) return
      const type = (bytes[0]! << 8) | bytes[1]!
      const octets = bytes.subarray(2)
      const read = readData(new Reader(octets), type, classes.IN, octets.length)
      const own = dataOctets(read)
      same(
        dataOctets(readData(new Reader(own), type, classes.IN, own.length)),
        own,
        'data reads as it was written',
      )
      const folded = canonicalData(read, type)
      assert.equal(folded.length, own.length, 'the canonical form differs in case only')
      textIsTrue({ name: origin, type, class: classes.IN, ttlS: 5, data: read })
    },
  }
}

const transports: readonly Transport[] = ['udp', 'udp', 'tcp', 'tls', 'https']

/** As an answer goes out: it reads, answers its packet, and is no larger than the packet allows. */
function judgeAnswer(packet: Uint8Array, answer: Uint8Array | undefined, transport: Transport): void {
  const isQuery = packet.length >= 12 && (packet[2]! & 0x80) === 0
  assert.equal(answer !== undefined, isQuery, 'queries are answered, all else meets silence')
  if (answer === undefined) return
  const { id, flags } = decodeMessage(answer)
  assert.equal(id, (packet[0]! << 8) | packet[1]!, 'the id comes back')
  assert.equal(flags & (flagBits.QR | flagBits.RA | flagBits.AD | flagBits.Z), flagBits.QR)
  assert.ok(transport !== 'udp' || answer.length <= 1232, `${answer.length} octets over UDP`)
  assert.ok(freshnessS(answer) >= 0, 'HTTP caches are told how long')
}

/** The second octet of the id picks the transport. */
function responder(): Target {
  const respond = responderOf()
  return {
    name: 'responder',
    seeds: queries,
    mutators: messages,
    run(bytes) {
      const transport = transports[(bytes[1] ?? 0) % transports.length]!
      judgeAnswer(bytes, respond(bytes, client, transport), transport)
    },
  }
}

/** The variables of a DoH request: a packet, or words for people. */
function doh(): Target {
  const respond = responderOf()
  const packets = queries.slice(0, 20).map(query => `dns=${Buffer.from(query).toString('base64url')}`)
  const words = ['name=www.plain&type=A', 'name=x.nsec&type=65&do=1&cd=true', 'name=\\000.compact&type=TYPE5']
  return {
    name: 'doh',
    seeds: [...packets, ...words].map(text => Buffer.from(text, 'latin1')),
    mutators: [...octetMutators, ...textMutators],
    run(bytes) {
      const variables = new URLSearchParams(Buffer.from(bytes).toString('latin1'))
      for (const packet of [packetFromGet(variables), packetFromWords(variables)]) {
        if (isRefusal(packet)) continue
        const answer = respond(packet, client, 'https')
        judgeAnswer(packet, answer, 'https')
        if (answer !== undefined) JSON.parse(jsonView(answer))
      }
    },
  }
}

/** The first bit of the id says whether the packet is signed before it arrives. */
function door(): Target {
  const respond = responderOf()
  const peers = new Map(zones.map(({ apex }) => [apex, [client.address]] as const))
  const journal = { since: () => undefined, *note() {}, kept: () => undefined, restore() {} }
  const options = { keys: [fuzzKey], peers, zones: () => zones, respond, now: () => nowS * 1000, journal }
  const opened = createDoor({ ...options, meter: createMeter() })
  const transfers = zones.flatMap(({ apex }) =>
    [types.AXFR, types.IXFR, types.SOA].map(type => {
      const questions = [{ name: apex, type, class: classes.IN }]
      const rest = { answers: [], authorities: [], additionals: [] }
      return encodeMessage({ id: 0x8000, flags: 0, questions, ...rest })
    }),
  )
  return {
    name: 'door',
    seeds: [...transfers, ...transfers.map(query => signMessage(query, fuzzKey, { timeS: nowS }).packet)],
    mutators: messages,
    run(bytes) {
      const isSigned = bytes.length >= 12 && (bytes[0]! & 0x80) !== 0
      const packet = isSigned ? signMessage(bytes, fuzzKey, { timeS: nowS }).packet : bytes
      const told = opened.transfer(packet, client)
      if (told === undefined) return judgeAnswer(packet, opened.respond(packet, client, 'udp'), 'udp')
      for (let next = told.next(); next.done !== true; next = told.next()) decodeMessage(next.value)
    },
  }
}

function master(): Target {
  return {
    name: 'master',
    seeds: zoneTexts.flatMap(text => [text, ...text.split('\n')]).map(text => Buffer.from(text, 'latin1')),
    mutators: [...octetMutators, ...textMutators, ...textMutators],
    run(bytes) {
      const { records, errors } = readMaster(Buffer.from(bytes).toString('latin1'), { origin })
      for (const { line, column } of errors) assert.ok(line > 0 && column > 0, 'a complaint has a place')
      // A zone has one SOA, which comes first.
      if (records.filter(({ type }) => type === types.SOA).length > 1) return
      const written = masterText(records)
      const again = readMaster(written, { origin })
      assert.equal(again.errors.length, 0, 'what was written reads without error')
      assert.equal(masterText(again.records), written, 'what was written is written alike')
    },
  }
}

function bundle(): Target {
  const { key } = zones.find(({ key }) => key !== undefined)!
  const edges = [1, 2, 3, 4].map(i => ({
    ipv4: Uint8Array.of(192, 0, 2, i),
    ipv6: new Uint8Array(16).fill(i),
  }))
  const validity = { inceptionAtS: nowS, expirationAtS: nowS + 9 }
  const signed = (count: number): Uint8Array =>
    encodeBundle(
      signBundle({
        ...{ owners: [key!.zone, parseName(`www.${key!.zone}`)].slice(0, 1), edges: edges.slice(0, count) },
        ...{
          sets: usefulSets(count, edge => [(edge + 1) % count]),
          serial: 7,
          ttlS: 30,
          key: key!,
          validity,
        },
      }),
    )
  return {
    name: 'bundle',
    seeds: [signed(1), signed(4)],
    mutators: octetMutators,
    run: bytes => same(encodeBundle(decodeBundle(bytes)), bytes, 'a bundle has one spelling'),
  }
}

function subnet(): Target {
  return {
    name: 'subnet',
    seeds: [
      Uint8Array.of(0, 1, 24, 0, 192, 0, 2),
      Uint8Array.of(0, 2, 56, 0, 1, 2, 3, 4, 5, 6, 7),
      new Uint8Array(4),
    ],
    mutators: octetMutators,
    run(bytes) {
      const read = readSubnet(bytes)
      if (read !== undefined) same(subnetOption(read, 0).bytes, bytes, 'a subnet comes back as it came')
    },
  }
}

/** The first octet says into how large pieces the stream falls. */
function frames(): Target {
  return {
    name: 'frames',
    seeds: [Uint8Array.of(3, 0, 2, 1, 2, 0, 1, 9), Uint8Array.of(200, 0, 0, 0, 1, 7)],
    mutators: octetMutators,
    run(bytes) {
      const size = 1 + (bytes[0] ?? 0)
      const framer = createFramer()
      const got: Uint8Array[] = []
      for (let at = 1; at < bytes.length; at += size) {
        framer.push(bytes.subarray(at, at + size))
        for (let next = framer.next(); next !== undefined; next = framer.next()) {
          got.push(Uint8Array.of(next.length >> 8, next.length & 0xff), new Uint8Array(next))
        }
      }
      const whole = Buffer.concat(got)
      same(whole, bytes.subarray(1, 1 + whole.length), 'frames are what was sent')
    },
  }
}

/** Made when asked for: some sign zones. */
export const dnsTargets = { wire, data, responder, doh, door, master, bundle, subnet, frames } as const
