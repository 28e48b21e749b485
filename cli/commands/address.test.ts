import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isFault } from '../../base/fault.ts'
import { requireAddress } from './address.ts'

// EIP-55's own examples.
const good = ['0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed', '0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB']

test('an address is taken in one case, or with its checksum', () => {
  for (const text of good) {
    const digits = text.slice(2)
    for (const form of [text, `0x${digits.toLowerCase()}`, `0x${digits.toUpperCase()}`])
      assert.equal(requireAddress(form, 'an address'), text.toLowerCase())
  }
})

test('what is no account is told apart', () => {
  const [text] = good
  const rows: [text: string, says: RegExp][] = [
    ['0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD', /digit is wrong/],
    [`0x${'00'.repeat(20)}`, /nobody's/],
    [text!.slice(0, -1), /is not an address/],
    [text!.slice(2), /is not an address/],
    [`${text}00`, /is not an address/],
    ['mysite.inxt', /is not an address/],
    ['', /is not an address/],
  ]
  for (const [typed, says] of rows) {
    const isTold = (error: unknown): boolean => isFault(error, 'input/invalid') && says.test(error.message)
    assert.throws(() => requireAddress(typed, 'an address'), isTold, typed)
  }
})
