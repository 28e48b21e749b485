import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isFault } from '../../base/fault.ts'
import {
  type Coordinate,
  coordinateBytes,
  decodeCoordinate,
  dimensions,
  encodeCoordinate,
  magnitudeMaxMs,
} from './coordinate.ts'

const float = (min: number, max: number) => fc.float({ min, max, noNaN: true, noDefaultInfinity: true })
const plain = { noNullPrototype: true }
const position = fc.record(
  {
    point: fc
      .tuple(
        fc.array(float(-magnitudeMaxMs, magnitudeMaxMs), { minLength: dimensions, maxLength: dimensions }),
        float(0, magnitudeMaxMs),
      )
      .map(([core, height]) => [...core, height]),
    error: float(0, 1),
  },
  plain,
)
const coordinate: fc.Arbitrary<Coordinate> = fc.record(
  {
    madeAtS: fc.integer({ min: 0, max: 0xffff_ffff }),
    label: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
    base: position,
    local: position,
  },
  plain,
)

test('decode∘encode is the identity on coordinates', () => {
  fc.assert(
    fc.property(coordinate, value => {
      const bytes = encodeCoordinate(value)
      assert.equal(bytes.length, coordinateBytes)
      assert.deepEqual(decodeCoordinate(bytes), value)
    }),
  )
})

test('encode∘decode is the identity on bytes that are accepted, and only Fault comes out', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 2 * coordinateBytes }),
    fc.uint8Array({ minLength: coordinateBytes, maxLength: coordinateBytes }).map(some => some.fill(1, 0, 1)),
    fc.tuple(coordinate, fc.nat(coordinateBytes - 1), fc.nat(255)).map(([value, at, byte]) => {
      const mutated = encodeCoordinate(value)
      mutated[at] = byte
      return mutated
    }),
  )
  fc.assert(
    fc.property(bytes, some => {
      try {
        assert.deepEqual(encodeCoordinate(decodeCoordinate(some)), some)
      } catch (error) {
        assert(isFault(error, 'bytes/malformed'), String(error))
      }
    }),
    { numRuns: 2000 },
  )
})
