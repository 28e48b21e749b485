// Whatever a publisher writes and a visitor asks for: an answer, in time, that is one header field and this site's.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isFault } from '../../base/fault.ts'
import { parseTarget, type Target, targetLengthMax } from '../target.ts'
import { parseHeaders } from './headers.ts'
import { matchPattern, parsePattern } from './pattern.ts'
import { parseRedirects } from './redirects.ts'

const word = fc.string({
  unit: fc.constantFrom(...'/:*ab%2F.?#=&!\\ \tü\u0000', 'splat', '//', '..'),
  maxLength: 14,
})
const path = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom('/:x/*', '/a/:x/*', '/:x/b*', '/*', '/:x', '/a', '/:x/:y', '/*/b'),
  },
  {
    weight: 1,
    arbitrary: fc.array(fc.constantFrom('a', ':x', '*', '%20', ''), { maxLength: 4 }).map(joined),
  },
)
const to = fc
  .tuple(
    fc.constantFrom('/', '/', '/:x', '/:splat', 'https://h/', 'https://h', ''),
    fc
      .array(fc.constantFrom('/', '/:x', ':splat', ':x', 'a', '\\evil.example', '//'), { maxLength: 3 })
      .map(parts => parts.join('')),
    fc.constantFrom('', '', '?q=:x', '?a', '#f'),
  )
  .map(parts => parts.join(''))
const status = fc.constantFrom('', '', '302', '301!', '404', '200!', '302 x', 'Country=de')
const line = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(path, to, status).map(parts => parts.join(' ')) },
  { weight: 2, arbitrary: fc.tuple(path, fc.constant('id=:y'), to, status).map(parts => parts.join(' ')) },
  fc.array(word, { maxLength: 4 }).map(words => words.join(' ')),
)
const target = fc
  .oneof(
    fc
      .array(fc.constantFrom('a', 'b', 'c', 'a', '', '%2ea', '%5C', 'evil.example'), { maxLength: 4 })
      .map(joined),
    fc.string({ unit: fc.constantFrom(...'/ab:%25?=&id'), maxLength: 10 }).map(text => `/${text}`),
  )
  .chain(text => fc.constantFrom(text, `${text}?id=`, `${text}?id=..&id=x`, `${text}?id=/evil.example`))

test('no rule leads to another host unless it names it, and none throws', () => {
  let redirected = 0
  fc.assert(
    fc.property(fc.array(line, { minLength: 4, maxLength: 8 }), target, (lines, address) => {
      const { redirects } = parseRedirects(lines.join('\n'))
      const asked = readable(address)
      if (asked === undefined) return
      for (const isForced of [true, false]) {
        const found = redirects.find(asked, isForced)
        if (found?.outcome.kind !== 'redirect') continue
        const { location } = found.outcome
        redirected++
        assert.match(location, /^(\/(?![/\\])|https?:\/\/h)[\x21-\x7e]*$/, `${location} of ${address}`)
        const host = new URL(location, 'http://own.example').host
        assert.ok(host === 'own.example' || found.rule.to[0]!.text.startsWith(`https://${host}`), location)
        assert.ok(location.length <= 2 * targetLengthMax)
      }
    }),
    { numRuns: 3000, seed: 1 },
  )
  assert.ok(redirected > 500, `only ${redirected} were redirected`)
})

test('what a site says about fields is always a field', () => {
  const field = fc.constantFrom(
    '  X-A: b',
    '  X-A: \\"c',
    '  x-b: 1',
    '  ! X-A',
    '\t! Referrer-Policy',
    '  ETag: "a"',
  )
  const noise = fc.oneof(
    fc.string({ maxLength: 30 }).map(part => `  ${part}`),
    word,
  )
  const text = fc
    .array(fc.oneof({ weight: 3, arbitrary: path }, { weight: 4, arbitrary: field }, noise), {
      minLength: 4,
      maxLength: 12,
    })
    .map(parts => parts.join('\n'))
  let said = 0
  fc.assert(
    fc.property(text, target, (text, address) => {
      const changes = parseHeaders(text).headers.find(readable(address)?.segments ?? [])
      for (const [name, value] of changes?.set ?? []) {
        assert.match(`${name}: ${value}`, /^[!-9;-~]+: [\t\x20-\x7e]+$/)
        assert.notEqual(name, 'ETag')
        said++
      }
    }),
    { numRuns: 3000, seed: 1 },
  )
  assert.ok(said > 500, `only ${said} were said`)
})

test('a pattern agrees with the regular expression that it stands for', () => {
  const segment = fc.constantFrom('a', 'b', 'ab', 'ba', '*', 'a*', '*b', 'a*b', ':x', ':y')
  const patterns = fc.uniqueArray(segment, {
    maxLength: 4,
    selector: part => (part.includes('*') ? '*' : part),
  })
  const paths = fc.array(fc.constantFrom('a', 'b', 'ab', 'aab', 'ba'), { maxLength: 5 })
  fc.assert(
    fc.property(patterns, paths, (parts, segments) => {
      const pattern = parsePattern(`/${parts.join('/')}`)
      assert.ok(typeof pattern !== 'string')
      const source = parts
        .map(part => `/${part.startsWith(':') ? '[^/]+' : part.replace('*', '.*')}`)
        .join('')
      // "/x/*" is about "/x" too, and a star alone in its segment stands for at least one segment elsewhere.
      const expected = new RegExp(`^${source.replace(/\/\.\*$/, '(/.*)?').replace('/.*/', '/.+/')}$`)
      const path = segments.map(part => `/${part}`).join('')
      assert.equal(matchPattern(pattern, segments) !== undefined, expected.test(path), `${source} of ${path}`)
    }),
    { numRuns: 3000, seed: 1 },
  )
})

function joined(parts: readonly string[]): string {
  return `/${parts.join('/')}`
}

function readable(address: string): Target | undefined {
  try {
    return parseTarget('GET', address)
  } catch (error) {
    if (isFault(error)) return undefined
    throw error
  }
}
