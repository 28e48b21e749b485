// What a zone of a million names costs: to read, in memory, and ns for each look-up and each whole answer.
//
//   node --expose-gc resolver/zone/snapshot.bench.ts [names]
//
// Names are asked for in an order that no cache likes, and, as `hot`, one name again and again. `whole` is the
// path from packet to packet without anything kept ready-made. Times depend on the machine: no build fails on
// them.

import { realClock } from '../../base/io/clock.ts'
import { createMeter } from '../../base/meter.ts'
import { createResponder } from '../responder.ts'
import { types } from '../wire/code.ts'
import { optRecord } from '../wire/edns.ts'
import { encodeMessage } from '../wire/message.ts'
import { parseName } from '../wire/name.ts'
import type { Question } from '../wire/question.ts'
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

function ns(rounds: number, work: (i: number) => void): string {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < 3; round++) {
    const startedAt = realClock.now()
    for (let i = 0; i < rounds; i++) work(i)
    best = Math.min(best, ((realClock.now() - startedAt) * 1e6) / rounds)
  }
  return `${Math.round(best).toString().padStart(6)} ns`
}

function measure(title: string, zone: Zone, dnssecOk: boolean): void {
  const zones = [zone]
  const ladder = createLadder(zones)
  const respond = createResponder({
    ...{ suffixes: [], zones: () => zones, readyMax: 0, meter: createMeter() },
    names: { site: () => undefined, serial: () => 1 },
    places: { near: () => [], servers: () => [] },
  })
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
  const packets = [hot, ...spread.slice(0, 20_000)].map(question =>
    encodeMessage({
      ...{ id: 7, flags: 0, questions: [question], answers: [], authorities: [] },
      additionals: dnssecOk ? [optRecord(edns)] : [],
    }),
  )
  console.log(`${title}: look-up hot   ${ns(1_000_000, () => ladder(hot, dnssecOk))}`)
  console.log(`${title}: look-up       ${ns(count, i => ladder(spread[i]!, dnssecOk))}`)
  console.log(`${title}: look-up no    ${ns(count, i => ladder(absent[i]!, dnssecOk))}`)
  console.log(`${title}: whole hot     ${ns(200_000, () => respond(packets[0]!, client, 'udp'))}`)
  console.log(`${title}: whole         ${ns(20_000, i => respond(packets[i + 1]!, client, 'udp'))}`)
}

for (const signed of [false, true]) {
  const title = signed ? 'signed' : 'plain '
  const file = text(signed)
  collect()
  const before = process.memoryUsage()
  const startedAt = realClock.now()
  const { records } = readZone(file, apex, { recordsMax: 4 * names + 10 })
  const readAt = realClock.now()
  const zone = createZone(records, apex)
  const builtAt = realClock.now()
  collect()
  const after = process.memoryUsage()
  const used = after.heapUsed + after.external - before.heapUsed - before.external
  const seconds = (ms: number): string => (ms / 1000).toFixed(1)
  console.log(
    `${title}: ${names} names, ${records.length} records: read in ${seconds(readAt - startedAt)} s,`,
  )
  console.log(`        built in ${seconds(builtAt - readAt)} s, ${Math.round(used / names)} octets a name`)
  measure(title, zone, signed)
}
