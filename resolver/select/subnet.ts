// EDNS Client Subnet (RFC 7871): a resolver says for which part of the network it asks.
//
// The nearest edge for a client is not the nearest for its resolver, which may be on another continent. What
// the option says is taken as a hint, never as identity: anybody may claim any subnet. The answer repeats it
// with a scope, the number of bits that the choice depended on, so that one answer is kept for all it fits.

import { addressText } from '../wire/address.ts'
import { optionCodes } from '../wire/edns.ts'
import type { EdnsOption } from '../wire/rdata.ts'

/** As the option has it (RFC 7871 §6). */
export interface Subnet {
  /** 1 for IPv4, 2 for IPv6; 0 only with 0 bits, from who wants to say nothing at all. */
  readonly family: number
  readonly sourceBits: number
  /** As many octets as the bits need; the bits beyond are 0. */
  readonly octets: Uint8Array
}

/** A part of the network: 4 or 16 octets of which `bits` count, and the others are 0. */
export interface ClientPrefix {
  readonly octets: Uint8Array
  readonly bits: number
}

/** As much of an address as a choice looks at. */
export interface Precision {
  readonly ipv4Bits: number
  readonly ipv6Bits: number
}

const familyBytes = new Map([
  [0, 0],
  [1, 4],
  [2, 16],
])

/** The option's data; undefined when RFC 7871 §7.1.2 wants FORMERR. */
export function readSubnet(bytes: Uint8Array): Subnet | undefined {
  if (bytes.length < 4) return undefined
  const family = (bytes[0]! << 8) | bytes[1]!
  const sourceBits = bytes[2]!
  const addressBytes = familyBytes.get(family)
  const octets = bytes.subarray(4)
  if (addressBytes === undefined || sourceBits > 8 * addressBytes) return undefined
  // The scope is for answers.
  if (bytes[3] !== 0 || octets.length !== (sourceBits + 7) >>> 3) return undefined
  const spareBits = -sourceBits & 7
  if (spareBits > 0 && (octets.at(-1)! & ((1 << spareBits) - 1)) !== 0) return undefined
  return { family, sourceBits, octets }
}

/** The same subnet in an answer that depended on `scopeBits` of it. */
export function subnetOption({ family, sourceBits, octets }: Subnet, scopeBits: number): EdnsOption {
  const bytes = new Uint8Array(4 + octets.length)
  bytes.set([family >>> 8, family & 0xff, sourceBits, scopeBits])
  bytes.set(octets, 4)
  return { code: optionCodes.subnet, bytes }
}

/**
 * For whom to choose, and with what scope to say so. Without bits in the option its sender wants nobody's
 * address to matter but its own (RFC 7871 §7.1.2), which is `resolver`, 4 or 16 octets.
 */
export function clientPrefix(
  subnet: Subnet | undefined,
  resolver: Uint8Array,
  precision: Precision | undefined,
): { client: ClientPrefix; scopeBits: number } {
  if (subnet === undefined || subnet.sourceBits === 0 || precision === undefined) {
    return { client: { octets: resolver, bits: 8 * resolver.length }, scopeBits: 0 }
  }
  const mostBits = subnet.family === 1 ? precision.ipv4Bits : precision.ipv6Bits
  const bits = Math.min(subnet.sourceBits, mostBits)
  const octets = new Uint8Array(subnet.family === 1 ? 4 : 16)
  octets.set(subnet.octets.subarray(0, (bits + 7) >>> 3))
  if ((bits & 7) !== 0) octets[bits >>> 3]! &= 0xff << (-bits & 7)
  return { client: { octets, bits }, scopeBits: bits }
}

/** `192.0.2.0/24`, for people. */
export function prefixText({ octets, bits }: ClientPrefix): string {
  return `${addressText(octets)}/${bits}`
}
