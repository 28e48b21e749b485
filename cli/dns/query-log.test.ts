// What the query log says, and what it never says.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { pino } from 'pino'
import { createMeter } from '../../base/meter.ts'
import { createResponder } from '../../resolver/responder.ts'
import { encodeMessage } from '../../resolver/wire/message.ts'
import { parseName } from '../../resolver/wire/name.ts'
import { networkText, withQueryLog } from './query-log.ts'

const respond = createResponder({
  suffixes: ['inxt'],
  names: { site: () => undefined, serial: () => 1 },
  places: { near: () => [], servers: () => [] },
  meter: createMeter(),
})
const sections = { answers: [], authorities: [], additionals: [] }
const packet = encodeMessage({
  ...{ id: 1, flags: 0, ...sections },
  questions: [{ name: parseName('Nobody.inxt'), type: 1, class: 1 }],
})
const client = { address: '192.0.2.77', port: 4711 }

function heard(perMille: number, random: () => number, packets: Uint8Array[]): string[] {
  const lines: string[] = []
  const log = pino({ base: null, timestamp: false }, { write: (line: string) => void lines.push(line) })
  const logged = withQueryLog(respond, perMille, log, random)
  for (const one of packets) assert.deepEqual(logged(one, client, 'udp'), respond(one, client, 'udp'))
  return lines
}

describe('the query log', () => {
  test('is off by default: the very same function', () => {
    assert.equal(withQueryLog(respond, 0, pino({ level: 'silent' })), respond)
  })
  test('tells question, answer and network', () => {
    const [line] = heard(1000, () => 0.999, [packet])
    const bytes = respond(packet, client, 'udp')!.length
    const told = { client: '192.0.2.0/24', transport: 'udp', name: 'Nobody.inxt.', type: 'A' }
    assert.deepEqual(JSON.parse(line!), { level: 30, ...told, rcode: 'NXDOMAIN', bytes, msg: 'a query' })
  })
  test('takes the share that it is told to', () => {
    let next = 0
    const evenly = (): number => (next++ % 1000) / 1000
    assert.equal(heard(25, evenly, new Array<Uint8Array>(2000).fill(packet)).length, 50)
  })
  test('takes what is no query', () => {
    const lines = heard(1000, () => 0, [Uint8Array.of(1), packet.subarray(0, 20)])
    assert.deepEqual(
      lines.map(line => JSON.parse(line)).map(({ answer, rcode }) => answer ?? rcode),
      ['none', 'FORMERR'],
    )
  })
  for (const [address, network] of [
    ['198.51.100.255', '198.51.100.0/24'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1::/48'],
    ['::ffff:198.51.100.255', '198.51.100.0/24'],
    ['fe80::1%lo', 'unknown'],
    ['', 'unknown'],
  ] as const) {
    test(`${address || 'nothing'} is told as ${network}`, () => assert.equal(networkText(address), network))
  }
})
