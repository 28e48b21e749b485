import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseHeaders } from './headers.ts'

const site = `
# Comment
/*
  X-Frame-Options: DENY
  x-robots-tag: noindex
\tX-Tabbed:   between   words\t

/assets/*
  Cache-Control: public
  # also here
  ! X-Frame-Options
/assets/:name
  cache-control: max-age=60
  X-Robots-Tag: nosnippet
/assets/back
  X-Frame-Options: SAMEORIGIN
  ! Referrer-Policy
`

const rows: [path: string, set: Record<string, string>, without: string][] = [
  ['', { 'X-Frame-Options': 'DENY', 'x-robots-tag': 'noindex', 'X-Tabbed': 'between   words' }, ''],
  ['assets/a/b', { 'x-robots-tag': 'noindex', 'X-Tabbed': 'between   words', 'Cache-Control': 'public' }, ''],
  [
    'assets/back',
    {
      'x-robots-tag': 'noindex, nosnippet',
      'X-Tabbed': 'between   words',
      'Cache-Control': 'public, max-age=60',
      'X-Frame-Options': 'SAMEORIGIN',
    },
    'referrer-policy',
  ],
]

test('every block that is about the path, in the order of the file', () => {
  const { headers, complaints } = parseHeaders(site)
  assert.deepEqual(complaints, [])
  assert.equal(headers.blocks, 4)
  for (const [path, set, without] of rows) {
    const found = headers.find(path === '' ? [] : path.split('/'))!
    assert.deepEqual(Object.fromEntries(found.set), set, path)
    if (without !== '') assert.ok(found.without.has(without), without)
  }
  assert.equal(parseHeaders('/a\n  B: c').headers.find(['b']), undefined)
})

const wrong: [text: string, line: number, complaint: RegExp][] = [
  ['  X-A: b', 1, /before the first path/],
  ['/*\nX-A: b', 2, /indent it/],
  ['/*\n! X-A', 2, /indent it/],
  ['*/\n  X-A: b', 1, /the path does not begin/],
  ['https://example.org/*\n  X-A: b', 1, /the path does not begin/],
  ['/*/*\n  X-A: b', 1, /more than one/],
  ['/*\n  X-A', 2, /neither "Name: value" nor "! Name"/],
  ['/*\n  X A: b', 2, /no name of a field/],
  ['/*\n  X-A:', 2, /has no value/],
  ['/*\n  X-A: ü', 2, /beyond ASCII/],
  ['/*\n  X-A: a\u0000b', 2, /beyond ASCII/],
  ['/*\n  Set-Cookie: a=b', 2, /same for everybody/],
  ['/*\n  Basic-Auth: me:secret', 2, /everybody can read/],
  ['/*\n  content-LENGTH: 1', 2, /not the site's to say/],
  ['/*\n  Transfer-Encoding: chunked', 2, /not the site's to say/],
  ['/*\n  ETag: "a"', 2, /not the site's to say/],
  ['/*\n  ! Vary', 2, /nothing but the address/],
  ['/*\n  X-Inxt-Edge: me', 2, /not the site's to say/],
  ['/*\n  ! Content-Type', 2, /cannot be left out/],
  [`/*\n  X-A: ${'b'.repeat(2000)}`, 2, /more than 2000 characters/],
  ['/a\n'.repeat(1001), 0, /1001 paths; 1000 are allowed/],
  ['/:a\n'.repeat(201), 0, /201 paths with/],
]

test('what a site may not say, or not so', () => {
  for (const [text, line, complaint] of wrong) {
    const { complaints } = parseHeaders(text)
    assert.equal(complaints.length, 1, `${text.slice(0, 40)}: ${JSON.stringify(complaints).slice(0, 200)}`)
    assert.equal(complaints[0]!.line, line)
    assert.match(complaints[0]!.what, complaint)
  }
})
