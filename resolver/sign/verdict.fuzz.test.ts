// A signed zone in which one octet is changed, anywhere: it is found, and nothing but Faults comes out.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isFault } from '../../base/fault.ts'
import { seededRandom } from '../../base/random.ts'
import { parseName } from '../wire/name.ts'
import { recordText } from '../wire/presentation.ts'
import { dataOctets, type RecordData } from '../wire/rdata.ts'
import { readZone } from '../zone/master.ts'
import { dataOf } from './canonical.ts'
import { signingKey } from './key.ts'
import { recordsOf } from './rrsig.ts'
import { planByDefault, signZone } from './signed-zone.ts'
import { judgeZone } from './verdict.ts'

const apex = parseName('example.com')
const nowS = 1_800_000_000
const key = signingKey(apex, true, 15, new Uint8Array(32).fill(3))
const use = { key, isPublished: true, signsKeys: true, signsZone: true, isWanted: true }
const text = `$TTL 3600
@ SOA ns1 hostmaster 10 3600 600 604800 300
  NS ns1
ns1 A 192.0.2.1
sub NS ns.sub
ns.sub A 192.0.2.3
`
const { records } = readZone(text, apex)
const zones = (['nsec', 'nsec3'] as const).map(denial =>
  signZone(records, { ...planByDefault, apex, keys: [use], denial }, nowS, seededRandom(1)).flatMap(set =>
    recordsOf(set, 1),
  ),
)

/** Undefined when the octets are no data of that type: no file could hold them. */
function dataIfAny(type: number, octets: Uint8Array): RecordData | undefined {
  try {
    return dataOf(type, octets)
  } catch (error) {
    assert(isFault(error), `${error}`)
    return undefined
  }
}

test('one changed octet is found, wherever it is', () => {
  // A letter may change its case: names are compared without it, and digests fold them.
  const flip = fc.integer({ min: 1, max: 255 }).filter(mask => mask !== 0x20)
  fc.assert(
    fc.property(fc.constantFrom(...zones), fc.nat(), fc.nat(), flip, (zone, which, where, mask) => {
      const record = zone[which % zone.length]!
      const octets = Uint8Array.from(dataOctets(record.data))
      octets[where % octets.length]! ^= mask
      const data = dataIfAny(record.type, octets)
      if (data === undefined) return
      const changed = zone.with(which % zone.length, { ...record, data })
      const { findings } = judgeZone(changed, apex, nowS)
      assert(findings.length > 0, `${recordText(record)} → ${recordText({ ...record, data })}`)
    }),
    { numRuns: 150 },
  )
})
