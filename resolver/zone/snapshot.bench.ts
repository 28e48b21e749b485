// What a zone of a million names costs: to read, in memory, and ns for each look-up and each whole answer.
//
//   node --expose-gc resolver/zone/snapshot.bench.ts [names]
//
// Names are asked for in an order that no cache likes, and, as `hot`, one name again and again. `whole` is the
// path from packet to packet without anything kept ready-made, `ready` the same with it, for each shape of query;
// limiter and cookies are on. Times are of the CPU, for a neighbour on the machine not to count; no build fails on
// them.

import { realClock } from '../../base/io/clock.ts'
import { createMeter } from '../../base/meter.ts'
import { createResponder, type Respond } from '../responder.ts'
import type { Transport } from '../steps/query.ts'
import { types } from '../wire/code.ts'
import { optionCodes, optRecord } from '../wire/edns.ts'
import { encodeMessage } from '../wire/message.ts'
import { parseName } from '../wire/name.ts'
import type { Question } from '../wire/question.ts'
import type { EdnsOption } from '../wire/rdata.ts'
import { createLadder } from './ladder.ts'
import { readZone } from './master.ts'
import { createZone } from './snapshot.ts'
import type { Zone } from './zone.ts'

const names = Number(process.argv.find(word => /^[0-9]+$/.test(word)) ?? 1_000_000)
const apex = parseName('example.com')
const collect = (globalThis as { gc?: () => void }).gc ?? ((): void => {})
const client = { address: '192.0.2.1', port: 4711 }
const edns = { udpBytesMax: 1232, version: 0, dnssecOk: true, rcodeHigh: 0, options: [] }
/** As large as those of ECDSA P-256 and Ed25519 are. */
const signature = Buffer.alloc(64, 7).toString('base64')

const label = (i: number): string => `n${i.toString().padStart(7, '0')}`

function text(signed: boolean): string {
  const tail = `13 3 300 20300101000000 20291201000000 12345 example.com. ${signature}`
  const lines = ['$TTL 300', '@ SOA ns hostmaster 1 7200 3600 1209600 300', '@ NS ns', 'ns A 192.0.2.1']
  if (signed)
    lines.push(`@ NSEC ${label(0)} NS SOA RRSIG NSEC`, `@ RRSIG SOA ${tail}`, `@ RRSIG NSEC ${tail}`)
  for (let i = 0; i < names; i++) {
    lines.push(`${label(i)} A 10.${(i >>> 16) & 255}.${(i >>> 8) & 255}.${i & 255}`)
    if (!signed) continue
    lines.push(
      ` RRSIG A ${tail}`,
      ` NSEC ${i + 1 < names ? label(i + 1) : 'ns'} A RRSIG NSEC`,
      ` RRSIG NSEC ${tail}`,
    )
  }
  return lines.join('\n')
}

/** Apart, so that the records are garbage when the zone is weighed. */
function load(file: string): { zone: Zone; count: number; readAt: number; builtAt: number } {
  const { records } = readZone(file, apex, { recordsMax: 4 * names + 10 })
  const readAt = realClock.now()
  const zone = createZone(records, apex)
  return { zone, count: records.length, readAt, builtAt: realClock.now() }
}

function ns(rounds: number, work: (i: number) => void): string {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < 3; round++) {
    const before = process.cpuUsage()
    for (let i = 0; i < rounds; i++) work(i)
    const { user, system } = process.cpuUsage(before)
    best = Math.min(best, ((user + system) * 1e3) / rounds)
  }
  return `${Math.round(best).toString().padStart(6)} ns`
}

function measure(title: string, zone: Zone, dnssecOk: boolean): void {
  const zones = [zone]
  const ladder = createLadder(zones)
  const rate = { answersPerS: 1e9, prefixAnswersPerS: 1e9, slip: 2, buckets: 65_536, seed: 1, now: () => 1 }
  const responderOf = (readyMax: number): Respond =>
    createResponder({
      ...{ suffixes: [], zones: () => zones, readyMax, meter: createMeter() },
      names: { site: () => undefined, serial: () => 1 },
      places: { near: () => [], servers: () => [] },
      limit: rate,
      cookies: { secret: new Uint8Array(16), now: () => 1_700_000_000_000 },
    })
  const respond = responderOf(0)
  const ask = (name: string): Question => ({
    name: parseName(`${name}.example.com`),
    type: types.A,
    class: 1,
  })
  const count = 100_000
  // 7919 is prime to a million: every name once, and no two neighbours in a row.
  const spread = Array.from({ length: count }, (_, i) => ask(label((i * 7919) % names)))
  const absent = Array.from({ length: count }, (_, i) => ask(`${label((i * 7919) % names)}x`))
  const hot = spread[1]!
  const packetOf = (question: Question, options: readonly EdnsOption[] = []): Uint8Array =>
    encodeMessage({
      ...{ id: 7, flags: 0, questions: [question], answers: [], authorities: [] },
      additionals: dnssecOk || options.length > 0 ? [optRecord({ ...edns, dnssecOk, options })] : [],
    })
  const packets = [hot, ...spread.slice(0, 20_000)].map(question => packetOf(question))
  const made = absent.slice(0, 20_000).map(question => packetOf(question))
  console.log(`${title}: look-up hot   ${ns(1_000_000, () => ladder(hot, dnssecOk))}`)
  console.log(`${title}: look-up       ${ns(count, i => ladder(spread[i]!, dnssecOk))}`)
  console.log(`${title}: look-up no    ${ns(count, i => ladder(absent[i]!, dnssecOk))}`)
  console.log(`${title}: whole hot     ${ns(200_000, () => respond(packets[0]!, client, 'udp'))}`)
  console.log(`${title}: whole         ${ns(20_000, i => respond(packets[i + 1]!, client, 'udp'))}`)
  console.log(`${title}: whole no      ${ns(20_000, i => respond(made[i]!, client, 'udp'))}`)
  const ready = responderOf(16_384)
  const shapes: [shape: string, transport: Transport, options: EdnsOption[]][] = [
    ['udp', 'udp', []],
    ['cookie', 'udp', [{ code: optionCodes.cookie, bytes: new Uint8Array(8) }]],
    ['tcp', 'tcp', []],
    ['padded', 'tls', [{ code: optionCodes.padding, bytes: new Uint8Array(0) }]],
  ]
  for (const [shape, transport, options] of shapes) {
    const packet = packetOf(hot, options)
    console.log(`${title}: ready ${shape.padEnd(6)}  ${ns(200_000, () => ready(packet, client, transport))}`)
  }
}

for (const signed of [false, true]) {
  const title = signed ? 'signed' : 'plain '
  const file = text(signed)
  collect()
  const before = process.memoryUsage()
  const startedAt = realClock.now()
  const { zone, count, readAt, builtAt } = load(file)
  collect()
  const after = process.memoryUsage()
  const used = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers
  const seconds = (ms: number): string => (ms / 1000).toFixed(1)
  console.log(`${title}: ${names} names, ${count} records: read in ${seconds(readAt - startedAt)} s,`)
  console.log(`        built in ${seconds(builtAt - readAt)} s, ${Math.round(used / names)} octets a name`)
  measure(title, zone, signed)
}
