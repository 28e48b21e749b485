// What a record may say, as typed values with their bytes: one codec for each key space that has a form.
//
//   holder    version = 1 (1) | flags (1): 1 = complete | public key of the holder (32) | its coordinate (0 to 64)
//   client    version = 1 (1) | length of the prefix in bits (1) | the prefix, padded with zeros
//             | round trip, tenths of a ms (2) | coordinate of who saw it (1 to 64)
//   peer, service   version = 1 (1) | IPv4 address (4) | port (2)
//   trust     version = 1 (1) | score (2), of 65535
//   certificate   version = 1 (1) | key authorization of RFC 8555 §8.1 (ASCII), empty once the certificate is there
//
// Each value has one spelling, so equal values are equal bytes. A proof of the registry and an offer are not looked
// into here: the first belongs to the registry, the second to whoever matches offers.

import { concatBytes, fromUtf8, utf8 } from '../../base/bytes.ts'
import { assert, Fault } from '../../base/fault.ts'
import { type Address, hostBytes, hostText } from '../address.ts'
import { type PeerId, peerIdOf, publicKeyBytes, publicKeyOf } from '../peer.ts'

export type HolderValue = {
  readonly holder: PeerId
  /** False while it is still fetching the content. */
  readonly isComplete: boolean
  /** Where it is, as `coordinates/` writes it; not looked into. Left out, or empty, before it has a place. */
  readonly coordinate?: Uint8Array
}
export type ClientValue = {
  /** Bits of the addresses that are spoken of, as text; 32 at most for IPv4, 128 for IPv6. */
  readonly prefix: string
  /** The least round trip in ms that the publisher saw to them: 0.1 to 6553.5, in tenths. */
  readonly rttMs: number
  /** Where the publisher is, as `coordinates/` writes it; not looked into. */
  readonly coordinate: Uint8Array
}

export const coordinateBytesMax = 64
export const clientRttMsMax = 6553.5

const version = 1
const complete = 1
const prefixBitsMax = 128
const scoreMax = 0xffff
/** `token.thumbprint`, both base64url; a thumbprint is a SHA-256. */
const keyAuthorizationPattern = /^([\w-]{1,128}\.[\w-]{43})?$/

export function encodeHolder(value: HolderValue): Uint8Array {
  const { holder, isComplete, coordinate = new Uint8Array() } = value
  assert(coordinate.length <= coordinateBytesMax, 'a coordinate within its bound')
  return concatBytes([Uint8Array.of(version, isComplete ? complete : 0), publicKeyOf(holder), coordinate])
}

/** What must be shown to an authority, or '' when its certificate is held. */
export function encodeCertificate(keyAuthorization: string): Uint8Array {
  assert(keyAuthorizationPattern.test(keyAuthorization), 'a key authorization')
  return concatBytes([Uint8Array.of(version), utf8(keyAuthorization)])
}

export function decodeCertificate(bytes: Uint8Array): string {
  const text = fromUtf8(bytes.subarray(1))
  expect(bytes, text !== undefined && keyAuthorizationPattern.test(text))
  return text!
}

/** All decoders throw Fault `bytes/malformed`. */
export function decodeHolder(bytes: Uint8Array): Required<HolderValue> {
  const end = 2 + publicKeyBytes
  expect(bytes, bytes.length >= end && bytes.length <= end + coordinateBytesMax && bytes[1]! <= complete)
  const holder = peerIdOf(bytes.subarray(2, end))
  return { holder, isComplete: bytes[1] === complete, coordinate: bytes.slice(end) }
}

export function encodeClient({ prefix, rttMs, coordinate }: ClientValue): Uint8Array {
  assert(prefix.length <= prefixBitsMax && /^[01]*$/.test(prefix), 'a prefix of at most 128 bits')
  assert(coordinate.length > 0 && coordinate.length <= coordinateBytesMax, 'a coordinate within its bound')
  const tenths = Math.round(10 * rttMs)
  assert(tenths > 0 && tenths <= 0xffff, 'a round trip of 0.1 to 6553.5 ms')
  const bits = prefix.match(/.{1,8}/g) ?? []
  const bytes = bits.map(octet => Number.parseInt(octet.padEnd(8, '0'), 2))
  return concatBytes([Uint8Array.of(version, prefix.length, ...bytes, tenths >> 8, tenths & 255), coordinate])
}

export function decodeClient(bytes: Uint8Array): ClientValue {
  const length = bytes[1] ?? 0
  const end = 2 + Math.ceil(length / 8)
  const rest = bytes.length - end - 2
  expect(bytes, length <= prefixBitsMax && rest > 0 && rest <= coordinateBytesMax)
  const bits = [...bytes.subarray(2, end)].map(byte => byte.toString(2).padStart(8, '0')).join('')
  const tenths = (bytes[end]! << 8) | bytes[end + 1]!
  expect(bytes, !bits.slice(length).includes('1') && tenths > 0)
  return { prefix: bits.slice(0, length), rttMs: tenths / 10, coordinate: bytes.slice(end + 2) }
}

export function encodeAddress({ host, port }: Address): Uint8Array {
  assert(Number.isInteger(port) && port > 0 && port < 0x10000, 'a port from 1')
  return concatBytes([Uint8Array.of(version), hostBytes(host), Uint8Array.of(port >> 8, port & 255)])
}

export function decodeAddress(bytes: Uint8Array): Address {
  const port = ((bytes[5] ?? 0) << 8) | (bytes[6] ?? 0)
  expect(bytes, bytes.length === 7 && port > 0)
  return { host: hostText(bytes.subarray(1, 5)), port }
}

/** `score` from 0, not at all, to 1. */
export function encodeTrust(score: number): Uint8Array {
  assert(score >= 0 && score <= 1, 'a score from 0 to 1')
  const steps = Math.round(score * scoreMax)
  return Uint8Array.of(version, steps >> 8, steps & 255)
}

export function decodeTrust(bytes: Uint8Array): number {
  expect(bytes, bytes.length === 3)
  return ((bytes[1]! << 8) | bytes[2]!) / scoreMax
}

function expect(bytes: Uint8Array, isWellFormed: boolean): void {
  if (bytes[0] !== version || !isWellFormed) throw new Fault('bytes/malformed', 'a value of no known form')
}
