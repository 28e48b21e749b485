import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { seededRandom } from '../../base/random.ts'
import { parseName } from '../wire/name.ts'
import { changedDomains, claimsTo } from './claims.ts'
import { keptText, parseKept } from './remembered.ts'
import { type Claim, type Delegation, securityOf, verdictOf } from './verdict.ts'
import type { Finding } from './walk.ts'
import { createWatch, type Watch, type WatchOptions } from './watch.ts'

const minuteMs = 60_000
const options: Omit<WatchOptions, 'random'> = {
  countMax: 3,
  atOnceMax: 4,
  perMinMax: 60,
  restMinMs: 5 * minuteMs,
  restMaxMs: 60 * minuteMs,
  doubtMs: minuteMs,
  graceMs: 24 * 60 * minuteMs,
}

function claim(name: string, owner: string, site = 'site'): Claim {
  return {
    name,
    owner,
    site,
    token: `${Buffer.from(`${name} ${owner}`).toString('hex')}${'0'.repeat(32)}`.slice(0, 32),
  }
}

function delegatedTo(...claims: readonly Claim[]): Delegation {
  const hosts = claims.map(({ token }) => ({ name: parseName(`ns1.${token}.example.net`), addresses: [] }))
  return { kind: 'delegated', hosts, ttlS: 86_400, ds: [] }
}

const elsewhere: Finding = { ...delegatedTo(), hosts: [{ name: parseName('ns.other.net'), addresses: [] }] }
const silent: Finding = { kind: 'unclear', why: 'no answer' }

function sorted(claims: readonly Claim[]): readonly Claim[] {
  return claims.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.owner < b.owner ? -1 : 1))
}

function watching(claims: readonly Claim[], given: Partial<WatchOptions> = {}): Watch {
  const watch = createWatch({ ...options, random: seededRandom(1), ...given })
  watch.claims(claims.length < 1000 ? sorted(claims) : claims, 0)
  return watch
}

/** Until `now`, every look-up that is due finds what `find` says; how often each domain was looked up. */
function run(
  watch: Watch,
  from: number,
  until: number,
  find: (domain: string) => Finding,
): Map<string, number> {
  const counts = new Map<string, number>()
  for (let now = from; now <= until; now = Math.max(now, watch.wakeAt())) {
    for (const domain of watch.take(now)) {
      counts.set(domain, (counts.get(domain) ?? 0) + 1)
      watch.found(domain, find(domain), now)
    }
    if (watch.wakeAt() > until) break
  }
  return counts
}

const mine = claim('example.com', 'me')
const theirs = claim('example.com', 'they')

describe('verdicts', () => {
  const rows: [what: string, claims: readonly Claim[], finding: Finding, kind: string][] = [
    ['the token of a claim', [mine, theirs], delegatedTo(mine), 'served'],
    [
      'beside a host of elsewhere',
      [mine],
      { ...delegatedTo(mine), hosts: [...delegatedTo(mine).hosts, ...(elsewhere as Delegation).hosts] },
      'served',
    ],
    ['tokens of two', [mine, theirs], delegatedTo(mine, theirs), 'contested'],
    ['a token of nobody', [mine], delegatedTo(theirs), 'elsewhere'],
    ['hosts of elsewhere', [mine], elsewhere, 'elsewhere'],
    ['no delegation', [mine], { kind: 'undelegated' }, 'undelegated'],
    ['silence', [mine], silent, 'unclear'],
  ]
  for (const [what, claims, finding, kind] of rows) {
    test(what, () => assert.equal(verdictOf(claims, finding).kind, kind))
  }

  test('a token that is only a part of a label is none', () => {
    const hosts = [{ name: parseName(`ns-${mine.token}.example.net`), addresses: [] }]
    assert.equal(verdictOf([mine], { ...delegatedTo(mine), hosts }).kind, 'elsewhere')
  })

  test('DS beside DNSKEY: RFC 4509 section 2.3', () => {
    const base64 =
      'AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/2pHm822aJ5iI9BMzNXxeYCmZDRD99WYwYqUSdjMmmAphXdvx' +
      'egXd/M5+X7OrzKBaMbCVdFLUUh6DhweJBjEVv5f2wwjM9XzcnOf+EPbtG9DMBmADjFDc2w/rljwvFw=='
    const key = Buffer.concat([Buffer.from([1, 0, 3, 5]), Buffer.from(base64, 'base64')])
    const digest = 'D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A'
    const ds = Buffer.concat([Buffer.from([60485 >> 8, 60485 & 0xff, 5, 2]), Buffer.from(digest, 'hex')])
    const other = Buffer.from(ds).fill(0, 4)
    const domain = parseName('dskey.example.com')
    const security = [
      securityOf(domain, [ds], [key]),
      securityOf(domain, [other, ds], [key]),
      securityOf(domain, [other], [key]),
      securityOf(domain, [ds], []),
      securityOf(domain, [], [key]),
      securityOf(domain, [], []),
      securityOf(domain, undefined, [key]),
    ]
    assert.deepEqual(security, ['secure', 'secure', 'bogus', 'bogus', 'island', 'unsigned', 'unclear'])
  })
})

