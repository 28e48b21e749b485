import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isFault } from '../base/fault.ts'
import { hostBytes, hostText, parseAddress } from './address.ts'

test('an address is an IPv4 literal and a port', () => {
  assert.deepEqual(parseAddress('127.0.1.5:7946'), { host: '127.0.1.5', port: 7946 })
  assert.equal(hostText(hostBytes('255.0.10.1')), '255.0.10.1')
})

const wrong = [
  '',
  '1.2.3.4',
  '1.2.3.4:0',
  '1.2.3.4:65536',
  '1.2.3:1',
  '01.2.3.4:1',
  '1.2.3.256:1',
  '::1:1',
  'a.b.c.d:1',
]
for (const text of wrong)
  test(`refuses ${JSON.stringify(text)}`, () => {
    assert.throws(
      () => parseAddress(text),
      error => isFault(error, 'bytes/malformed'),
    )
  })
