// What may be written after --dns, --dot and --doh.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isFault } from '../../base/fault.ts'
import { parsePlace, placeText } from './place.ts'

const good: [text: string, address: string, port: number, again: string][] = [
  ['127.0.0.1:5300', '127.0.0.1', 5300, '127.0.0.1:5300'],
  ['127.0.0.1:0', '127.0.0.1', 0, '127.0.0.1:0'],
  ['192.0.2.1', '192.0.2.1', 53, '192.0.2.1:53'],
  ['[::1]:853', '::1', 853, '[::1]:853'],
  ['[::1]', '::1', 53, '[::1]:53'],
  ['2001:db8::1', '2001:db8::1', 53, '[2001:db8::1]:53'],
]
for (const [text, address, port, again] of good) {
  test(`${text} is a place`, () => {
    const place = parsePlace('--dns', text, 53)
    assert.deepEqual(place, { address, port })
    assert.equal(placeText(place), again)
  })
}

const bad = [
  ...['', ':53', 'localhost:53', '127.0.0.1:', '127.0.0.1:70000', '127.0.0.1:5300:1', '1.2.3:53'],
  ...['[127.0.0.1]:53', '[::1', '0.0.0.0:53', '[::]:53', '::'],
]
for (const text of bad) {
  test(`'${text}' is none`, () =>
    assert.throws(
      () => parsePlace('--dot', text, 853),
      error => isFault(error, 'input/invalid') && error.message.startsWith(`--dot ${text}:`),
    ))
}
