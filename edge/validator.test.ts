import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatTags, matchesStrongly, matchesWeakly, matchingTag, parseTags } from './validator.ts'

const rows: [value: string, expected: string | undefined][] = [
  ['*', '*'],
  ['"a"', '"a"'],
  ['W/"a"', 'W/"a"'],
  ['"a","b"', '"a", "b"'],
  [' "a" ,\tW/"b" ', '"a", W/"b"'],
  ['"a,b"', '"a,b"'],
  ['""', '""'],
  ['', undefined],
  ['a', undefined],
  ['"a', undefined],
  ['"a" "b"', undefined],
  ['"a",', undefined],
  ['w/"a"', undefined],
  ['*, "a"', undefined],
  ['"a b"', undefined],
]

test('lists of tags', () => {
  for (const [value, expected] of rows) {
    const tags = parseTags(value)
    assert.equal(typeof tags === 'object' ? formatTags(tags) : tags, expected, value)
  }
})

test('which of several tags for one content', () => {
  const isSame = (tag: string): boolean => tag.startsWith('"a')
  assert.equal(matchingTag('"b", W/"ab", "a"', '"a"', isSame), '"a"')
  assert.equal(matchingTag('"b", W/"ab", "ac"', '"a"', isSame), '"ab"')
  assert.equal(matchingTag('*', '"a"', isSame), '"a"')
  assert.equal(matchingTag('"b"', '"a"', isSame), undefined)
  assert.equal(matchingTag('ab', '"a"', isSame), undefined)
})

test('weak and strong comparison (RFC 9110 §8.8.3.2)', () => {
  assert.ok(matchesWeakly('W/"a"', '"a"') && matchesWeakly('"a"', '"a"'))
  assert.ok(!matchesStrongly('W/"a"', '"a"') && matchesStrongly('"a"', '"a"'))
  assert.ok(!matchesWeakly('"b"', '"a"') && !matchesWeakly('nonsense', '"a"'))
})
