import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { deltaSeconds, parseDirectives, secondsOf } from './directives.ts'
import { parseHttpDate } from './http-date.ts'
import { parseDictionary } from './structured.ts'

const now = Date.UTC(2026, 10, 22, 12, 0, 0)

describe('directives of Cache-Control (RFC 9111 §5.2)', () => {
  const rows: [string, Record<string, string | undefined>][] = [
    ['max-age=3600', { 'max-age': '3600' }],
    ['MaX-aGe=3600, No-Store', { 'max-age': '3600', 'no-store': undefined }],
    ['max-age="3600"', { 'max-age': '3600' }],
    [
      'extension="max-age=3600, no-store", max-age=1',
      { extension: 'max-age=3600, no-store', 'max-age': '1' },
    ],
    ['a="\\"x\\\\", b', { a: '"x\\', b: undefined }],
    ['max-age=1, max-age=1800', { 'max-age': '1' }],
    ['no-cache="a", no-cache', { 'no-cache': undefined }],
    ['private, private="x"', { private: undefined }],
    ['max-age =3600', { 'max-age': '' }],
    ['max-age= 3600, public', { 'max-age': '', public: undefined }],
    ['no-store foo, "stray, max-age=5", public', { 'no-store': '', public: undefined }],
    [',, ,', {}],
    ['', {}],
  ]
  for (const [text, wanted] of rows)
    test(text || 'nothing', () => assert.deepEqual(Object.fromEntries(parseDirectives([text])), wanted))
  test('several lines are one list', () => {
    assert.deepEqual([...parseDirectives(['max-age=1', 'public']).keys()], ['max-age', 'public'])
  })
  test('what is no number of seconds is none, and makes stale', () => {
    for (const text of ['-1', '1.0', '1a', "'1'", '', '0x10', '1e3']) {
      assert.equal(deltaSeconds(text), undefined)
      assert.equal(secondsOf(new Map([['max-age', text]]), 'max-age'), 0)
    }
    assert.equal(deltaSeconds('003600'), 3600)
    assert.equal(deltaSeconds('99999999999999999999'), 2 ** 31)
  })
})

describe('HTTP dates (RFC 9110 §5.6.7)', () => {
  const wanted = Date.UTC(1994, 10, 6, 8, 49, 37)
  const good = [
    'Sun, 06 Nov 1994 08:49:37 GMT',
    'Sunday, 06-Nov-94 08:49:37 GMT',
    'Sun Nov  6 08:49:37 1994',
    'sUN, 06 nov 1994 08:49:37 gmt',
  ]
  for (const text of good) test(text, () => assert.equal(parseHttpDate(text, now), wanted))
  test('two digits of a year lie less than 50 years ahead', () => {
    assert.equal(parseHttpDate('Thursday, 18-Aug-50 02:01:18 GMT', now), Date.UTC(2050, 7, 18, 2, 1, 18))
    assert.equal(parseHttpDate('Thursday, 18-Aug-77 02:01:18 GMT', now), Date.UTC(1977, 7, 18, 2, 1, 18))
  })
  const bad = [
    ...[
      '0',
      '',
      'now',
      'Sun, 06 Nov 1994 08:49:37',
      'Sun, 06 Nov 1994 08:49:37 UTC',
      'Sun, 6 Nov 1994 08:49:37 GMT',
    ],
    ...['Sun, 31 Feb 1994 08:49:37 GMT', 'Sun, 06 Nov 1994 24:00:00 GMT'],
    ...['Sun, 06 Nov 1994 08:60:00 GMT', 'Sun, 06 Nov 94 08:49:37 GMT', ' Sun, 06 Nov 1994 08:49:37 GMT'],
  ]
  for (const text of bad) test(`no date: "${text}"`, () => assert.equal(parseHttpDate(text, now), undefined))
})

describe('dictionaries (RFC 9651 §4.2.2)', () => {
  const good: [string, Record<string, unknown>][] = [
    ['', {}],
    ['max-age=60, no-store', { 'max-age': 60, 'no-store': true }],
    ['a=1;x;y=2 ,\tb="q\\"\\\\";z', { a: 1, b: 'q"\\' }],
    ['a=?0, b=tok/en, c=:aGk=:, d=1.5, e=-7', { a: false, b: 'tok/en', c: 'aGk=', d: 1.5, e: -7 }],
    ['a=(1 "x";p  tok), b=()', { a: undefined, b: undefined }],
    ['a=@1659578233, b=%"f%c3%bc"', { a: undefined, b: '%"f%c3%bc"' }],
    ['a=1, b=2, a=3', { b: 2, a: 3 }],
  ]
  for (const [text, wanted] of good) {
    test(text || 'an empty one', () => {
      const got = [...parseDictionary(text)!].map(([key, { value }]) => [key, value])
      assert.deepEqual(Object.fromEntries(got), wanted)
    })
  }
  const bad = [
    ...[
      'a=1,',
      ',a',
      'a=1 b',
      'A=1',
      'a =1',
      'a= 1',
      'a="x',
      'a=1, &&&&&',
      'a=1.',
      'a=1.2345',
      'a=?2',
      'a=(1',
      'a=(1"x")',
    ],
    ...['a=1234567890123456', 'a=:a-b:', 'a;=1', 'a="\u00e9"', '\ta=1', 'a==1'],
  ]
  for (const text of bad)
    test(`none: ${JSON.stringify(text)}`, () => assert.equal(parseDictionary(text), undefined))
})
