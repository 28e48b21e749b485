// What made-up names count as: a flood of them meets the bound of what answers them, wherever that stands.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMeter } from '../../base/meter.ts'
import { createResponder } from '../responder.ts'
import { types } from '../wire/code.ts'
import { encodeMessage } from '../wire/message.ts'
import { parseName } from '../wire/name.ts'
import { readZone } from '../zone/master.ts'
import { createZone } from '../zone/snapshot.ts'

const apex = parseName('example')
const zoneText = `$TTL 60
@ SOA ns hostmaster 7 7200 3600 1209600 30
@ NS ns
ns A 192.0.2.1
*.wild A 192.0.2.2
*.alias CNAME ns
*.gone CNAME not.there
old DNAME new
child NS ns.elsewhere.
`
const zones = [createZone(readZone(zoneText, apex).records, apex)]

/** How many of 200 are answered, of 10 a second. */
function answered(nameOf: (i: number) => string): number {
  const respond = createResponder({
    ...{ suffixes: [], zones: () => zones, meter: createMeter() },
    names: { site: () => undefined, serial: () => 0 },
    places: { near: () => [], servers: () => [] },
    limit: { answersPerS: 10, prefixAnswersPerS: 0, slip: 0, buckets: 1024, seed: 1, now: () => 1 },
    onBug: error => assert.fail(String(error)),
  })
  let sent = 0
  for (let i = 0; i < 200; i++) {
    const questions = [{ name: parseName(nameOf(i)), type: types.A, class: 1 }]
    const packet = encodeMessage({
      ...{ id: 1, flags: 0, questions },
      ...{ answers: [], authorities: [], additionals: [] },
    })
    if (respond(packet, { address: '192.0.2.9', port: 53 }, 'udp') !== undefined) sent++
  }
  return sent
}

const rows: [what: string, nameOf: (i: number) => string][] = [
  ['absences in a zone', i => `x${i}.example`],
  ['a wildcard', i => `x${i}.wild.example`],
  ['a wildcard in other letters, deeper', i => `a.x${i}.Wild.EXAMPLE`],
  ['an alias that is a wildcard', i => `x${i}.alias.example`],
  ['an alias that leads nowhere', i => `x${i}.gone.example`],
  ['a DNAME', i => `x${i}.old.example`],
  ['a delegation', i => `x${i}.child.example`],
  ['zones of others', i => `x${i}.test`],
]
for (const [what, nameOf] of rows) {
  test(`${what} is one thing to the limiter, however it is asked for`, () => {
    assert.equal(answered(nameOf), 10)
  })
}

test('names that are there count apart', () => {
  assert.equal(
    answered(i => (i % 2 === 0 ? 'ns.example' : 'wild.example')),
    20,
  )
})
