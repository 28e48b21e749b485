import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isFault } from '../base/fault.ts'
import { canonicalHost, formatAuthority, parseAuthority } from './authority.ts'

const good: [text: string, expected: string][] = [
  ['welcome.inxt', 'welcome.inxt'],
  ['Welcome.INXT.:8080', 'welcome.inxt:8080'],
  ['127.0.1.1:80', '127.0.1.1:80'],
  ['[::1]:8080', '[::1]:8080'],
  ['[0:0:0:0:0:0:0:1]', '[::1]'],
  ['[2001:DB8::1]', '[2001:db8::1]'],
  ['_service.example', '_service.example'],
  ['xn--bcher-kva.inxt', 'xn--bcher-kva.inxt'],
  [`${'a'.repeat(63)}.inxt`, `${'a'.repeat(63)}.inxt`],
]

const bad = [
  ...[
    '',
    '.',
    ':80',
    'a..b',
    '.a',
    'a:',
    'a:0',
    'a:65536',
    'a:-1',
    'a:1:2',
    'a:123456',
    'a b',
    'a/b',
    'a@b',
    'a%41',
  ],
  ...[
    '-a.inxt',
    'a-.inxt',
    'ü.inxt',
    'a,b',
    'a\0b',
    '[::1',
    '::1',
    '[::1%25eth0]',
    '[zz]',
    '[1.2.3.4]',
    '[]',
    '*.inxt',
  ],
  ...['a.inxt ', ' a.inxt', 'a\t', 'a?b', 'a#b', 'a\\b', `${'a'.repeat(64)}.inxt`, `${'a.'.repeat(127)}a`],
]

test('hosts and ports in one spelling', () => {
  for (const [text, expected] of good) assert.equal(formatAuthority(parseAuthority(text)), expected)
})

test('everything else is malformed', () => {
  for (const text of bad) {
    assert.throws(
      () => parseAuthority(text),
      error => isFault(error, 'bytes/malformed'),
      JSON.stringify(text),
    )
  }
})

test('own addresses as people write them', () => {
  assert.equal(canonicalHost('::1'), '[::1]')
  assert.equal(canonicalHost('[::1]'), '[::1]')
  assert.equal(canonicalHost('Edge-1.Example.'), 'edge-1.example')
})
