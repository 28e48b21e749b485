import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isFault } from '../../base/fault.ts'
import { type Coordinate, decodeCoordinate, distanceMs, encodeCoordinate, isPlaced } from './coordinate.ts'

const position = { point: [3, 4, 0, 0, 1], error: 0.5 }
const sound: Coordinate = { madeAtS: 7, label: 2 ** 40 + 5, base: position, local: position }
const spoilt = (base: Partial<typeof position>): Uint8Array =>
  encodeCoordinate({ ...sound, base: { ...position, ...base } })

describe('coordinates', () => {
  test('the distance is that of the points and both heights', () => {
    assert.equal(distanceMs([3, 4, 0, 0, 1], [0, 0, 0, 0, 2]), 8)
    assert.equal(distanceMs([1, 1, 1, 1, 0], [1, 1, 1, 1, 0]), 0)
  })

  test('an error of 1 means not placed', () => {
    assert(isPlaced(position))
    assert(!isPlaced({ ...position, error: 1 }))
  })

  test('59 bytes, and what was put in comes out', () => {
    assert.equal(encodeCoordinate(sound).length, 59)
    assert.deepEqual(decodeCoordinate(encodeCoordinate(sound)), sound)
  })

  const refused: [why: string, bytes: Uint8Array][] = [
    ['nothing', new Uint8Array(0)],
    ['short', encodeCoordinate(sound).subarray(1)],
    ['long', new Uint8Array(60).fill(1, 0, 1)],
    ['another version', encodeCoordinate(sound).fill(2, 0, 1)],
    ['not a number', spoilt({ point: [Number.NaN, 0, 0, 0, 0] })],
    ['infinite', spoilt({ point: [0, Number.POSITIVE_INFINITY, 0, 0, 0] })],
    ['too far off', spoilt({ point: [0, 0, -10_001, 0, 0] })],
    ['a negative height', spoilt({ point: [0, 0, 0, 0, -0.5] })],
    ['an error that is no number', spoilt({ error: Number.NaN })],
    ['a negative error', spoilt({ error: -0.1 })],
    ['an error over 1', spoilt({ error: 1.5 })],
  ]
  for (const [why, bytes] of refused)
    test(`refused: ${why}`, () => {
      assert.throws(
        () => decodeCoordinate(bytes),
        error => isFault(error, 'bytes/malformed'),
      )
    })
})