describe('lists of claims', () => {
  test('differences, and the claims to one domain', () => {
    const before = sorted([mine, theirs, claim('b.org', 'x'), claim('c.org', 'x')])
    const after = sorted([before[2]!, before[3]!, claim('a.org', 'x'), { ...before[1]!, site: 'other' }])
    assert.deepEqual([...changedDomains(before, after)].sort(), ['a.org', 'b.org', 'c.org'])
    assert.equal(changedDomains(after, after).size, 0)
    assert.deepEqual(
      claimsTo(after, 'example.com').map(({ owner }) => owner),
      ['me', 'they'],
    )
    assert.deepEqual(claimsTo(after, 'd.org'), [])
  })
})

describe('what is kept', () => {
  const kept = (): Watch => {
    const watch = watching([mine])
    assert.deepEqual(watch.take(0), ['example.com'])
    const [change] = watch.found('example.com', delegatedTo(mine), 0)
    assert.equal(change!.after!.claim, mine)
    return watch
  }
  const owner = (watch: Watch): string | undefined => watch.standing('example.com')!.kept?.claim.owner

  test('one finding makes it, and the next is made when the TTL is over', () => {
    const watch = kept()
    assert.ok(watch.wakeAt() > 53 * minuteMs && watch.wakeAt() <= 60 * minuteMs, `${watch.wakeAt()}`)
    assert.deepEqual(watch.take(53 * minuteMs), [])
    assert.deepEqual(watch.take(60 * minuteMs), ['example.com'])
    assert.deepEqual(watch.found('example.com', delegatedTo(mine), 60 * minuteMs), [])
  })

  test('silence changes nothing until the grace is over', () => {
    const watch = kept()
    const counts = run(watch, 0, options.graceMs, () => silent)
    assert.equal(owner(watch), 'me')
    assert.ok(counts.get('example.com')! > 1300) // every minute
    run(watch, options.graceMs, options.graceMs + 5 * minuteMs, () => silent)
    assert.equal(owner(watch), undefined)
  })

  test('a contrary finding counts when it comes twice', () => {
    for (const contrary of [elsewhere, { kind: 'undelegated' } as const]) {
      const watch = kept()
      watch.take(60 * minuteMs)
      assert.deepEqual(watch.found('example.com', contrary, 60 * minuteMs), [])
      assert.equal(owner(watch), 'me')
      assert.deepEqual(watch.take(61 * minuteMs), ['example.com'])
      const [change] = watch.found('example.com', contrary, 61 * minuteMs)
      assert.deepEqual([change?.before?.claim, change?.after], [mine, undefined])
    }
  })

  test('a contrary finding that does not come again was a mistake', () => {
    const watch = kept()
    for (const [at, finding] of [
      [60, elsewhere],
      [61, delegatedTo(mine)],
      [121, elsewhere],
    ] as const) {
      watch.take(at * minuteMs)
      watch.found('example.com', finding, at * minuteMs)
    }
    assert.equal(owner(watch), 'me')
  })

  test('another claimant follows after a second look', () => {
    const watch = kept()
    watch.claims(sorted([mine, theirs]), minuteMs)
    const counts = run(watch, 60 * minuteMs, 63 * minuteMs, () => delegatedTo(theirs))
    assert.equal(owner(watch), 'they')
    assert.equal(counts.get('example.com'), 2)
  })

  test('contested is served by nobody, after a second look', () => {
    const watch = kept()
    watch.claims(sorted([mine, theirs]), minuteMs)
    run(watch, 60 * minuteMs, 63 * minuteMs, () => delegatedTo(mine, theirs))
    assert.equal(owner(watch), undefined)
    assert.equal(watch.standings()[0]?.verdict?.kind, 'contested')
    watch.claims([mine], 64 * minuteMs)
    assert.deepEqual(watch.standings(), [])
    run(watch, 64 * minuteMs, 65 * minuteMs, () => delegatedTo(mine, theirs))
    assert.equal(owner(watch), 'me')
  })

  test('another site at once, a release at once, a claim of strangers not at all', () => {
    const watch = kept()
    const moved = { ...mine, site: 'other' }
    assert.deepEqual(
      watch.claims(sorted([moved, theirs]), 1).map(({ after }) => after?.claim.site),
      ['other'],
    )
    assert.deepEqual(watch.take(1), [])
    assert.deepEqual(
      watch.claims([theirs], 2).map(({ after }) => after),
      [undefined],
    )
    assert.deepEqual(watch.claims([], 3), [])
    assert.equal(watch.standing('example.com'), undefined)
    assert.deepEqual(watch.standings(), [])
  })

  test('a new delegation of the same claim is a change', () => {
    const watch = kept()
    watch.take(60 * minuteMs)
    const ds = [Uint8Array.of(1, 2, 13, 2, 9)]
    const changes = watch.found('example.com', { ...delegatedTo(mine), ds }, 60 * minuteMs)
    assert.deepEqual(
      changes.map(({ after }) => after?.delegation.ds),
      [ds],
    )
  })

  test('no more than there is room for', () => {
    const claims = ['a', 'b', 'c', 'd'].map(label => claim(`${label}.org`, label))
    const watch = watching(claims)
    run(watch, 0, 10 * minuteMs, domain => delegatedTo(claims.find(({ name }) => name === domain)!))
    const standings = watch.standings()
    assert.equal(standings.length, 4)
    assert.equal(standings.filter(({ kept }) => kept !== undefined).length, 3)
  })

  test('what an earlier run kept is served at once, if its claim still stands', () => {
    const gone = claim('gone.org', 'me')
    const watch = watching([mine])
    const kept = [mine, gone].map(one => ({
      claim: one,
      delegation: { ...delegatedTo(one), ds: [Uint8Array.of(1, 2, 13, 2, 9)] },
      clearAt: -5,
    }))
    const remembered = parseKept(JSON.parse(keptText(kept)))!
    assert.deepEqual(
      remembered.map(({ delegation }) => delegation),
      kept.map(({ delegation }) => delegation),
    )
    const changes = watch.restore(remembered, 0)
    assert.deepEqual(
      changes.map(({ domain }) => domain),
      ['example.com'],
    )
    assert.deepEqual(
      run(watch, 0, minuteMs, () => delegatedTo(mine)),
      new Map([['example.com', 1]]),
    )
  })
})

