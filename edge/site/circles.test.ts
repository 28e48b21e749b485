import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findCircles } from './circles.ts'
import { parseRedirects } from './redirects.ts'

const files = ['index.html', 'here', 'new/page']

const rows: [rules: string, expected: [line: number, what: RegExp][]][] = [
  ['/a /b\n/b /c\n/c /here', []],
  [
    '/a /b\n/b /a',
    [
      [1, /in a circle: \/a/],
      [2, /in a circle: \/b/],
    ],
  ],
  [
    '/a/* /b/:splat\n/b/* /a/:splat',
    [
      [1, /circle/],
      [2, /circle/],
    ],
  ],
  ['/old/* /old/new/:splat', [[1, /in a circle: \/old\/x/]]],
  ['/* /index.html', []],
  ['/* /nowhere', []],
  ['/* /nowhere/:splat', [[1, /circle/]]],
  ['/* /nowhere 301!', []],
  ['/here /there\n/there /here', []],
  [
    '/here /there 301!\n/there /here',
    [
      [1, /circle/],
      [2, /circle/],
    ],
  ],
  ['/a /a/', [[1, /the address that it is about/]]],
  ['/a /a?b=1', []],
  ['/a b=1 /a?b=2', []],
  [
    '/a b=1 /a?b=2\n/a b=2 /a?b=1',
    [
      [1, /circle/],
      [2, /circle/],
    ],
  ],
  ['/:x/y /:x/y/z\n/*/z /here', []],
  ['/a https://example.org/a', []],
  ['/app/* /index.html 200\n/x /app/:y', [[2, /not part of the path/]]],
  ['/app/* /start 200', [[1, /nothing at \/start/]]],
  ['/app/:x /pages/:x 200', []],
  ['/gone /no/page 410', []],
]

test('circles, rules without effect, and files that are not there', () => {
  for (const [text, expected] of rows) {
    const { redirects, complaints } = parseRedirects(text)
    const isThere = (segments: readonly string[]): boolean =>
      files.includes(segments.join('/') || 'index.html')
    const found = complaints.length > 0 ? complaints : findCircles(redirects, isThere)
    assert.equal(found.length, expected.length, `${text}: ${JSON.stringify(found)}`)
    for (const [i, { line, what }] of found.entries()) {
      assert.equal(line, expected[i]![0], text)
      assert.match(what, expected[i]![1], text)
    }
  }
})
