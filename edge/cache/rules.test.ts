import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Field } from '../message.ts'
import { controlOf } from './control.ts'
import { ageMs, freshForMs, freshnessOf } from './freshness.ts'
import { invalidated } from './invalidation.ts'
import { mayReplaceError, useOf } from './reuse.ts'
import { storable } from './storable.ts'
import { conditionsFor, freshened, rangeApplies, unmodified } from './validation.ts'
import { fits, variantOf, varyNames } from './vary.ts'

const now = Date.UTC(2026, 10, 22, 12, 0, 0)
const httpDate = (offsetS: number): string => new Date(now + offsetS * 1000).toUTCString()
const heuristic = { share: 0.1, lifetimeMaxMs: 86_400_000 }
const fresh = (fields: readonly Field[], status = 200, requestedAt = now) =>
  freshnessOf({ status, fields }, { requestedAt, receivedAt: now }, heuristic)
const cc = (value: string): Field[] => [['Cache-Control', value]]

describe('fields for CDNs (RFC 9213)', () => {
  const lifetimeS = (fields: readonly Field[]): number => fresh(fields).lifetimeMs / 1000
  const cdn = (value: string, ...more: Field[]): Field[] => [['CDN-Cache-Control', value], ...more]
  test('go before Cache-Control and Expires', () => {
    assert.equal(lifetimeS(cdn('max-age=3600', ['Cache-Control', 'max-age=1'])), 3600)
    assert.equal(lifetimeS(cdn('max-age=1', ['Cache-Control', 'max-age=3600'])), 1)
    assert.equal(lifetimeS(cdn('max-age=60', ['Expires', '0'], ['Date', httpDate(0)])), 60)
    assert.equal(lifetimeS(cdn('max-age=0', ['Expires', httpDate(1000)], ['Date', httpDate(0)])), 0)
    assert.equal(lifetimeS(cdn('foobar, max-age=99999999999')), 2 ** 31)
    assert.ok(!controlOf(cdn('max-age=1', ['Cache-Control', 'no-store'])).directives.has('no-store'))
    for (const name of ['private', 'no-cache', 'no-store'])
      assert.ok(controlOf(cdn(name, ...cc('max-age=10'))).directives.has(name))
  })
  test('are ignored when invalid or empty', () => {
    for (const value of ['max-age=10000, &&&&&', '', 'MaX-aGe=3600', 'max-age =100', 'max-age= 100'])
      assert.ok(controlOf(cdn(value, ['Cache-Control', 'no-store'])).directives.has('no-store'), value)
  })
  test('take nothing but an integer for seconds, and false for nothing', () => {
    for (const value of ['max-age="60"', 'max-age=60.5', 'max-age=?1', 'max-age=-60'])
      assert.equal(lifetimeS(cdn(value)), 0, value)
    assert.ok(!controlOf(cdn('no-store=?0, max-age=5')).directives.has('no-store'))
  })
})

describe('freshness and age (RFC 9111 §4.2)', () => {
  const rows: [what: string, fields: Field[], lifetimeS: number, ageS: number][] = [
    ['s-maxage before max-age', cc('max-age=1, s-maxage=60'), 60, 0],
    ['max-age before Expires', [...cc('max-age=60'), ['Expires', httpDate(5)]], 60, 0],
    [
      'Expires from Date',
      [
        ['Expires', httpDate(30)],
        ['Date', httpDate(-10)],
      ],
      40,
      10,
    ],
    [
      'Expires without a valid Date',
      [
        ['Expires', httpDate(10)],
        ['Date', 'foo'],
      ],
      10,
      0,
    ],
    [
      'Expires that is no date',
      [
        ['Expires', '0'],
        ['Last-Modified', httpDate(-86_400)],
      ],
      0,
      0,
    ],
    [
      'Expires twice',
      [
        ['Expires', httpDate(10)],
        ['Expires', httpDate(10)],
      ],
      0,
      0,
    ],
    ['nothing said, never changed', [], 0, 0],
    ['a tenth of the time since the last change', [['Last-Modified', httpDate(-1000)]], 100, 0],
    ['at most a day of it', [['Last-Modified', httpDate(-86_400_000)]], 86_400, 0],
    ['a clock before ours', [...cc('max-age=60'), ['Date', httpDate(20)]], 60, 0],
    [
      'Age and what a clock says, whichever is more',
      [...cc('max-age=60'), ['Date', httpDate(-5)], ['Age', '30']],
      60,
      30,
    ],
    ['the first of two Ages', [...cc('max-age=60'), ['Age', '7200, 0']], 60, 7200],
    ['an Age that is none', [...cc('max-age=60'), ['Age', '7200;a=b']], 60, 0],
  ]
  for (const [what, fields, lifetimeS, ageS] of rows) {
    test(what, () => {
      const freshness = fresh(fields)
      assert.deepEqual([freshness.lifetimeMs / 1000, ageMs(freshness, now) / 1000], [lifetimeS, ageS])
    })
  }
  test('the time under way counts, and so does the time here', () => {
    const freshness = fresh([...cc('max-age=60'), ['Age', '10']], 200, now - 4000)
    assert.equal(ageMs(freshness, now + 5000), 19_000)
    assert.equal(freshForMs(freshness, now + 5000), 41_000)
  })
  test('only statuses that allow it are guessed at, or what is public', () => {
    const changed: Field[] = [['Last-Modified', httpDate(-1000)]]
    for (const status of [201, 302, 403, 502, 599]) assert.equal(fresh(changed, status).lifetimeMs, 0)
    for (const status of [203, 204, 301, 404, 410, 501])
      assert.equal(fresh(changed, status).lifetimeMs, 100_000)
    assert.equal(fresh([...changed, ...cc('public')], 599).lifetimeMs, 100_000)
  })
})

