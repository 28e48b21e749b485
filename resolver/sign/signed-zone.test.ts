// A zone with everything that signers stumble over, judged by ourselves and, when they are installed, by BIND,
// NLnet Labs and CZ.NIC.

import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { toHex, utf8 } from '../../base/bytes.ts'
import { isFault } from '../../base/fault.ts'
import { seededRandom } from '../../base/random.ts'
import { types } from '../wire/code.ts'
import { foldCase, nameText, parseName } from '../wire/name.ts'
import { dataOctets } from '../wire/rdata.ts'
import type { ResourceRecord } from '../wire/record.ts'
import type { Rrset } from '../zone/rrset.ts'
import { dataOf, nameBytes } from './canonical.ts'
import { type Algorithm, algorithms, dsBytes, signingKey } from './key.ts'
import { firstKey, type KeyState, type Role, usesOf } from './rollover.ts'
import { readSignature, recordsOf } from './rrsig.ts'
import { type KeyUse, planByDefault, type SigningPlan, signZone } from './signed-zone.ts'
import { freshnessOf, judgeZone } from './verdict.ts'

const apex = parseName('example.com')
/** Witnesses judge by the real clock. */
const nowS = Math.floor(Date.now() / 1000)
const day = 86_400

function record(name: string, type: number, octets: Iterable<number>, ttlS = 3600): ResourceRecord {
  const owner = parseName(name === '@' ? 'example.com' : `${name}.example.com`)
  return { name: owner, type, class: 1, ttlS, data: dataOf(type, Uint8Array.from(octets)) }
}

const host = (name: string): Uint8Array => nameBytes(parseName(`${name}.example.com`))
const u32 = (n: number): number[] => [n >>> 24, (n >> 16) & 255, (n >> 8) & 255, n & 255]
const text = (word: string): number[] => [word.length, ...utf8(word)]
const below = signingKey(parseName('safe.example.com'), true, 15, new Uint8Array(32).fill(9))

const zone: ResourceRecord[] = [
  record('@', types.SOA, [...host('ns1'), ...host('admin'), ...[2026, 3600, 600, 604_800, 300].flatMap(u32)]),
  record('@', types.NS, host('ns1')),
  record('@', types.NS, host('NS2')),
  record('@', types.MX, [0, 10, ...host('Mail')]),
  record('@', types.TXT, text('v=spf1 -all')),
  record('ns1', types.A, [192, 0, 2, 1]),
  record('ns2', types.AAAA, [32, 1, 13, 184, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]),
  record('Mail', types.A, [192, 0, 2, 3]),
  record('mail', types.A, [192, 0, 2, 2]),
  record('*.wild', types.TXT, text('anything')),
  record('deep.under.empty', types.A, [192, 0, 2, 4]),
  record('alias', types.CNAME, host('mail')),
  record('gone', 39, host('mail')),
  record('plain', types.NS, host('ns.plain')),
  record('ns.plain', types.A, [192, 0, 2, 5]),
  record('safe', types.NS, host('ns.safe')),
  record('safe', types.DS, dsBytes(below, 2)),
  record('ns.safe', types.A, [192, 0, 2, 6]),
  record('_sip._tcp', types.SRV, [0, 1, 0, 2, 0x13, 0xc4, ...host('Mail')]),
  record('odd', 65_280, [1, 2, 3]),
  record('a\\000b\\.c', types.A, [192, 0, 2, 7]),
]

function keysOf(algorithm: Algorithm, roles: readonly Role[]): KeyUse[] {
  const states: KeyState[] = []
  const keys = roles.map((role, i) => {
    const key = signingKey(apex, role !== 'zsk', algorithm, new Uint8Array(32).fill(20 + i))
    states.push(firstKey(key.tag, role, nowS))
    return key
  })
  return keys.map((key, i) => ({ key, ...usesOf(states[i]!, states) }))
}

function planOf(more: Partial<SigningPlan> = {}): SigningPlan {
  return { ...planByDefault, apex, keys: keysOf(algorithms.ECDSAP256SHA256, ['csk']), ...more }
}

const signed = (plan: SigningPlan): Rrset[] => signZone(zone, plan, nowS, seededRandom(1))
const flat = (sets: readonly Rrset[]): ResourceRecord[] => sets.flatMap(set => recordsOf(set, 1))

/** Every type as RFC 3597 writes what it does not know. */
function fileText(records: readonly ResourceRecord[]): string {
  const line = ({ name, type, ttlS, data }: ResourceRecord): string => {
    const octets = dataOctets(data)
    return `${nameText(name)} ${ttlS} IN TYPE${type} \\# ${octets.length} ${toHex(octets)}`
  }
  return `${records.map(line).join('\n')}\n`
}

const plans: [name: string, plan: SigningPlan][] = [
  ['NSEC, one P-256 key', planOf()],
  ['NSEC3, one P-256 key', planOf({ denial: 'nsec3' })],
  ['NSEC, KSK and ZSK, Ed25519', planOf({ keys: keysOf(algorithms.ED25519, ['ksk', 'zsk']) })],
  [
    'NSEC3, KSK and ZSK, Ed25519',
    planOf({ denial: 'nsec3', keys: keysOf(algorithms.ED25519, ['ksk', 'zsk']) }),
  ],
]

