// Differences put to their test: the older version with its changes made is the newer one, whatever was edited.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { types } from '../wire/code.ts'
import { parseName } from '../wire/name.ts'
import { recordText } from '../wire/presentation.ts'
import type { ResourceRecord } from '../wire/record.ts'
import { readZone } from '../zone/master.ts'
import { createZone } from '../zone/snapshot.ts'
import { atOnce } from '../zone/work.ts'
import type { Zone } from '../zone/zone.ts'
import { recordsOf } from './axfr.ts'
import { changesOf, createJournal } from './journal.ts'

const apex = parseName('example')
const filler = Array.from({ length: 60 }, (_, i) => `f${i} A 10.0.0.${i}\n`).join('')
const signature = (type: string, tag: number): string =>
  `RRSIG ${type} 13 2 60 20300101000000 20291201000000 ${tag} example. ${Buffer.alloc(8, tag).toString('base64')}`

function zoneOf(serial: number, text: string): Zone {
  const head = `$TTL 60\n@ SOA ns hostmaster ${serial >>> 0} 7200 3600 1209600 30\n@ NS ns\nns A 192.0.2.1\n`
  return createZone(readZone(head + filler + text, apex).records, apex)
}

const linesOf = (zone: Zone): Set<string> => new Set([...recordsOf(zone)].map(recordText))

/** What a secondary makes of an answer to IXFR. */
function applied(lines: Set<string>, answer: readonly ResourceRecord[]): Set<string> {
  const now = new Set(lines)
  let isAdding = true
  for (const record of answer.slice(1, -1)) {
    if (record.type === types.SOA) isAdding = !isAdding
    const line = recordText(record)
    if (isAdding) assert.ok(!now.has(line), `there already: ${line}`)
    else assert.ok(now.has(line), `not there: ${line}`)
    if (isAdding) now.add(line)
    else now.delete(line)
  }
  return now
}

const line = fc.oneof(
  fc.nat(6).map(i => `a 30 A 192.0.2.${i}`),
  fc.tuple(fc.nat(3), fc.constantFrom('60', '30')).map(([i, ttl]) => `t${i} ${ttl} TXT "x"`),
  fc.constantFrom(
    'x.deep A 192.0.2.1',
    'deep TXT "above"',
    '\\200 A 192.0.2.1',
    'Mixed A 192.0.2.1',
    'mixed A 192.0.2.1',
  ),
  fc.nat(3).map(i => `ns ${signature('A', i)}`),
  fc.nat(3).map(i => `@ ${signature('SOA', i)}`),
  fc.nat(3).map(i => `${'0'.repeat(31)}${i} NSEC3 1 0 0 - ${'1'.repeat(32)} A`),
  fc.nat(3).map(i => `child${i} NS ns.child${i}\nns.child${i} A 192.0.2.7`),
)
const version = fc.uniqueArray(line, { maxLength: 12 }).map(lines => lines.map(text => `${text}\n`).join(''))

test('every version becomes the last one by its differences', () => {
  fc.assert(
    fc.property(fc.array(version, { minLength: 2, maxLength: 4 }), texts => {
      const journal = createJournal()
      const zones = texts.map((text, i) => zoneOf(4_294_967_294 + i, text))
      for (const [i, zone] of zones.slice(1).entries()) atOnce(journal.note(zones[i]!, zone))
      const last = zones.at(-1)!
      for (const [i, zone] of zones.slice(0, -1).entries()) {
        const differences = journal.since(last, (4_294_967_294 + i) >>> 0)
        assert.ok(differences !== undefined)
        assert.deepEqual(applied(linesOf(zone), [...changesOf(differences)]), linesOf(last))
      }
    }),
    { numRuns: 75 },
  )
})

test('there is nothing to be had of a gap, a serial that went back, or a difference longer than the zone', () => {
  const journal = createJournal({ versionsMax: 2 })
  const zones = [1, 2, 3, 4, 4, 5].map(serial => zoneOf(serial, `v A 192.0.2.${serial}\n`))
  for (const [i, zone] of zones.slice(1, 4).entries()) atOnce(journal.note(zones[i]!, zone))
  assert.equal(journal.since(zones[3]!, 1), undefined, 'two versions are kept')
  assert.deepEqual(
    [2, 3].map(serial => journal.since(zones[3]!, serial)?.length),
    [2, 1],
  )
  assert.equal(journal.since(zones[2]!, 2), undefined, 'of another version than the last')
  atOnce(journal.note(zones[3]!, zones[4]!))
  assert.equal(journal.since(zones[4]!, 3), undefined, 'changed without a later serial')
  atOnce(journal.note(zones[4]!, zones[5]!))
  assert.equal(journal.since(zones[5]!, 3), undefined)
  assert.equal(journal.since(zones[5]!, 4)?.length, 1)
  const other = createZone(
    readZone('$TTL 60\n@ SOA ns h 6 7200 3600 1209600 30\n@ NS ns\nns A 192.0.2.1\n', apex).records,
    apex,
  )
  atOnce(journal.note(zones[5]!, other))
  assert.equal(journal.since(other, 5), undefined)
})

test('memory is bounded by records', () => {
  const journal = createJournal({ recordsMax: 20 })
  const many = (serial: number): Zone =>
    zoneOf(serial, Array.from({ length: 5 }, (_, i) => `m${i} A 192.0.2.${serial}\n`).join(''))
  const zones = [1, 2, 3].map(many)
  for (const [i, zone] of zones.slice(1).entries()) atOnce(journal.note(zones[i]!, zone))
  assert.equal(journal.since(zones[2]!, 1), undefined)
  assert.equal(journal.since(zones[2]!, 2)?.[0]?.removed.length, 5)
})