describe('what may be stored (RFC 9111 §3)', () => {
  const etag: Field = ['ETag', '"a"']
  const may = (
    fields: readonly Field[],
    status = 200,
    request: readonly Field[] = [],
    method = 'GET',
  ): boolean =>
    storable({
      request: { method, fields: request },
      response: { status, fields },
      freshness: fresh(fields, status),
    })
  const rows: [what: string, wanted: boolean, is: boolean][] = [
    ['what is fresh', true, may(cc('max-age=60'))],
    ['what can be revalidated', true, may([etag])],
    ['neither', false, may([])],
    ['stale and without validator', false, may(cc('max-age=0'))],
    ['stale, but allowed to be served so', true, may(cc('max-age=0, stale-while-revalidate=60'))],
    ['no-store', false, may(cc('no-store, max-age=60'))],
    ['private', false, may(cc('private, max-age=60'))],
    ['private for some fields', false, may(cc('private="set-cookie", max-age=60'))],
    ['no-cache with a validator', true, may([etag, ...cc('no-cache')])],
    ['no-cache without', false, may(cc('no-cache, max-age=60'))],
    ['no-store in the request', false, may(cc('max-age=60'), 200, cc('no-store'))],
    ['POST', false, may(cc('max-age=60'), 200, [], 'POST')],
    ['a part', false, may(cc('max-age=60'), 206)],
    ['304', false, may(cc('max-age=60'), 304)],
    ['an unknown status that says how long', true, may(cc('max-age=60'), 599)],
    ['an unknown status that must be understood', false, may(cc('max-age=60, must-understand'), 599)],
    [
      'a known one that must be, for all its no-store',
      true,
      may(cc('max-age=60, must-understand, no-store')),
    ],
    ['Vary: *', false, may([...cc('max-age=60'), ['Vary', 'Foo, *']])],
    ['with Authorization', false, may(cc('max-age=60'), 200, [['Authorization', 'x']])],
    ['with Authorization and public', true, may(cc('max-age=60, public'), 200, [['Authorization', 'x']])],
    [
      'with Authorization and must-revalidate',
      true,
      may(cc('max-age=60, must-revalidate'), 200, [['Authorization', 'x']]),
    ],
    ['with Authorization and s-maxage', true, may(cc('s-maxage=60'), 200, [['Authorization', 'x']])],
    ['a cookie with a lifetime', true, may([...cc('max-age=60'), ['Set-Cookie', 'a=b']])],
    ['a cookie without a word', false, may([etag, ['Set-Cookie', 'a=b']])],
  ]
  for (const [what, wanted, is] of rows)
    test(`${what}: ${wanted ? 'yes' : 'no'}`, () => assert.equal(is, wanted))
})

