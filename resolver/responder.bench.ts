// What an answer costs without sockets: ns per answer of the pure path, best of five rounds, with limiter and
// cookies. The long way is that of a first question, the short way that of every later one.
//
//   npm run bench -- responder
//
// Times depend on the machine, so no build fails on them.

import { realClock } from '../base/io/clock.ts'
import { createMeter } from '../base/meter.ts'
import { createResponder, type Respond, type ResponderOptions } from './responder.ts'
import { types } from './wire/code.ts'
import { optRecord } from './wire/edns.ts'
import { encodeMessage } from './wire/message.ts'
import { parseName } from './wire/name.ts'
import type { EdnsOption } from './wire/rdata.ts'

const answersPerRound = 100_000
const rounds = 5

const servers = [1, 2, 3, 4, 5].map(i => ({ name: `e-0000000${i}`, address: { ipv4: `127.0.1.${i}` } }))
const edges = servers.map(({ address }) => address)
const site = { contentCid: 'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi', sequence: 1 }
const nowMs = 1_700_000_000_000
const responderWith = (options: Partial<ResponderOptions>): Respond =>
  createResponder({
    suffixes: ['inxt'],
    names: { site: label => (label === 'welcome' ? site : undefined), serial: () => 42 },
    places: { near: () => edges, servers: () => servers },
    meter: createMeter(),
    ...options,
  })
const limit = {
  answersPerS: 1e9,
  prefixAnswersPerS: 1e9,
  slip: 2,
  buckets: 65_536,
  seed: 1,
  now: () => nowMs,
}
const cookies = { secret: new Uint8Array(16), now: () => nowMs }
const long = responderWith({ limit, cookies })
const short = responderWith({ limit, cookies, version: () => 0 })

const edns = { udpBytesMax: 1232, version: 0, dnssecOk: false, rcodeHigh: 0 }
const cookie = { code: 10, bytes: new Uint8Array(8) }
const rows: [label: string, name: string, type: number, options: EdnsOption[] | undefined][] = [
  ['A', 'welcome.inxt', types.A, undefined],
  ['A with EDNS', 'welcome.inxt', types.A, []],
  ['A with a cookie', 'welcome.inxt', types.A, [cookie]],
  ['TXT', 'welcome.inxt', types.TXT, []],
  ['NS with glue', 'inxt', types.NS, []],
  ['NXDOMAIN', 'nobody.inxt', types.A, []],
  ['REFUSED', 'example.org', types.A, []],
]

const client = { address: '192.0.2.1', port: 4711 }

/** ns per answer. */
function cost(respond: Respond, packet: Uint8Array): number {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < rounds; round++) {
    const startedAt = realClock.now()
    for (let i = 0; i < answersPerRound; i++) respond(packet, client, 'udp')
    best = Math.min(best, ((realClock.now() - startedAt) * 1e6) / answersPerRound)
  }
  return Math.round(best)
}

console.log(`${'ns per answer'.padEnd(16)}    long   short`)
for (const [label, name, type, options] of rows) {
  const packet = encodeMessage({
    id: 7,
    flags: 0,
    questions: [{ name: parseName(name), type, class: 1 }],
    answers: [],
    authorities: [],
    additionals: options === undefined ? [] : [optRecord({ ...edns, options })],
  })
  const figures = [long, short].map(respond => `${cost(respond, packet)}`.padStart(8))
  console.log(`${label.padEnd(16)}${figures.join('')}`)
}
