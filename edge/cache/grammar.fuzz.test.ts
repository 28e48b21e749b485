import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseDirectives } from './directives.ts'
import { parseHttpDate } from './http-date.ts'
import { parseDictionary } from './structured.ts'
import { variantOf, varyNames } from './vary.ts'

/** Text out of the pieces that such fields are made of, and some that do not belong there. */
const pieces = (...words: string[]) =>
  fc
    .array(fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 3 })), { maxLength: 30 })
    .map(all => all.join(''))
const token = fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/)

test('any text is some directives, and what is well written is read as it was meant', () => {
  const words = pieces('max-age', '=', '3600', '"', '\\', ',', ' ', '\t', 'no-store', ';', 'no-cache="')
  fc.assert(fc.property(words, text => parseDirectives([text]) instanceof Map))
  const value = fc.option(fc.string({ unit: 'binary-ascii', maxLength: 8 }), { nil: undefined })
  fc.assert(
    fc.property(fc.dictionary(token, value), wanted => {
      const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`
      const text = Object.entries(wanted).map(([name, one]) =>
        one === undefined ? name : `${name}=${quoted(one)}`,
      )
      assert.deepEqual(Object.fromEntries(parseDirectives([text.join(', ')])), { ...wanted })
    }),
  )
})

test('any text is a dictionary or none, and a dictionary that was written is the same one read', () => {
  const words = pieces(
    'a',
    'b',
    '=',
    '1',
    '.',
    '-',
    '"',
    '\\',
    ',',
    ' ',
    ';',
    '(',
    ')',
    ':',
    '?1',
    '@',
    '%"',
    '*',
  )
  fc.assert(fc.property(words, text => void parseDictionary(text)))
  const bare = fc.oneof(
    fc.integer({ min: -999_999, max: 999_999 }),
    fc.boolean(),
    fc.stringMatching(/^[\x20-\x7e]{0,10}$/),
  )
  fc.assert(
    fc.property(fc.dictionary(token, bare), wanted => {
      const written = (value: number | boolean | string): string =>
        typeof value === 'string'
          ? `"${value.replace(/["\\]/g, '\\$&')}"`
          : typeof value === 'boolean'
            ? `?${Number(value)}`
            : String(value)
      const text = Object.entries(wanted).map(([key, value]) => `${key}=${written(value)};p=1`)
      const read = parseDictionary(text.join(', '))!
      assert.deepEqual(Object.fromEntries([...read].map(([key, { value }]) => [key, value])), { ...wanted })
    }),
  )
})

test('any text is an instant or none, and every date that is written is read', () => {
  const words = pieces('Sun', ', ', '06', ' ', 'Nov', '1994', '08:49:37', 'GMT', '-', 'day')
  fc.assert(
    fc.property(words, text => {
      const instant = parseHttpDate(text, 0)
      assert.ok(instant === undefined || Number.isSafeInteger(instant))
    }),
  )
  const date = fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true })
  fc.assert(
    fc.property(date, instant => {
      assert.equal(parseHttpDate(instant.toUTCString(), 0), Math.floor(instant.getTime() / 1000) * 1000)
    }),
  )
})

test('a request is like itself, whatever it says and however its lists are spaced', () => {
  const names = fc.constantFrom('foo', 'accept-language', 'accept-encoding', 'accept')
  const words = pieces('en', 'de', ',', ' ', ';q=', '0.5', '"', '*', '1')
  fc.assert(
    fc.property(names, words, (name, text) => {
      const variant = variantOf([name], [[name, text]])
      assert.equal(variantOf([name], [[name, ` ${text}`]]), variant)
      assert.ok(Array.isArray(varyNames([['Vary', text]])) || text.includes('*'))
    }),
  )
})
