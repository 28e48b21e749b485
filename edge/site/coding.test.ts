import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { acceptedCodings, isCompressible } from './coding.ts'

const rows: [accept: string | undefined, expected: string][] = [
  [undefined, 'identity'],
  ['', 'identity'],
  ['gzip', 'gzip identity'],
  ['GZIP', 'gzip identity'],
  ['x-gzip', 'gzip identity'],
  ['gzip, deflate, br, zstd', 'br zstd gzip identity'],
  ['zstd;q=0.9, br;q=0.8', 'zstd br identity'],
  ['br;q=0.001', 'br identity'],
  ['br;q=0', 'identity'],
  ['gzip;q=0.5, identity;q=0.6', 'identity gzip'],
  ['gzip, identity', 'gzip identity'],
  ['*', 'br zstd gzip identity'],
  ['*;q=0', ''],
  ['*;q=0, gzip', 'gzip'],
  ['*;q=0, identity', 'identity'],
  ['identity;q=0', ''],
  ['identity;q=0, deflate', ''],
  ['*, br;q=0', 'zstd gzip identity'],
  ['gzip ; q=1.000\t,\tbr ;q=0.5', 'gzip br identity'],
  ['gzip;q=2, br;q=0.1234, zstd;level=3', 'identity'],
  ['gzip;;, ,br', 'br identity'],
  ['gzip;Q=0.3', 'gzip identity'],
]

test('what a client takes, best first', () => {
  for (const [accept, expected] of rows) assert.equal(acceptedCodings(accept).join(' '), expected, accept)
})

test('never throws', () => {
  const unit = fc.constantFrom(...'gzipbr*;q=01., \t')
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit, maxLength: 60 })), accept => {
      const codings = acceptedCodings(accept)
      assert.equal(new Set(codings).size, codings.length)
    }),
    { numRuns: 1000, seed: 1 },
  )
})

const types: [mediaType: string, sizeBytes: number, expected: boolean][] = [
  ['text/html; charset=utf-8', 1024, true],
  ['text/html; charset=utf-8', 1023, false],
  ['Text/CSS', 5000, true],
  ['application/json', 5000, true],
  ['application/ld+json', 5000, true],
  ['application/manifest+json; charset=utf-8', 5000, true],
  ['application/wasm', 5000, true],
  ['image/svg+xml', 5000, true],
  ['font/ttf', 5000, true],
  ['font/woff2', 5000, false],
  ['image/png', 5000, false],
  ['video/mp4', 5000, false],
  ['application/gzip', 5000, false],
  ['application/octet-stream', 5000, false],
]

test('what is worth a coding', () => {
  for (const [type, size, expected] of types) assert.equal(isCompressible(type, size), expected, type)
})
