import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Refusal } from '../../resolver/sign/publication.ts'
import type { ZoneStatus } from './owner-zones.ts'
import { zoneProblem } from './zone-problem.ts'

const well: ZoneStatus = {
  ...{ zone: 'site.inxt.', label: 'site', serial: 7, records: 4 },
  ...{ endsAt: Date.UTC(2026, 0, 2), freshness: 'fresh', refused: undefined },
}
const refused = (refusal: Refusal): Partial<ZoneStatus> => ({ refused: { root: 'bafy', refusal, why: 'so' } })

const rows: [what: string, status: Partial<ZoneStatus>, problem: RegExp | undefined][] = [
  ['all is well', {}, undefined],
  ['nothing is signed', { endsAt: undefined }, undefined],
  ['nothing was tried yet', { serial: undefined, zone: undefined }, undefined],
  ['old', { freshness: 'warning' }, /end 2026-01-02T00:00.*zone keep` for site/],
  ['very old', { freshness: 'alarm' }, /very soon/],
  ['too old', { freshness: 'expired' }, /ended 2026-01-02.*resolvers refuse it/],
  ['a wrong clock', { freshness: 'early' }, /compare the clocks/],
  ['missing', refused('missing'), /\(missing: so\), serial 7 is served as before: publish it again/],
  ['nothing to fall back on', { ...refused('missing'), serial: undefined }, /no zone is served/],
  ['broken', refused('broken'), /inxt zone check/],
  ['expired before it came', refused('expired'), /zone keep/],
  ['from the future', refused('early'), /clocks/],
  ['older', refused('older'), /later serial/],
  ['of another', refused('foreign'), /claim that domain for site/],
  ['too slow', refused('too slow'), /fewer records/],
  ['too large', refused('too large'), /zones\.bytesMax/],
  ['refused and old: the refusal is told', { ...refused('older'), freshness: 'alarm' }, /refused \(older/],
]
for (const [what, status, problem] of rows) {
  test(what, () => {
    const found = zoneProblem({ ...well, ...status })
    if (problem === undefined) assert.equal(found, undefined)
    else assert.match(found!, problem)
  })
}