describe('signed zone', () => {
  for (const [name, plan] of plans) {
    test(`${name}: nothing is found`, () => {
      const sets = signed(plan)
      const verdict = judgeZone(flat(sets), apex, nowS)
      assert.deepEqual(verdict.findings, [])
      assert.equal(verdict.freshness, 'fresh')
      assert(verdict.endsAtS > nowS + 13 * day && verdict.endsAtS <= nowS + 14 * day)
      assert.equal(sets[0]!.type, types.SOA)
    })
  }

  test('delegations and glue are not signed, their DS is', () => {
    for (const set of signed(planOf())) {
      const owner = nameText(foldCase(set.name))
      const isSigned =
        !/^ns[.](plain|safe)[.]/.test(owner) && !(set.type === types.NS && owner !== 'example.com.')
      assert.equal(set.signatures.length, isSigned ? 1 : 0, `${owner} ${set.type}`)
    }
  })

  test('ends differ, and lie within the jitter', () => {
    const ends = signed(planOf()).flatMap(set =>
      set.signatures.map(data => readSignature(data).expirationAtS),
    )
    assert(new Set(ends).size > ends.length / 2)
    for (const end of ends) assert(end > nowS + 13 * day && end <= nowS + 14 * day)
  })

  test('signing again takes away what was signed before', () => {
    const first = flat(signed(planOf({ denial: 'nsec3' })))
    const again = signZone(
      first,
      planOf({ keys: keysOf(algorithms.ED25519, ['csk']) }),
      nowS,
      seededRandom(2),
    )
    assert.deepEqual(judgeZone(flat(again), apex, nowS).findings, [])
    const types = new Set(again.map(({ type }) => type))
    assert(!types.has(50) && !types.has(51))
  })

  test('what is changed afterwards is found', () => {
    const good = flat(signed(planOf()))
    const without = (cut: (record: ResourceRecord) => boolean): ResourceRecord[] =>
      good.filter(one => !cut(one))
    const changes: [RegExp, ResourceRecord[]][] = [
      [
        /wrong/,
        good.map(one => (one.type === types.MX ? record('@', types.MX, [0, 5, ...host('mail')]) : one)),
      ],
      [/not signed/, without(one => one.type === types.RRSIG && nameText(one.name) === 'alias.example.com.')],
      [
        /missing in the denial/,
        without(one => one.type === types.NSEC && nameText(one.name) === 'alias.example.com.'),
      ],
      [/does not say/, without(one => one.type === types.AAAA)],
      [/ZONEMD/, without(one => nameText(one.name) === 'ns.plain.example.com.')],
      [/not in the DNSKEY/, without(one => one.type === types.DNSKEY)],
    ]
    for (const [finding, records] of changes)
      assert.match(judgeZone(records, apex, nowS).findings.join('\n'), finding)
    assert.match(judgeZone(good, apex, nowS + 20 * day).findings[0]!, /ended/)
    assert.match(judgeZone(good, apex, nowS - day).findings[0]!, /future/)
  })

  test('freshness: a warning with a third left, an alarm with a tenth', () => {
    const rows: [number, string][] = [
      [0, 'fresh'],
      [66, 'fresh'],
      [67, 'warning'],
      [89, 'warning'],
      [90, 'alarm'],
      [99, 'alarm'],
      [100, 'expired'],
      [1e9, 'expired'],
    ]
    for (const [at, freshness] of rows) assert.equal(freshnessOf(0, 100, at), freshness, `${at}`)
    const records = flat(signed(planOf()))
    const later = [0, 11, 13, 14].map(days => judgeZone(records, apex, nowS + days * day).freshness)
    assert.deepEqual(later, ['fresh', 'warning', 'alarm', 'expired'])
    assert.equal(judgeZone(zone, apex, nowS).isSigned, false)
  })

  test('keys of another zone, no SOA, names of elsewhere', () => {
    const refused = (records: ResourceRecord[], plan: SigningPlan): void =>
      assert.throws(
        () => signZone(records, plan, nowS, seededRandom(1)),
        error => isFault(error, 'config/invalid'),
      )
    const uses = { isPublished: true, signsKeys: true, signsZone: true, isWanted: true }
    refused(zone, planOf({ keys: [{ key: below, ...uses }] }))
    refused(zone.slice(1), planOf())
    refused([...zone, { ...zone[5]!, name: parseName('www.example.org') }], planOf())
    refused(zone, planOf({ keys: keysOf(algorithms.ED25519, ['zsk']) }))
  })
})

describe('outside witnesses', () => {
  const folder = mkdtempSync(join(tmpdir(), 'inxt-signed-'))
  after(() => rmSync(folder, { recursive: true }))
  const witnesses: [program: string, run: (file: string, plan: SigningPlan) => string[]][] = [
    // Without `-z` BIND wants a key of each kind.
    ['dnssec-verify', (file, plan) => [plan.keys.length === 1 ? '-z' : '-x', '-o', 'example.com', file]],
    ['ldns-verify-zone', file => ['-ZZ', file]],
    ['kzonecheck', file => ['-o', 'example.com', '--dnssec', 'on', file]],
  ]
  for (const [program, argumentsFor] of witnesses) {
    const isMissing = spawnSync(program, ['-h']).error !== undefined
    const skip = isMissing && `${program} is not installed (apt: bind9-utils, ldnsutils, knot-dnssecutils)`
    test(`${program} takes what is good and refuses what is not`, { skip }, () => {
      for (const [i, [name, plan]] of plans.entries()) {
        const records = flat(signed(plan))
        const file = join(folder, `${program}-${i}`)
        writeFileSync(file, fileText(records))
        execFileSync(program, argumentsFor(file, plan), { stdio: 'pipe' })
        writeFileSync(file, fileText(records.filter(one => one.type !== types.CNAME)))
        assert.notEqual(spawnSync(program, argumentsFor(file, plan)).status, 0, name)
      }
    })
  }
})
