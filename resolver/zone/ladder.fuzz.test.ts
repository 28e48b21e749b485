// Small zones by chance, every question about them: the ladder beside an oracle that knows nothing of nodes,
// and each proof judged as a validator judges it (RFC 4035 §5.4, RFC 5155 §8).

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { seededRandom } from '../../base/random.ts'
import { signingKey } from '../sign/key.ts'
import { nsec3Hash } from '../sign/nsec.ts'
import { recordsOf } from '../sign/rrsig.ts'
import { planByDefault, signZone } from '../sign/signed-zone.ts'
import { base32Text } from '../wire/base32.ts'
import { bitmapTypes } from '../wire/bitmap.ts'
import { types } from '../wire/code.ts'
import {
  childOf,
  compareNames,
  foldCase,
  isWithin,
  labelsOf,
  type Name,
  nameText,
  parentOf,
  parseName,
} from '../wire/name.ts'
import { recordText } from '../wire/presentation.ts'
import { dataOctets } from '../wire/rdata.ts'
import type { ResourceRecord } from '../wire/record.ts'
import { zoneVerdict } from './check.ts'
import type { Decision } from './decision.ts'
import { wildcardOf } from './denial.ts'
import { createLadder } from './ladder.ts'
import { readMaster } from './master.ts'
import { createZone } from './snapshot.ts'

const apex = parseName('z')
const key = signingKey(apex, true, 15, new Uint8Array(32).fill(7))
const keys = [{ key, isPublished: true, signsKeys: true, signsZone: true, isWanted: false }]
const owner = fc
  .array(fc.constantFrom('a', 'b', '*', 'c'), { minLength: 1, maxLength: 3 })
  .map(labels => labels.join('.'))
const row = fc.tuple(
  owner,
  fc.constantFrom(
    'A 192.0.2.1',
    'A 192.0.2.1',
    'TXT t',
    'NS ns.y.',
    'DS 1 13 2 00',
    'CNAME x.y.',
    'DNAME y.',
  ),
)
const zones = fc.array(row, { maxLength: 7 }).map(rows => {
  const lines = [
    '@ 5 SOA ns hostmaster 1 2 3 4 5',
    '@ 5 NS ns.y.',
    ...rows.map(([name, data]) => `${name} 5 ${data}`),
  ]
  return readMaster(lines.join('\n'), { origin: apex })
})
const labels = ['a', 'b', '*', 'c', 'n']
const questions: Name[] = [apex]
for (const one of labels) {
  const first = childOf(one, apex)
  questions.push(first)
  for (const two of labels) {
    const second = childOf(two, first)
    questions.push(second, ...labels.map(three => childOf(three, second)))
  }
}

type Expected = { kind: 'answer' | 'alias' | 'referral' | 'nodata' | 'nxdomain'; encloser?: Name; cut?: Name }

/** What the records say, by looking at all of them for each step. */
function oracle(records: readonly ResourceRecord[], name: Name, type: number): Expected {
  const has = (at: Name, wanted: number): boolean =>
    records.some(one => one.name === at && one.type === wanted)
  const exists = (at: Name): boolean => records.some(one => isWithin(one.name, at))
  const path: Name[] = []
  for (let at = name; at !== apex; at = parentOf(at)) path.unshift(at)
  const cut = path.find(at => has(at, types.NS))
  if (cut !== undefined && !(cut === name && type === types.DS)) return { kind: 'referral', cut }
  const at = (node: Name): Expected['kind'] => {
    if (has(node, type)) return 'answer'
    return has(node, types.CNAME) ? 'alias' : 'nodata'
  }
  if (exists(name)) return { kind: at(name) }
  let encloser = parentOf(name)
  while (!exists(encloser)) encloser = parentOf(encloser)
  if (has(encloser, types.DNAME)) return { kind: 'alias' }
  if (exists(wildcardOf(encloser))) return { kind: at(wildcardOf(encloser)), encloser }
  return { kind: 'nxdomain', encloser }
}

/** What a chain shows of a name. */
interface Shown {
  /** The types of a name that is there; undefined when no record matches it. */
  matched(name: Name): number[] | undefined
  covers(name: Name): boolean
}

