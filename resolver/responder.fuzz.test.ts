// Strangers' packets by the thousand: nothing is thrown, no bug is met, and every answer is a message that
// answers the packet, sets QR, and is no larger than the packet allows.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMeter } from '../base/meter.ts'
import { integerBelow, type Random, seededRandom } from '../base/random.ts'
import { createResponder } from './responder.ts'
import { optRecord } from './wire/edns.ts'
import { flagBits } from './wire/header.ts'
import { decodeMessage, encodeMessage } from './wire/message.ts'
import { parseName } from './wire/name.ts'

const packets = 20_000
const names = [
  'inxt',
  'a.inxt',
  '_dnslink.a.inxt',
  'ns.inxt',
  'e-0.ns.inxt',
  'none.inxt',
  'a.b.c.inxt',
  'org',
  '.',
]
const typeCodes = [1, 2, 5, 6, 15, 16, 28, 41, 48, 65, 250, 251, 252, 253, 255, 4711]

function randomBytes(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => integerBelow(random, 256))
}

function pick<T>(random: Random, items: readonly T[]): T {
  return items[integerBelow(random, items.length)]!
}

/** Of any kind, of any length, and now and then a right one. */
function option(random: Random): { code: number; bytes: Uint8Array } {
  const code = integerBelow(random, 20)
  if (code === 10 && random.next() < 0.7)
    return { code, bytes: randomBytes(random, pick(random, [8, 16, 24])) }
  if (code === 8 && random.next() < 0.7) {
    return { code, bytes: Uint8Array.of(0, 1, 24, 0, ...randomBytes(random, 3)) }
  }
  return { code, bytes: randomBytes(random, integerBelow(random, 20)) }
}

function wellFormed(random: Random): Uint8Array {
  const edns = {
    udpBytesMax: integerBelow(random, 4096),
    version: integerBelow(random, 20) === 0 ? 1 : 0,
    dnssecOk: random.next() < 0.5,
    rcodeHigh: 0,
    options: Array.from({ length: integerBelow(random, 3) }, () => option(random)),
  }
  return encodeMessage({
    id: integerBelow(random, 0x1_0000),
    flags: pick(random, [0, flagBits.RD, flagBits.CD | flagBits.AD, integerBelow(random, 0x8000)]),
    questions: [
      {
        name: parseName(pick(random, names)),
        type: pick(random, typeCodes),
        class: pick(random, [1, 1, 1, 3, 255]),
      },
    ],
    answers: [],
    authorities: [],
    additionals: random.next() < 0.5 ? [optRecord(edns)] : [],
  })
}

function mutated(random: Random, packet: Uint8Array): Uint8Array {
  for (let i = integerBelow(random, 4); i > 0; i--) {
    packet[integerBelow(random, packet.length)] = integerBelow(random, 256)
  }
  return random.next() < 0.2 ? packet.subarray(0, integerBelow(random, packet.length + 1)) : packet
}

/** What the packet allows: 512 octets, or what the OPT of a packet that can be read says, up to 1232. */
function allowed(packet: Uint8Array): number {
  try {
    const opt = decodeMessage(packet).additionals.find(({ type }) => type === 41)
    return Math.max(512, Math.min(1232, opt?.class ?? 512))
  } catch {
    return 512
  }
}

test(`${packets} packets`, () => {
  const random = seededRandom(5)
  const meter = createMeter()
  const servers = Array.from({ length: 20 }, (_, i) => ({
    name: `e-${i}`,
    address: { ipv4: `10.0.0.${i}`, ipv6: `fd00::${i}`, httpsPort: 443 },
  }))
  const respond = createResponder({
    suffixes: ['inxt'],
    names: {
      site: label =>
        label === 'a' ? { contentCid: 'b'.repeat(integerBelow(random, 1400)), sequence: 1 } : undefined,
      serial: () => 1,
    },
    places: {
      near: () => servers.map(({ address }) => address),
      scopeBits: ({ octets }) => 4 * octets.length,
      servers: () => servers,
    },
    meter,
    version: () => integerBelow(random, 1000) === 0,
    cookies: { secret: new Uint8Array(16), now: () => 1_700_000_000_000 },
    nsid: new Uint8Array(3),
    idleTimeoutMs: 10_000,
    alpn: ['h2'],
  })
  const client = { address: '192.0.2.1', port: 4711 }
  for (let i = 0; i < packets; i++) {
    const packet =
      i % 4 === 0 ? randomBytes(random, integerBelow(random, 60)) : mutated(random, wellFormed(random))
    const asked = Uint8Array.from(packet)
    const transport = pick(random, ['udp', 'udp', 'tcp', 'tls', 'https'] as const)
    const answer = respond(packet, client, transport)
    assert.deepEqual(Uint8Array.from(packet), asked, 'a packet is read, not changed')
    const query = packet.length >= 12 && (packet[2]! & 0x80) === 0
    assert.equal(answer !== undefined, query, 'queries are answered, all else meets silence')
    if (answer === undefined) continue
    assert.ok(transport !== 'udp' || answer.length <= allowed(packet), `${answer.length} octets`)
    const message = decodeMessage(answer)
    assert.equal(message.id, (packet[0]! << 8) | packet[1]!)
    const never = flagBits.RA | flagBits.AD | flagBits.Z
    assert.equal(message.flags & (flagBits.QR | never), flagBits.QR)
  }
  const counts = meter.read()
  assert.equal(counts['dns.bug'], undefined)
  assert.ok((counts['dns.ready'] ?? 0) > 200, 'both ways were taken')
  for (const rcode of ['NOERROR', 'FORMERR', 'NXDOMAIN', 'NOTIMP', 'REFUSED', 'BADVERS']) {
    assert.ok((counts[`dns.rcode.${rcode}`] ?? 0) > 50, `${rcode} was reached`)
  }
})
