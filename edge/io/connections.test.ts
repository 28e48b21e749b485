import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientOf } from './connections.ts'

const rows: [address: string, expected: string][] = [
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['2001:db8:1:2::1', '2001:db8:1:2'],
  ['::1', '0:0:0:0'],
  ['', ''],
]

test('whom an address is counted for', () => {
  for (const [address, expected] of rows) assert.equal(clientOf(address), expected, address)
})
