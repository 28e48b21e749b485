// What it costs an edge to take over an owner's zone: how long until it answers, and how long others wait meanwhile.
//
//   npm run bench -- owner-zones [--names 8500] [--edges 0]
//
// With edges, the zone comes with signed places for them. Judging happens on another thread; the longest turn of this
// one's event loop is what a query may have waited, and what it worked meanwhile is the same on a busy machine.

import { monitorEventLoopDelay } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { silentLog } from '../../base/io/log.ts'
import { createMeter } from '../../base/meter.ts'
import { seededRandom } from '../../base/random.ts'
import { signBundle, usefulSets } from '../../resolver/sign/bundle.ts'
import { encodeBundle } from '../../resolver/sign/bundle-codec.ts'
import { createJudge } from '../../resolver/sign/io/judging.ts'
import { signingKey } from '../../resolver/sign/key.ts'
import { recordsOf } from '../../resolver/sign/rrsig.ts'
import { planByDefault, signZone } from '../../resolver/sign/signed-zone.ts'
import { parseName } from '../../resolver/wire/name.ts'
import { masterText, readZone } from '../../resolver/zone/master.ts'
import { OwnerZones, type OwnerZonesOptions } from './owner-zones.ts'

const options = {
  names: { type: 'string', default: '8500' },
  edges: { type: 'string', default: '0' },
} as const
const { values } = parseArgs({ args: process.argv.slice(2), options })
const [nameCount, edgeCount] = [Number(values.names), Number(values.edges)]
const apex = parseName('site.inxt')
const key = signingKey(apex, true, 13, new Uint8Array(32).fill(5))
const nowS = Math.floor(Date.now() / 1000)

const zone = signedText()
const places = edgeCount === 0 ? undefined : signedPlaces()
const optionsOfZones: OwnerZonesOptions = {
  claimOf: () => ({ root: 'r', sequence: 1, owner: 'a' }),
  labels: () => [],
  read: async () => ({ zone, places }),
  judge: createJudge(new AbortController().signal),
  ...{ serves: () => true, withSite: zone => zone, hold() {}, remember() {} },
  clock: { now: () => performance.now(), after: () => () => {} },
  ...{ wallNow: Date.now, zonesMax: 10, bytesMax: 1e9, log: silentLog, meter: createMeter() },
}

/** The zones, and how long it took in ms. */
async function takeOver(): Promise<[zones: OwnerZones, tookMs: number]> {
  const zones = new OwnerZones(optionsOfZones, [])
  const startedAt = performance.now()
  zones.look(['site'])
  await zones.idle()
  if (zones.zones().length !== 1) throw new Error(`refused: ${JSON.stringify(zones.status())}`)
  return [zones, performance.now() - startedAt]
}

const heapMiB = (): number => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / 2 ** 20
}
const before = heapMiB()
const worked = process.threadCpuUsage()
const [, tookMs] = await takeOver()
const { user, system } = process.threadCpuUsage(worked)
const [workedMs, heap] = [(user + system) / 1000, heapMiB() - before].map(number => number.toFixed(0))
// Apart, as to look at every millisecond is more work than what is looked at.
const delay = monitorEventLoopDelay({ resolution: 1 })
delay.enable()
await takeOver()
delay.disable()
const [most, usual] = [delay.max, delay.percentile(99.9)].map(ns => (ns / 1e6).toFixed(0))
console.log(`  ${nameCount} names, ${edgeCount} edges: ${zone.length + (places?.length ?? 0)} octets`)
console.log(
  `  answers after ${(tookMs / 1000).toFixed(1)} s, of which ${workedMs} ms are work of who answers`,
)
console.log(`  longest turn ${most} ms, of 999 in 1,000 ${usual} ms; ${heap} MiB of heap`)

function signedText(): Uint8Array {
  const names = Array.from({ length: nameCount }, (_, i) => `n${i} A 192.0.2.${i % 256}\n`)
  const text = `$TTL 300\n@ SOA ns h 1 7200 3600 1209600 300\n@ NS ns\nns A 192.0.2.1\n${names.join('')}`
  const keys = [{ key, isPublished: true, signsKeys: true, signsZone: true, isWanted: true }]
  const sets = signZone(readZone(text, apex).records, { ...planByDefault, apex, keys }, nowS, seededRandom(1))
  return Buffer.from(masterText(sets.flatMap(set => recordsOf(set, 1))), 'latin1')
}

/** Sets of one, and of each edge with its four neighbours. */
function signedPlaces(): Uint8Array {
  const edges = Array.from({ length: edgeCount }, (_, i) => ({ ipv4: Uint8Array.of(10, 0, i >> 8, i & 255) }))
  const sets = usefulSets(edgeCount, i => [1, 2, 3, 4].map(d => (i + d) % edgeCount))
  const validity = { inceptionAtS: nowS - 3600, expirationAtS: nowS + 86_400 }
  return encodeBundle(signBundle({ owners: [apex], edges, sets, serial: 1, ttlS: 30, key, validity }))
}
