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
const path = fc
  .array(fc.constantFrom('a', 'b', ':x', ':y', '*', 'a*', '%20', ''), { maxLength: 5 })
  .map(parts => `/${parts.join('/')}`)
const to = fc
  .array(fc.constantFrom('/', '/:x', '/:splat', ':y', 'a', '?q=:x', '#f', 'https://h', '/\\'), {
    maxLength: 4,
  })
  .map(parts => parts.join(''))
const status = fc.constantFrom('', '200', '301!', '404', '200!', '302 x', 'Country=de')
const line = fc.oneof(
  fc.tuple(path, to, status).map(parts => parts.join(' ')),
  fc.tuple(path, fc.constant('id=:y'), to, status).map(parts => parts.join(' ')),
  fc.array(word, { maxLength: 4 }).map(words => words.join(' ')),
)
const target = fc
  .oneof(
    fc
      .array(fc.constantFrom('a', 'b', '', '%2e', '%5C', 'evil.example'), { maxLength: 6 })
      .map(s => `/${s.join('/')}`),
    fc.string({ unit: fc.constantFrom(...'/ab:%25?=&id'), maxLength: 20 }).map(text => `/${text}`),
  )
  .chain(text => fc.constantFrom(text, `${text}?id=`, `${text}?id=..&id=x`, `${text}?id=/evil.example`))

test('no rule leads to another host unless it names it, and none throws', () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 6 }), target, (lines, address) => {
      const { redirects } = parseRedirects(lines.join('\n'))
      const asked = readable(address)
      if (asked === undefined) return
      for (const isForced of [true, false]) {
        const found = redirects.find(asked, isForced)
        if (found?.outcome.kind !== 'redirect') continue
        const { location } = found.outcome
        assert.match(location, /^(\/(?![/\\])|https?:\/\/h)[\x21-\x7e]*$/, `${location} of ${address}`)
        const host = new URL(location, 'http://own.example').host
        assert.ok(host === 'own.example' || found.rule.to[0]!.text.startsWith(`https://${host}`), location)
        assert.ok(location.length <= 2 * targetLengthMax)
      }
    }),
    { numRuns: 3000, seed: 1 },
  )
})

test('what a site says about fields is always a field', () => {
  const text = fc
    .array(
      fc.oneof(
        path,
        fc.string({ maxLength: 30 }).map(part => `  ${part}`),
        word,
      ),
      { maxLength: 8 },
    )
    .map(parts => parts.join('\n'))
  fc.assert(
    fc.property(text, target, (text, address) => {
      const changes = parseHeaders(text).headers.find(readable(address)?.segments ?? [])
      for (const [name, value] of changes?.set ?? [])
        assert.match(`${name}: ${value}`, /^[!-9;-~]+: [\t\x20-\x7e]+$/)
    }),
    { numRuns: 3000, seed: 1 },
  )
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

function readable(address: string): Target | undefined {
  try {
    return parseTarget('GET', address)
  } catch (error) {
    if (isFault(error)) return undefined
    throw error
  }
}