test('what is no text of ours is not remembered', () => {
  const whole = {
    domain: 'a.org',
    owner: 'x',
    clearAt: 1,
    ttlS: 2,
    hosts: [{ name: 'ns.a.org.', addresses: ['192.0.2.1'] }],
  }
  const parse = (changes: object): unknown => parseKept({ version: 1, domains: [{ ...whole, ...changes }] })
  assert.ok(parse({}))
  const wrong = [
    { domain: 1 },
    { hosts: {} },
    { hosts: [1] },
    { hosts: [{ name: '..', addresses: [] }] },
    { ds: ['x'] },
  ]
  for (const changes of wrong) assert.equal(parse(changes), undefined)
  for (const json of [undefined, 1, [], { version: 2, domains: [] }]) assert.equal(parseKept(json), undefined)
})

describe('claims of strangers', () => {
  const none: Finding = { kind: 'undelegated' }

  test('are looked at less and less often', () => {
    const watch = watching([mine])
    const counts = [1, 2, 24].map(
      hours => run(watch, 0, hours * 60 * minuteMs, () => none).get('example.com') ?? 0,
    )
    assert.ok(counts[0]! >= 6 && counts[0]! <= 8, `${counts}`)
    assert.ok(counts[2]! <= 25, `${counts}`)
  })

  test('never more than the bound in a minute', () => {
    const watch = watching(Array.from({ length: 500 }, (_, i) => claim(`a${i}.org`, `${i % 7}`)))
    let looked = 0
    run(watch, 0, 3 * minuteMs, () => {
      looked++
      return none
    })
    assert.ok(looked > 170 && looked <= 185, `${looked}`)
  })

  test('those that keep us waiting do not delay what is kept', () => {
    const watch = watching([mine, ...Array.from({ length: 50 }, (_, i) => claim(`a${i}.org`, `${i}`))])
    let flying = 0
    for (let now = 0; watch.standing('example.com')!.kept === undefined; now += 1000) {
      assert.ok(now < 10 * minuteMs)
      for (const domain of watch.take(now)) {
        if (domain === 'example.com') watch.found(domain, delegatedTo(mine), now)
        else if (++flying > 3) watch.found(domain, none, now)
      }
    }
    assert.ok(watch.take(70 * minuteMs).includes('example.com'))
  })

  /** In order; `mine` comes after them all. */
  const flood = (ownerOf: (i: number) => string): Claim[] =>
    Array.from({ length: 50_000 }, (_, i) => ({ ...mine, name: `a${1e6 + i}.org`, owner: ownerOf(i) }))
  /** How many look-ups are made until `mine` has its turn. */
  const turnOf = (watch: Watch, from: number): number => {
    for (let now = from, looked = 1; looked < 1000; now += 1000) {
      for (const domain of watch.take(now)) {
        watch.found(domain, none, now)
        if (domain === mine.name) return looked
        looked++
      }
    }
    return Number.POSITIVE_INFINITY
  }

  test('of one that came to nothing only that is kept, and of a new one its domain', () => {
    const watch = watching([mine, theirs])
    const blank = watch.standing('example.com')!
    assert.notEqual(blank, watch.standing('example.com'))
    assert.deepEqual(watch.take(0), ['example.com'])
    watch.found('example.com', elsewhere, 0)
    const { verdict, found, checkedAt } = watch.standing('example.com')!
    assert.deepEqual([verdict, found, checkedAt], [undefined, 'elsewhere', 0])
    watch.claims([mine], 1)
    assert.equal(watch.standing('example.com')!.found, undefined, 'it has its turn anew')
    assert.deepEqual([watch.take(2000), watch.standings()], [['example.com'], []])
  })

  test('50,000 of one owner: the claim of another is next', () => {
    assert.ok(turnOf(watching([...flood(() => 'flood'), mine]), 0) <= 3)
  })

  test('50,000 of as many owners: a claim that somebody asks for is next, and so is a later one', () => {
    const claims = flood(i => `${i}`)
    const watch = watching([mine])
    watch.claims([...claims, mine], 0)
    run(watch, 0, minuteMs, () => none)
    watch.asked('www.example.com', minuteMs)
    assert.ok(turnOf(watch, minuteMs) <= 3)
    watch.claims([...claims, { ...mine }], 2 * minuteMs)
    assert.ok(turnOf(watch, 2 * minuteMs) <= 3)
  })

  test('what is asked for is looked up once in a while only', () => {
    const watch = watching([mine])
    watch.take(0)
    watch.found('example.com', none, 0)
    watch.asked('a.b.example.com', 9000)
    assert.deepEqual(watch.take(9000), [])
    watch.asked('a.b.example.com', 10_000)
    assert.deepEqual(watch.take(10_000), ['example.com'])
    watch.asked('example.com', 10_000)
    assert.deepEqual(watch.take(10_000), [])
    watch.found('example.com', none, 10_000)
    watch.asked('com', 20_000)
    watch.asked('', 20_000)
  })
})
