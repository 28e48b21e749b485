// A flood of packets that are noise or nearly right: how many a second the responder takes, and whether memory stays.
//
// The packets are made beforehand, so that what is timed is the responder; no coverage is counted. More of them than
// answers are kept ready, and new in every round by their ids.

import { createMeter } from '../../base/meter.ts'
import { integerBelow, type Random, seededRandom } from '../../base/random.ts'
import { queries, responderOf } from './dns-world.ts'
import { heapBytes, mibText } from './memory.ts'
import { messageMutators, octetMutators, pick } from './mutators.ts'

const poolCount = 100_000
const mutators = [...octetMutators, ...messageMutators, ...messageMutators]

/** A quarter is noise, the rest changed one to four times. */
function packetOf(random: Random, i: number): Uint8Array {
  if (i % 4 === 0)
    return Uint8Array.from({ length: integerBelow(random, 80) }, () => integerBelow(random, 256))
  let bytes = new Uint8Array(pick(random, queries))
  for (let left = 1 + integerBelow(random, 4); left > 0; left--) {
    bytes = new Uint8Array(pick(random, mutators)(bytes, random, pick(random, queries)))
  }
  return bytes
}

export function flood(seconds: number, seed: number): void {
  const random = seededRandom(seed)
  const pool = Array.from({ length: poolCount }, (_, i) => packetOf(random, i))
  const meter = createMeter()
  const respond = responderOf(meter)
  const client = { address: '192.0.2.1', port: 4711 }
  const round = (): void => {
    for (const packet of pool) {
      if (packet.length > 1) packet[1]!++
      respond(packet, client, 'udp')
    }
  }
  const memory = (): string => `${mibText(heapBytes())}/${mibText(process.memoryUsage().rss)}`
  for (let i = 0; i < 10; i++) round()
  const before = memory()
  const startedAt = performance.now()
  const cpuBefore = process.cpuUsage()
  let rounds = 0
  for (; performance.now() - startedAt < seconds * 1000; rounds++) round()
  const packets = rounds * poolCount
  const elapsedS = (performance.now() - startedAt) / 1000
  const { user, system } = process.cpuUsage(cpuBefore)
  const perCpuS = (packets * 1e6) / (user + system)
  console.log(
    `${packets} packets, ${(packets / elapsedS).toFixed(0)} a second, ${perCpuS.toFixed(0)} a second of CPU`,
  )
  console.log(`heap/resident MiB ${before} → ${memory()}`)
  const rcodes = Object.entries(meter.read()).filter(([name]) => name.startsWith('dns.rcode.'))
  console.log(rcodes.map(([name, count]) => `${name.slice(10)} ${count}`).join(', '))
}
