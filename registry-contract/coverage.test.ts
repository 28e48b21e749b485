import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gapsOf } from './coverage.ts'

test('lines and branches without a hit are named once, by file', () => {
  const report = `TN:
SF:contracts/A.sol
DA:3,1
DA:4,0
FN:3,A.f
FNDA:0,A.f
BRDA:4,0,0,0
BRDA:5,0,0,2
BRDA:5,0,1,-
LF:2
end_of_record
TN:
SF:contracts/B.sol
DA:4,10
BRDA:9,1,0,0
end_of_record
`
  assert.deepEqual(gapsOf(report), ['contracts/A.sol:4', 'contracts/A.sol:5', 'contracts/B.sol:9'])
  assert.deepEqual(gapsOf(''), [])
})
