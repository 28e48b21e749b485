// EDNS Client Subnet (RFC 7871): a resolver says for which part of the network it asks.
//
// The nearest edge for a client is not the nearest for its resolver, which may be on another continent. What
// the option says is taken as a hint, never as identity: anybody may claim any subnet. The answer repeats it
// with a scope, the number of bits that the choice depended on, so that one answer is kept for all it fits.

import { addressText, parseIpv4, parseIpv6 } from '../wire/address.ts'
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

/** For whom to choose: the subnet, or `resolver` (4 or 16 octets) where it tells no bits (RFC 7871 §7.1.2). */
export function clientPrefix(subnet: Subnet | undefined, resolver: Uint8Array): ClientPrefix {
  if (subnet === undefined || subnet.sourceBits === 0) return { octets: resolver, bits: 8 * resolver.length }
  const octets = new Uint8Array(subnet.family === 1 ? 4 : 16)
  octets.set(subnet.octets)
  return { octets, bits: subnet.sourceBits }
}

/** `192.0.2.0/24`, for people. */
export function prefixText({ octets, bits }: ClientPrefix): string {
  return `${addressText(octets)}/${bits}`
}

/** The prefix that `192.0.2.0/24` means; undefined for what is none, and for bits set beyond its length. */
export function parsePrefix(text: string): ClientPrefix | undefined {
  const [, address = '', length = ''] = /^([0-9a-fA-F.:]{1,45})\/(\d{1,3})$/.exec(text) ?? []
  const octets = parseIpv4(address) ?? parseIpv6(address)
  const bits = Number(length)
  if (octets === undefined || length === '' || bits > 8 * octets.length) return undefined
  return octets.every((octet, i) => octet === maskedOctet(octet, bits - 8 * i)) ? { octets, bits } : undefined
}

/** The network of `bits` that `octets` lies in. */
export function networkOf(octets: Uint8Array, bits: number): ClientPrefix {
  return { octets: octets.map((octet, i) => maskedOctet(octet, bits - 8 * i)), bits }
}

/** The first `bits` of an octet; any number of them. */
function maskedOctet(octet: number, bits: number): number {
  if (bits >= 8) return octet
  return bits <= 0 ? 0 : octet & (0xff << (8 - bits)) & 0xff
}