describe('stored answers and requests (RFC 9111 §4.2.4, §5.2.1, RFC 5861)', () => {
  const use = (control: string, ageS: number, asked: readonly Field[] = []): string =>
    useOf(fresh(cc(control)), asked, now + ageS * 1000)
  const rows: [control: string, ageS: number, asked: string | undefined, wanted: string][] = [
    ['max-age=60', 59, undefined, 'fresh'],
    ['max-age=60', 60, undefined, 'validate'],
    ['max-age=60, no-cache', 0, undefined, 'validate'],
    ['max-age=60', 10, 'no-cache', 'validate'],
    ['max-age=60', 10, 'max-age=10', 'fresh'],
    ['max-age=60', 11, 'max-age=10', 'validate'],
    ['max-age=60', 10, 'max-age=soon', 'fresh'],
    ['max-age=60', 10, 'min-fresh=49', 'fresh'],
    ['max-age=60', 10, 'min-fresh=50', 'validate'],
    ['max-age=60', 100, 'max-stale', 'fresh'],
    ['max-age=60', 100, 'max-stale=40', 'fresh'],
    ['max-age=60', 101, 'max-stale=40', 'validate'],
    ['max-age=60, must-revalidate', 61, 'max-stale', 'validate'],
    ['max-age=60, proxy-revalidate', 61, 'max-stale', 'validate'],
    ['s-maxage=60', 61, 'max-stale', 'validate'],
    ['max-age=60, stale-while-revalidate=30', 89, undefined, 'stale'],
    ['max-age=60, stale-while-revalidate=30', 90, undefined, 'validate'],
    ['s-maxage=60, stale-while-revalidate=30', 61, undefined, 'stale'],
    ['max-age=60, stale-while-revalidate=30, must-revalidate', 61, undefined, 'validate'],
    ['max-age=60, stale-while-revalidate=30', 61, 'min-fresh=0', 'validate'],
  ]
  for (const [control, ageS, asked, wanted] of rows)
    test(`${control} after ${ageS} s, asked ${asked}: ${wanted}`, () =>
      assert.equal(use(control, ageS, asked === undefined ? [] : cc(asked)), wanted))
  test('Pragma is heard where there is no Cache-Control (§5.4)', () => {
    assert.equal(use('max-age=60', 1, [['Pragma', 'no-cache']]), 'validate')
    assert.equal(use('max-age=60', 1, [['Pragma', 'no-cache'], ...cc('x')]), 'fresh')
  })
  test('a copy stands in for an error unless that is forbidden', () => {
    const may = (control: string, ageS: number): boolean =>
      mayReplaceError(fresh(cc(control)), 100_000, now + ageS * 1000)
    assert.ok(may('max-age=60', 159))
    assert.ok(!may('max-age=60', 160))
    assert.ok(!may('max-age=60, stale-if-error=10', 71))
    assert.ok(may('max-age=60, stale-if-error=1000', 1059))
    for (const word of ['must-revalidate', 'proxy-revalidate', 'no-cache', 's-maxage=60'])
      assert.ok(!may(`max-age=60, ${word}`, 61), word)
    assert.ok(may('s-maxage=60, stale-if-error=10', 61))
  })
})

describe('variants (RFC 9111 §4.1)', () => {
  const same: [name: string, string, string][] = [
    ['foo', '1, 2', '1,2'],
    ['foo', ' 1 ,  2 ,', '1,2'],
    ['foo', '"a, b",c', '"a, b", c'],
    ['accept-language', 'en, de', 'de, EN'],
    ['accept-language', 'en;q=1.0, de ; q=0.50', 'en,de;q=0.5'],
    ['accept-encoding', 'gzip, br', 'br,gzip;q=1'],
  ]
  for (const [name, a, b] of same)
    test(`${name}: ${a} = ${b}`, () =>
      assert.equal(variantOf([name], [[name, a]]), variantOf([name], [[name, b]])))
  const other: [name: string, string, string][] = [
    ['foo', '1', '2'],
    ['foo', '1, 2', '2, 1'],
    ['foo', '"a,b"', 'a,b'],
    ['foo', 'A', 'a'],
    ['accept-language', 'en, de;q=0.5', 'en, de'],
  ]
  for (const [name, a, b] of other)
    test(`${name}: ${a} ≠ ${b}`, () =>
      assert.notEqual(variantOf([name], [[name, a]]), variantOf([name], [[name, b]])))
  test('a field that is not there differs from an empty one', () => {
    assert.notEqual(variantOf(['foo'], []), variantOf(['foo'], [['Foo', '']]))
  })
  test('lines are one list, names of Vary are any case', () => {
    assert.deepEqual(
      varyNames([
        ['Vary', 'Foo, bar'],
        ['vary', ',foo'],
      ]),
      ['bar', 'foo'],
    )
    assert.equal(
      variantOf(
        ['foo'],
        [
          ['Foo', '1'],
          ['foo', '2'],
        ],
      ),
      variantOf(['foo'], [['Foo', '1, 2']]),
    )
    for (const value of ['*', 'Foo, *', ', *']) assert.equal(varyNames([['Vary', value]]), '*')
  })
  test('an answer in the language wanted most fits, if everything else does', () => {
    const names = ['accept-encoding', 'accept-language']
    const german: Field[] = [['Content-Language', 'de']]
    const made: Field[] = [['Accept-Language', 'en, de']]
    const asks = (...request: Field[]): boolean => fits(german, variantOf(names, made), names, request)
    assert.ok(asks(['Accept-Language', 'fr;q=0.5, DE']))
    assert.ok(!asks(['Accept-Language', 'fr, de']))
    assert.ok(!asks(['Accept-Language', 'de'], ['Accept-Encoding', 'br']))
    assert.ok(!fits([], variantOf(names, made), names, [['Accept-Language', 'de']]))
  })
})

