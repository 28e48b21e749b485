// What answers per client cost on the short way, without sockets: ns per answer, best of five rounds, and the heap of
// a table of known networks. Clients are as many networks as the table holds, asked for in turn by EDNS Client Subnet.
//
//   npm run bench -- client-answers
//
// Times depend on the machine, so no build fails on them.

import { realClock } from '../../base/io/clock.ts'
import { createMeter } from '../../base/meter.ts'
import { integerBelow, seededRandom } from '../../base/random.ts'
import { createResponder, type Respond } from '../responder.ts'
import { types } from '../wire/code.ts'
import { optionCodes, optRecord } from '../wire/edns.ts'
import { encodeMessage } from '../wire/message.ts'
import { parseName } from '../wire/name.ts'
import type { EdgeAddress } from '../zone/servers.ts'
import { type Bands, bandsOf, inProportion } from './bands.ts'
import { Learned } from './learned.ts'

const networks = 8192
const rounds = 5
const random = seededRandom(1)

const edges = Array.from({ length: 16 }, (_, i) => ({ ipv4: `203.0.113.${i + 1}` }))
const here = bandsOf(edges, () => 200 * random.next())
const prefixes = Array.from({ length: networks }, () => ({
  octets: Uint8Array.of(
    1 + integerBelow(random, 220),
    integerBelow(random, 256),
    integerBelow(random, 256),
    0,
  ),
  bits: 24,
}))

function heapBytes(): number {
  globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

const before = heapBytes()
const learned = new Learned<Bands<EdgeAddress>>({ prefixesMax: networks, waitingMax: 1024, freshMs: 1e12 })
for (const prefix of prefixes)
  learned.learn(
    prefix,
    bandsOf(edges, () => 200 * random.next()),
    0,
  )
const heapPerNetwork = (heapBytes() - before) / networks

let turn = 0
const respondWith = (isPerClient: boolean): Respond =>
  createResponder({
    suffixes: ['inxt'],
    names: { site: () => ({ contentCid: 'bafy', sequence: 1 }), serial: () => 42 },
    places: {
      near: (_site, client, countMax) => {
        const spot = isPerClient ? learned.find(client, 0).spot : undefined
        return inProportion(spot ?? here, turn++, countMax)
      },
      ...(isPerClient && { scopeBits: client => learned.scopeBits(client) }),
      servers: () => [],
    },
    meter: createMeter(),
    version: () => 0,
  })

const packets = prefixes.map(({ octets }) => {
  const subnet = { code: optionCodes.subnet, bytes: Uint8Array.of(0, 1, 24, 0, ...octets.subarray(0, 3)) }
  const edns = { udpBytesMax: 1232, version: 0, dnssecOk: false, rcodeHigh: 0, options: [subnet] }
  return encodeMessage({
    ...{ id: 7, flags: 0, questions: [{ name: parseName('welcome.inxt'), type: types.A, class: 1 }] },
    ...{ answers: [], authorities: [], additionals: [optRecord(edns)] },
  })
})

/** ns per answer. */
function cost(respond: Respond, asked: readonly Uint8Array[]): number {
  const client = { address: '192.0.2.1', port: 4711 }
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < rounds; round++) {
    const startedAt = realClock.now()
    for (let i = 0; i < 100_000; i++) respond(asked[i % asked.length]!, client, 'udp')
    best = Math.min(best, ((realClock.now() - startedAt) * 1e6) / 100_000)
  }
  return Math.round(best)
}

for (const [label, isPerClient, asked] of [
  ['the same for all', false, packets.slice(0, 1)],
  ['the same for all, many clients', false, packets],
  ['per client, one client', true, packets.slice(0, 1)],
  ['per client, many clients', true, packets],
] as const)
  console.log(`${label.padEnd(32)}${`${cost(respondWith(isPerClient), asked)}`.padStart(6)} ns`)
console.log(
  `${'heap of a known network'.padEnd(32)}${heapPerNetwork.toFixed(0).padStart(6)} octets, 16 edges in bands`,
)
