import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Claim, Delegation, Verdict } from '../../resolver/delegation/verdict.ts'
import type { Standing } from '../../resolver/delegation/watch.ts'
import { parseName } from '../../resolver/wire/name.ts'
import { problemOf, type Surroundings } from './domain-problem.ts'

const claim: Claim = { name: 'shop.test', owner: '0xme', site: '0x1', token: 'a'.repeat(32) }
const delegation = (host: string, ...addresses: string[]): Delegation => {
  return { kind: 'delegated', hosts: [{ name: parseName(host), addresses }], ttlS: 60, ds: [] }
}
const good = delegation('ns1.shop.test', '192.0.2.1')
const served: Verdict = { kind: 'served', claim, delegation: good }
const unclear: Verdict = { kind: 'unclear', why: 'no answer' }
const contested: Verdict = {
  kind: 'contested',
  claims: [claim, { ...claim, owner: '0xthey' }],
  delegation: good,
}
const well: Surroundings = { label: 'shop', security: 'secure', live: new Set(['192.0.2.1']) }

type Row = readonly [
  what: string,
  verdict: Verdict,
  kept: Delegation | undefined,
  Partial<Surroundings>,
  RegExp | undefined,
]
const rows: readonly Row[] = [
  ['all is well', served, good, {}, undefined],
  ['unsigned is well', served, good, { security: 'unsigned' }, undefined],
  ['hosts of elsewhere are not ours to judge', served, delegation('ns1.a.net'), {}, undefined],
  ['silence', unclear, good, {}, /no answer; it is served as before/],
  [
    'a contradiction',
    { kind: 'undelegated' },
    good,
    {},
    /no name servers at its parent; it is served as before/,
  ],
  [
    'moved away',
    { kind: 'elsewhere', delegation: delegation('ns.b.net') },
    good,
    {},
    /nobody who claims it \(ns\.b\.net\.\)/,
  ],
  ['contested', contested, undefined, {}, /0xme and 0xthey: leave those of one/],
  ['no room', served, undefined, {}, /domains\.countMax/],
  ['no such site', served, good, { label: undefined }, /nobody has registered/],
  ['bogus', served, good, { security: 'bogus' }, /take the DS away/],
  ['an island', served, good, { security: 'island' }, /inxt zone keys/],
  ['no glue', served, delegation('ns1.shop.test'), {}, /ns1\.shop\.test\. has no address at the parent/],
  [
    'a dead edge',
    served,
    delegation('ns1.shop.test', '192.0.2.9'),
    {},
    /no address of an edge that serves now \(192\.0\.2\.9\)/,
  ],
]
for (const [what, verdict, kept, surroundings, expected] of rows) {
  test(what, () => {
    const standing: Standing = {
      ...{ domain: 'shop.test', verdict, found: verdict.kind, checkedAt: 0 },
      kept: kept && { claim, delegation: kept, clearAt: 0 },
    }
    const problem = problemOf(standing, { ...well, ...surroundings })
    if (expected === undefined) assert.equal(problem, undefined)
    else assert.match(problem!, expected)
  })
}
