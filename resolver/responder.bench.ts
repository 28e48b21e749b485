// What an answer costs without sockets: ns per answer of the pure path, best of five rounds. Run it by hand:
//
//   node resolver/responder.bench.ts
//
// Times depend on the machine, so no build fails on them.

import { realClock } from '../base/io/clock.ts'
import { createMeter } from '../base/meter.ts'
import { createResponder } from './responder.ts'
import { types } from './wire/code.ts'
import { optRecord } from './wire/edns.ts'
import { encodeMessage } from './wire/message.ts'
import { parseName } from './wire/name.ts'

const answersPerRound = 100_000
const rounds = 5

const servers = [1, 2, 3, 4, 5].map(i => ({ name: `e-0000000${i}`, address: { ipv4: `127.0.1.${i}` } }))
const edges = servers.map(({ address }) => address)
const site = { contentCid: 'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi', sequence: 1 }
const respond = createResponder({
  suffixes: ['inxt'],
  names: { site: label => (label === 'welcome' ? site : undefined), serial: () => 42 },
  places: { near: () => edges, servers: () => servers },
  meter: createMeter(),
})

const edns = { udpBytesMax: 1232, version: 0, dnssecOk: false, rcodeHigh: 0, options: [] }
const rows: [label: string, name: string, type: number, edns: boolean][] = [
  ['A', 'welcome.inxt', types.A, false],
  ['A with EDNS', 'welcome.inxt', types.A, true],
  ['TXT', 'welcome.inxt', types.TXT, true],
  ['NS with glue', 'inxt', types.NS, true],
  ['NXDOMAIN', 'nobody.inxt', types.A, true],
  ['REFUSED', 'example.org', types.A, true],
]

const client = { address: '192.0.2.1', port: 4711 }
for (const [label, name, type, withEdns] of rows) {
  const packet = encodeMessage({
    id: 7,
    flags: 0,
    questions: [{ name: parseName(name), type, class: 1 }],
    answers: [],
    authorities: [],
    additionals: withEdns ? [optRecord(edns)] : [],
  })
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < rounds; round++) {
    const startedAt = realClock.now()
    for (let i = 0; i < answersPerRound; i++) respond(packet, client, 'udp')
    best = Math.min(best, ((realClock.now() - startedAt) * 1e6) / answersPerRound)
  }
  console.log(`${label.padEnd(14)} ${Math.round(best).toString().padStart(6)} ns`)
}