describe('validation (RFC 9111 §4.3, RFC 9110 §13)', () => {
  const stored: Field[] = [
    ['ETag', 'W/"a"'],
    ['Last-Modified', httpDate(-3000)],
    ['Date', httpDate(0)],
  ]
  const rows: [string, string, boolean][] = [
    ['If-None-Match', 'W/"a"', true],
    ['If-None-Match', '"x", "a"', true],
    ['If-None-Match', '"b"', false],
    ['If-None-Match', '*', true],
    ['If-None-Match', 'a', false],
    ['If-Modified-Since', httpDate(-3000), true],
    ['If-Modified-Since', httpDate(-2000), true],
    ['If-Modified-Since', httpDate(-3001), false],
    ['If-Modified-Since', 'yesterday', false],
  ]
  for (const [name, value, wanted] of rows)
    test(`${name}: ${value} → ${wanted ? 304 : 200}`, () =>
      assert.equal(unmodified([[name, value]], { status: 200, fields: stored }, now), wanted))
  test('tags go before dates, and an error is never unmodified', () => {
    const both: Field[] = [
      ['If-None-Match', '"b"'],
      ['If-Modified-Since', httpDate(0)],
    ]
    assert.ok(!unmodified(both, { status: 200, fields: stored }, now))
    assert.ok(!unmodified([['If-None-Match', '*']], { status: 404, fields: stored }, now))
  })
  test('without Last-Modified the date of the answer counts', () => {
    const dated: Field[] = [['Date', httpDate(0)]]
    assert.ok(unmodified([['If-Modified-Since', httpDate(0)]], { status: 200, fields: dated }, now))
    assert.ok(!unmodified([['If-Modified-Since', httpDate(-1)]], { status: 200, fields: dated }, now))
  })
  test('If-Range takes a strong tag or an exact date that is old enough to be one', () => {
    const strong: Field[] = [
      ['ETag', '"a"'],
      ['Last-Modified', httpDate(-3000)],
      ['Date', httpDate(0)],
    ]
    const applies = (value: string, fields = strong): boolean =>
      rangeApplies([['If-Range', value]], fields, now)
    assert.ok(applies('"a"') && applies(httpDate(-3000)))
    assert.ok(!applies('"b"') && !applies('W/"a"', stored) && !applies('"a"', stored))
    assert.ok(
      !applies(httpDate(-2999)) &&
        !applies(httpDate(0), [
          ['Last-Modified', httpDate(0)],
          ['Date', httpDate(0)],
        ]),
    )
    assert.ok(rangeApplies([], strong, now))
  })
  test('our condition carries all validators, or there is none', () => {
    assert.deepEqual(conditionsFor(stored), [
      ['If-None-Match', 'W/"a"'],
      ['If-Modified-Since', httpDate(-3000)],
    ])
    assert.equal(conditionsFor([['Date', httpDate(0)]]), undefined)
  })
  test('a 304 brings new fields, but no other description of the bytes (§3.2)', () => {
    const old: Field[] = [
      ['A', '1'],
      ['A', '2'],
      ['Age', '5'],
      ['Content-Encoding', 'br'],
      ['Keep', 'k'],
      ['ETag', '"a"'],
    ]
    const update: Field[] = [
      ['a', '3'],
      ['Content-Encoding', 'gzip'],
      ['Content-Length', '9'],
      ['ETag', '"b"'],
      ['New', 'n'],
    ]
    const wanted = [
      ['Content-Encoding', 'br'],
      ['Keep', 'k'],
      ['ETag', '"a"'],
      ['a', '3'],
      ['New', 'n'],
    ]
    assert.deepEqual(freshened(old, update), wanted)
  })
})

describe('invalidation (RFC 9111 §4.4)', () => {
  const origins = ['http://a.example:81', 'https://origin.example']
  const places = (status: number, ...fields: Field[]): string[] =>
    invalidated(origins, '/x/y?q', { status, fields })
  test('the address, and those of its origin that the answer names', () => {
    assert.deepEqual(places(201, ['Location', '../z?r#f'], ['Content-Location', 'http://a.example:81/w']), [
      ...['/x/y?q', '/z?r', '/w'],
    ])
    assert.deepEqual(places(201, ['Location', 'https://origin.example/v']), ['/x/y?q', '/v'])
    assert.deepEqual(places(303, ['Location', 'http://b.example/'], ['Location', 'http://[']), ['/x/y?q'])
  })
  test('nothing when the origin refused', () => {
    for (const status of [400, 404, 500]) assert.deepEqual(places(status, ['Location', '/z']), [])
  })
})
