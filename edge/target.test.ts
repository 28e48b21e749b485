import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isFault } from '../base/fault.ts'
import { formatPath, parseTarget, targetLengthMax } from './target.ts'

const good: [text: string, segments: string[], directory: boolean, query: string][] = [
  ['/', [], true, ''],
  ['/a', ['a'], false, ''],
  ['/a/', ['a'], true, ''],
  ['/a//b', ['a', '', 'b'], false, ''],
  ['//a', ['', 'a'], false, ''],
  ['/a?b=/../%', ['a'], false, '?b=/../%'],
  ['/?', [], true, '?'],
  ['/%E2%82%AC', ['€'], false, ''],
  ['/a%20b', ['a b'], false, ''],
  ['/%25', ['%'], false, ''],
  ['/a\\b', ['a\\b'], false, ''],
  ['/.hidden', ['.hidden'], false, ''],
  ['/constructor', ['constructor'], false, ''],
  ['http://x/a', ['a'], false, ''],
  ['http://x', [], true, ''],
  ['http://x?q', [], true, '?q'],
]

const bad = [
  ...[
    '',
    '*',
    'a',
    '/..',
    '/.',
    '/a/..',
    '/%2e%2e',
    '/.%2E/',
    '/%2F',
    '/%00',
    '/%',
    '/%4',
    '/%zz',
    '/%ff',
    '/a b',
  ],
  ...[
    '/ü',
    '/\u0000',
    '/\r\n',
    '/a#b',
    'http://',
    'http:///a',
    'http://a b/',
    'ftp://x/',
    'http:x',
    'x:443',
    '/%c0%ae',
  ],
]

test('targets and their segments', () => {
  for (const [text, segments, directory, query] of good) {
    const target = parseTarget('GET', text)
    assert.deepEqual([target.segments, target.directory, target.query], [segments, directory, query], text)
  }
})

test('targets with two readings are refused', () => {
  for (const text of bad) {
    assert.throws(
      () => parseTarget('GET', text),
      error => isFault(error, 'bytes/malformed'),
      JSON.stringify(text),
    )
  }
})

test('the length has a bound', () => {
  const longest = `/${'a'.repeat(targetLengthMax - 1)}`
  assert.equal(parseTarget('GET', longest).segments.length, 1)
  assert.throws(
    () => parseTarget('GET', `${longest}a`),
    error => isFault(error, 'bytes/too-large'),
  )
})

test('a path that is written never names another host', () => {
  assert.equal(formatPath(['\\evil.example'], true), '/%5Cevil.example/')
  assert.equal(formatPath([], true), '/')
})
