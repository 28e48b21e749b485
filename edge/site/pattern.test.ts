import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMatcher, matchPattern, type Pattern, parsePattern } from './pattern.ts'

const rows: [pattern: string, path: string, expected: Record<string, string> | undefined][] = [
  ['/', '', {}],
  ['/', 'a', undefined],
  ['/a', 'a', {}],
  ['/a/', 'a', {}],
  ['/a', 'A', undefined],
  ['/a%20b', 'a b', {}],
  ['/ü', 'ü', {}],
  ['/%C3%BC', 'ü', {}],
  ['/:x', 'a', { x: 'a' }],
  ['/:x', 'a/b', undefined],
  ['/:x/:y', 'a/b', { x: 'a', y: 'b' }],
  ['/a/:x/c', 'a/b/c', { x: 'b' }],
  ['/%3Ax', ':x', {}],
  ['/a:x', 'a:x', {}],
  ['/*', '', { splat: '' }],
  ['/*', 'a/b', { splat: 'a/b' }],
  ['/a/*', 'a', { splat: '' }],
  ['/a/*', 'a/b/c', { splat: 'b/c' }],
  ['/a/*', 'ab', undefined],
  ['/a*', 'ab/c', { splat: 'b/c' }],
  ['/a*', 'a', { splat: '' }],
  ['/*.css', 'x/y.css', { splat: 'x/y' }],
  ['/*.css', 'y.js', undefined],
  ['/*.css', '.css', { splat: '' }],
  ['/ab*ba', 'aba', undefined],
  ['/*/end', 'a/b/end', { splat: 'a/b' }],
  ['/*/end', 'end', undefined],
  ['/:x/*/:y', 'a/b/c/d', { x: 'a', splat: 'b/c', y: 'd' }],
]

test('what patterns are about', () => {
  for (const [text, path, expected] of rows) {
    const captures = matchPattern(parsed(text), path === '' ? [] : path.split('/'))
    assert.deepEqual(captures && Object.fromEntries(captures), expected, `${text} of /${path}`)
  }
})

const wrong: [pattern: string, complaint: RegExp][] = [
  ['a', /does not begin with "\/"/],
  ['https://example.org/a', /does not begin with "\/"/],
  ['/*/*', /more than one "\*"/],
  ['/:x/:x', /same placeholder twice/],
  ['/:splat/*', /same placeholder twice/],
  ['/a/../b', /"\." or "\.\." segment/],
  ['/a%2Fb', /encoded slash/],
  ['/a%', /without two hexadecimal digits/],
  ['/a#b', /must be encoded/],
]

test('what is no pattern', () => {
  for (const [text, complaint] of wrong) {
    const found = parsePattern(text)
    assert.ok(typeof found === 'string' && complaint.test(found), `${text}: ${JSON.stringify(found)}`)
  }
})

test('all that are about a path, in their order; none for an empty segment', () => {
  const matches = createMatcher(['/b', '/*', '/a', '/:x', '/a', '/b'].map(parsed))
  const indices = (path: string): number[] => [...matches(path.split('/'))].map(({ index }) => index)
  assert.deepEqual(indices('a'), [1, 2, 3, 4])
  assert.deepEqual(indices('b'), [0, 1, 3, 5])
  assert.deepEqual(indices('a/b'), [1])
  assert.deepEqual(indices('a//b'), [])
})

function parsed(text: string): Pattern {
  const pattern = parsePattern(text)
  assert.ok(typeof pattern !== 'string', `${text}: ${pattern}`)
  return pattern
}
