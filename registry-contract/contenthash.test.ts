import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hashFlaw } from './contenthash.ts'

const digest = 'cd'.repeat(32)

test('what is a content hash and what is not', () => {
  const rows: [why: string, hex: string, flaw: RegExp | undefined][] = [
    ['nothing', '0x', undefined],
    ['dag-pb', `0xe30101701220${digest}`, undefined],
    ['raw', `0xe30101551220${digest}`, undefined],
    ['another codec', `0xe30101711220${digest}`, undefined],
    ['a codec of two bytes', `0xe301018a011220${digest}`, undefined],
    ['SHA-512', `0xe301017013${'40'}${digest}${digest}`, undefined],
    ['another namespace', '0xe40101fa011b20', undefined],
    ['CIDv0', `0xe3011220${digest}`, /version 1/],
    ['version 2', `0xe30102701220${digest}`, /version 1/],
    ['a long varint', `0xe3018100701220${digest}`, /version 1/],
    ['a long namespace', `0xe3810001701220${digest}`, /namespace/],
    ['a short digest', `0xe30101701220${digest.slice(2)}`, /32 bytes and has 31/],
    ['a long digest', `0xe30101701220${digest}00`, /32 bytes and has 33/],
    ['cut off', '0xe30101', /codec .* not a varint/],
    ['a namespace alone', '0xe301', /version 1/],
    ['no end of a varint', '0xffffffffff', /namespace/],
    ['129 bytes', `0xe4${'01'.repeat(128)}`, /129 bytes/],
    ['100 kB', `0xe301${'00'.repeat(100_000)}`, /100002 bytes/],
  ]
  for (const [why, hex, flaw] of rows) {
    if (flaw) assert.match(hashFlaw(hex) ?? '', flaw, why)
    else assert.equal(hashFlaw(hex), undefined, why)
  }
})

test('any text of hexadecimal digits is judged', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 140 }), bytes => {
      const flaw = hashFlaw(`0xe301${Buffer.from(bytes).toString('hex')}`)
      assert.ok(flaw === undefined || flaw.length < 100)
    }),
    { numRuns: 300, seed: 12 },
  )
})
