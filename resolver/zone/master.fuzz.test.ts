// Whatever the text: records and complaints, never an exception; and what is written reads as it was.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseName } from '../wire/name.ts'
import { masterText, readMaster } from './master.ts'

const piece = fc.constantFrom(
  ...[
    'a',
    '@',
    '*',
    'IN',
    'CH',
    '5',
    '1h',
    'A',
    'NS',
    'TXT',
    'SOA',
    'HTTPS',
    'LOC',
    'RRSIG',
    'TYPE9',
    '1.2.3.4',
  ],
  ...[
    'b.c.',
    '\\.',
    '\\255',
    '\\256',
    '\\',
    '"',
    '"x y"',
    '(',
    ')',
    ';',
    '\\#',
    '4',
    '01020304',
    'alpn="h2,\\\\,"',
  ],
  ...['\n', '\n ', ' ', '\t', '\r\n', '$TTL', '$ORIGIN', '$INCLUDE', '\0', 'ÿ', 'x'.repeat(64), 'N', '1m'],
)
const text = fc.array(piece, { maxLength: 24 }).map(pieces => pieces.join(' '))
const lines = fc
  .array(
    fc.tuple(fc.constantFrom('a 5 ', 'a 5 IN A 1.2.3.4', '@ 5 TXT "a" \\000', 'b 5 NS c.', ' 5 MX 1 '), text),
  )
  .map(rows => rows.map(row => row.join('')).join('\n'))

test('only complaints come out', () => {
  const origin = parseName('example.com')
  let records = 0
  fc.assert(
    fc.property(fc.oneof(lines, text, fc.string({ unit: 'binary', maxLength: 60 })), file => {
      const read = readMaster(file, { origin })
      records += read.records.length
      const written = masterText(read.records)
      const again = readMaster(written, { origin })
      assert.deepEqual(again.errors, [])
      assert.equal(masterText(again.records), written)
      for (const { line, column } of read.errors) assert.ok(line > 0 && column > 0)
    }),
    { seed: 1, numRuns: 1500 },
  )
  assert.ok(records > 250, `${records} records were read`)
})
