// A network coordinate: where a peer stands, in milliseconds, so that a round trip can be told without measuring it.
//
// A point has some dimensions for the core of the Internet and, last, a height for the link that every packet of the
// peer must pass (Vivaldi, SIGCOMM 2004, §5.4); the predicted round trip is the distance of the points plus both
// heights. A coordinate is two such positions (Pharos): one of the whole network, one among those with the same
// label.
//
//   0 version = 1 | 1 made at, seconds (4) | 5 label (6, zeros = none)
//   11 base: 4 × float32, height, error (24) | 35 local: the same (24)            59 bytes in all, big-endian
//
// float32 holds a millisecond to 7 digits. Rejected: more dimensions, which gained nothing when measured.

import { Fault } from '../../base/fault.ts'
import { type PeerId, publicKeyOf } from '../peer.ts'

export const dimensions = 4

/** Dimensions, then the height, which is never negative; ms. A plain array, since a typed one costs thrice to make. */
export type Point = readonly number[]

export type Position = {
  readonly point: Point
  /** The median relative misfit to what was measured, as its owner claims it; 1 means not placed yet. */
  readonly error: number
}

/** 48 bits, so that it is an exact number; 0 for none. */
export type Label = number
export const noLabel: Label = 0

export type Coordinate = {
  /** When its owner last moved, in whole seconds of its own clock: only good for ordering what one peer says. */
  readonly madeAtS: number
  readonly label: Label
  readonly base: Position
  /** Means something only beside another of the same label. */
  readonly local: Position
}

const version = 1
const labelBytes = 6
const positionBytes = 4 * (dimensions + 2)
export const coordinateBytes = 1 + 4 + labelBytes + 2 * positionBytes

/** The farthest a round trip may be believed is 10 s; whoever claims to stand farther off would bend all that it
 *  touches. */
export const magnitudeMaxMs = 10_000

/** The label that this peer gives a cluster when it founds one. */
export function labelOf(id: PeerId): Label {
  return Buffer.from(publicKeyOf(id)).readUIntBE(0, labelBytes)
}

/** The predicted round trip in ms between points of one kind and length. */
export function distanceMs(a: Point, b: Point): number {
  const last = a.length - 1
  let sum = 0
  for (let i = 0; i < last; i++) {
    const gap = a[i]! - b[i]!
    sum += gap * gap
  }
  return Math.sqrt(sum) + a[last]! + b[last]!
}

export function isPlaced(position: Position): boolean {
  return position.error < 1
}

export function encodeCoordinate(coordinate: Coordinate): Uint8Array {
  const bytes = new Uint8Array(coordinateBytes)
  const view = new DataView(bytes.buffer)
  bytes[0] = version
  view.setUint32(1, coordinate.madeAtS)
  view.setUint16(5, coordinate.label / 2 ** 32)
  view.setUint32(7, coordinate.label)
  encodePosition(view, 5 + labelBytes, coordinate.base)
  encodePosition(view, 5 + labelBytes + positionBytes, coordinate.local)
  return bytes
}

/** Fault `bytes/malformed`: wrong length or version, not a number, or out of bounds. */
export function decodeCoordinate(bytes: Uint8Array): Coordinate {
  if (bytes.length !== coordinateBytes) throw malformed('of a wrong length')
  if (bytes[0] !== version) throw malformed('of an unknown version')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return {
    madeAtS: view.getUint32(1),
    label: view.getUint16(5) * 2 ** 32 + view.getUint32(7),
    base: decodePosition(view, 5 + labelBytes),
    local: decodePosition(view, 5 + labelBytes + positionBytes),
  }
}

function encodePosition(view: DataView, at: number, { point, error }: Position): void {
  for (let i = 0; i <= dimensions; i++) view.setFloat32(at + 4 * i, point[i]!)
  view.setFloat32(at + 4 * (dimensions + 1), error)
}

function decodePosition(view: DataView, at: number): Position {
  const point: number[] = []
  for (let i = 0; i <= dimensions; i++) {
    const value = view.getFloat32(at + 4 * i)
    if (!(Math.abs(value) <= magnitudeMaxMs)) throw malformed('that is no number or too far off')
    point.push(value)
  }
  if (point[dimensions]! < 0) throw malformed('of a negative height')
  const error = view.getFloat32(at + 4 * (dimensions + 1))
  if (!(error >= 0 && error <= 1)) throw malformed('of an error outside 0 to 1')
  return { point, error }
}

function malformed(what: string): Fault {
  return new Fault('bytes/malformed', `a coordinate ${what}`)
}