function shownByNsec(records: readonly ResourceRecord[]): Shown {
  const links = records
    .filter(({ type }) => type === types.NSEC)
    .map(({ name, data }) => {
      const octets = Buffer.from(dataOctets(data))
      let end = 0
      while (octets[end] !== 0) end += 1 + octets[end]!
      const next = octets.toString('latin1', 0, end) as Name
      return { name: foldCase(name), next, present: bitmapTypes(octets.subarray(end + 1)) }
    })
  return {
    matched(name) {
      // An empty non-terminal is there, without types, when the next name lies below it.
      const above = links.find(link => compareNames(link.name, name) < 0 && isWithin(link.next, name))
      return links.find(link => link.name === name)?.present ?? (above && [])
    },
    covers: name =>
      links.some(link => {
        const delegates = link.present.includes(types.NS) && !link.present.includes(types.SOA)
        // What is below a cut or a DNAME, its NSEC does not speak of (RFC 6840 §4.1).
        if (isWithin(name, link.name) && (delegates || link.present.includes(types.DNAME))) return false
        const after = compareNames(link.name, name) < 0
        return (
          after && (link.next === apex || compareNames(name, link.next) < 0) && !isWithin(link.next, name)
        )
      }),
  }
}

function shownByNsec3(records: readonly ResourceRecord[]): Shown {
  const links = records
    .filter(({ type }) => type === types.NSEC3)
    .map(({ name, data }) => {
      const octets = dataOctets(data)
      const next = base32Text(octets.subarray(6, 26))
      return { at: labelsOf(name)[0]!, next, present: bitmapTypes(octets.subarray(26)) }
    })
  return {
    matched: name => links.find(({ at }) => at === base32Text(nsec3Hash(name)))?.present,
    covers(name) {
      const key = base32Text(nsec3Hash(name))
      return links.some(({ at, next }) => (at < next ? at < key && key < next : at < key || key < next))
    },
  }
}

function judge(decision: Decision, expected: Expected, name: Name, type: number, isHashed: boolean): void {
  const proof =
    decision.kind === 'nodata' || decision.kind === 'nxdomain'
      ? (decision.proof ?? [])
      : 'authorities' in decision
        ? (decision.authorities ?? [])
        : []
  const shown = isHashed ? shownByNsec3(proof) : shownByNsec(proof)
  const { encloser, kind, cut } = expected
  const lacks = (at: Name): boolean => {
    const present = shown.matched(at)
    return present !== undefined && !present.includes(type) && !present.includes(types.CNAME)
  }
  let closer = name
  while (encloser !== undefined && parentOf(closer) !== encloser) closer = parentOf(closer)
  const absent = (): boolean => {
    if (!isHashed) return shown.covers(name)
    return (
      shown.covers(closer) &&
      (kind === 'answer' || kind === 'alias' || shown.matched(encloser!) !== undefined)
    )
  }
  if (kind === 'referral') {
    const isSecure = proof.some(one => one.type === types.DS)
    const present = shown.matched(cut!)
    assert.ok(isSecure !== (present?.includes(types.NS) && !present.includes(types.DS)), 'a DS or none')
  } else if (kind === 'nxdomain') assert.ok(absent() && shown.covers(wildcardOf(encloser!)), 'not there')
  else if (encloser !== undefined) {
    assert.ok(absent(), 'a wildcard had to be used')
    if (kind === 'nodata') assert.ok(lacks(wildcardOf(encloser)), 'the wildcard lacks the type')
  } else if (kind === 'nodata') assert.ok(lacks(name), 'the name lacks the type')
}

for (const denial of ['nsec', 'nsec3'] as const) {
  test(`every question has the right answer and, by ${denial}, its proof`, () => {
    const seen = new Map<string, number>()
    fc.assert(
      fc.property(zones, file => {
        fc.pre(zoneVerdict({ ...file, isWhole: true }, apex).errors.length === 0)
        const plan = { ...planByDefault, apex, keys, hasDigest: false, denial }
        const sets = signZone(file.records, plan, 0, seededRandom(1))
        const ladder = createLadder([
          createZone(
            sets.flatMap(set => recordsOf(set, 1)),
            apex,
          ),
        ])
        for (const name of questions) {
          for (const type of [types.A, types.DS, types.TXT]) {
            const expected = oracle(file.records, name, type)
            const decision = ladder({ name, type, class: 1 }, true)
            const kind = expected.kind === 'alias' ? 'answer' : expected.kind
            const what = `${nameText(name)} ${type} of\n${file.records.map(recordText).join('\n')}`
            assert.equal(decision.kind, kind, what)
            assert.deepEqual(ladder({ name, type, class: 1 }, false).kind, kind, what)
            const rung = `${expected.kind}${expected.encloser === undefined ? '' : '*'}`
            seen.set(rung, (seen.get(rung) ?? 0) + 1)
            try {
              judge(decision, expected, name, type, denial === 'nsec3')
            } catch (error) {
              throw new Error(`${what}: ${String(error)}`)
            }
          }
        }
      }),
      { seed: 1, numRuns: 25 },
    )
    for (const rung of [
      'answer',
      'answer*',
      'alias',
      'alias*',
      'referral',
      'nodata',
      'nodata*',
      'nxdomain*',
    ]) {
      assert.ok((seen.get(rung) ?? 0) > 10, `${rung} was met ${seen.get(rung)} times`)
    }
  })
}
