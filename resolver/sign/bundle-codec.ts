// A bundle as bytes: what an owner publishes beside the site, by the hash of its content.
//
// One bundle has one spelling: names in lower case and in order, members ascending, sets sorted and each once,
// nothing after the end; anything else is refused. So the same sets have the same hash, and a decoder has no
// choices. All counts are bounded before memory is taken for them. Big-endian throughout:
//
//   version 2 · zone · serial 4 · ttl 4 · inception 4 · expiration 4 · algorithm 1 · key tag 2 · owners 1, each a name
//   then for A and for AAAA: addresses 2, each 4 or 16 octets · for each owner: sets 4, each: count 1, members 2
//   each, seconds earlier than expiration 2, signature 64

import { concatBytes, toHex } from '../../base/bytes.ts'
import { Fault } from '../../base/fault.ts'
import { types } from '../wire/code.ts'
import { compareNames, foldCase, isWithin, type Name, nameOctets, readName } from '../wire/name.ts'
import { malformed, Reader } from '../wire/reader.ts'
import {
  type AddressType,
  addressTypes,
  type Bundle,
  compareMembers,
  type Family,
  membersMax,
  type SignedMembers,
} from './bundle.ts'
import { algorithms, signatureBytes } from './key.ts'

const version = 2
export const bundleBytesMax = 16 * 1024 * 1024
const ownersMax = 16
const addressesMax = 4096

function addressBytes(type: AddressType): number {
  return type === types.A ? 4 : 16
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value >>> 8, value & 0xff)
}

function u32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff)
}

/** Throws Fault `bytes/too-large` for a bundle that no edge would take. */
export function encodeBundle(bundle: Bundle): Uint8Array {
  const { zone, serial, ttlS, inceptionAtS, expirationAtS, algorithm, tag, owners, families } = bundle
  const counts = addressTypes.map(type => families[type].addresses.length)
  if (owners.length > ownersMax || counts.some(count => count > addressesMax)) {
    throw tooLarge(`${owners.length} names and ${Math.max(...counts)} addresses`)
  }
  const parts = [Uint8Array.of(version), nameOctets(zone)]
  for (const value of [serial, ttlS, inceptionAtS, expirationAtS]) parts.push(u32(value))
  parts.push(Uint8Array.of(algorithm), u16(tag), Uint8Array.of(owners.length), ...owners.map(nameOctets))
  for (const type of addressTypes) {
    const { addresses, sets } = families[type]
    parts.push(u16(addresses.length), ...addresses)
    for (const owner of owners.keys()) {
      const own = sets.filter(set => set.owner === owner)
      parts.push(u32(own.length))
      for (const { members, earlierS, signature } of own) {
        parts.push(Uint8Array.of(members.length), ...members.map(u16), u16(earlierS), signature)
      }
    }
  }
  const bytes = concatBytes(parts)
  if (bytes.length > bundleBytesMax) throw tooLarge(`${bytes.length} octets`)
  return bytes
}

function tooLarge(what: string): Fault {
  const bounds = `${ownersMax} names, ${addressesMax} addresses and ${bundleBytesMax} octets are the most`
  return new Fault('bytes/too-large', `a bundle of signed places with ${what}; ${bounds}`, {
    hint: 'Admit fewer edges, or sign fewer of them together.',
  })
}

/** Checks the form, not the signatures. Throws Fault `bytes/malformed` or `bytes/too-large`. */
export function decodeBundle(bytes: Uint8Array): Bundle {
  if (bytes.length > bundleBytesMax) throw tooLarge(`${bytes.length} octets`)
  const reader = new Reader(bytes)
  const head = readHead(reader)
  const families = {
    [types.A]: readFamily(reader, types.A, head.owners.length),
    [types.AAAA]: readFamily(reader, types.AAAA, head.owners.length),
  }
  if (reader.left > 0) throw malformed('octets after the end of a bundle')
  return { ...head, families }
}

/** All that stands before the addresses. Throws Fault `bytes/malformed`. */
export function readHead(reader: Reader): Omit<Bundle, 'families'> {
  if (reader.u8() !== version) throw malformed('a bundle of an unknown version')
  const zone = readCanonicalName(reader)
  const [serial, ttlS, inceptionAtS, expirationAtS] = [reader.u32(), reader.u32(), reader.u32(), reader.u32()]
  const algorithm = reader.u8()
  if (algorithm !== algorithms.ECDSAP256SHA256 && algorithm !== algorithms.ED25519) {
    throw malformed('a bundle of an unknown algorithm')
  }
  const tag = reader.u16()
  return { zone, serial, ttlS, inceptionAtS, expirationAtS, algorithm, tag, owners: readOwners(reader, zone) }
}

/** Not compressed, in lower case. */
function readCanonicalName(reader: Reader): Name {
  const start = reader.at
  const name = readName(reader)
  if (reader.at - start !== name.length + 1) throw malformed('a compressed name in a bundle')
  if (foldCase(name) !== name) throw malformed('a name in a bundle that is not in lower case')
  return name
}

function readOwners(reader: Reader, zone: Name): Name[] {
  const count = reader.u8()
  if (count < 1 || count > ownersMax) throw malformed(`a bundle for ${count} names`)
  const owners: Name[] = []
  for (let i = 0; i < count; i++) {
    const owner = readCanonicalName(reader)
    if (!isWithin(owner, zone)) throw malformed('a bundle for a name of another zone')
    if (i > 0 && compareNames(owners[i - 1]!, owner) >= 0) throw malformed('names of a bundle out of order')
    owners.push(owner)
  }
  return owners
}

function readFamily(reader: Reader, type: AddressType, owners: number): Family {
  const addresses = readAddresses(reader, type)
  const count = addresses.length
  const distinct = new Set(addresses.map(toHex))
  if (distinct.size < count) throw malformed('an address that is twice in a bundle')
  const sets: SignedMembers[] = []
  for (let owner = 0; owner < owners; owner++) {
    let before: readonly number[] = []
    // No memory is taken for a count that is only claimed: each set has to be there.
    for (let left = reader.u32(); left > 0; left--) {
      const members = readMembers(reader, count)
      if (compareMembers(before, members) >= 0) throw malformed('sets of a bundle out of order')
      before = members
      sets.push({ owner, members, earlierS: reader.u16(), signature: reader.take(signatureBytes) })
    }
  }
  return { addresses, sets }
}

/** All of a type. Throws Fault `bytes/malformed`. */
export function readAddresses(reader: Reader, type: AddressType): Uint8Array[] {
  const count = reader.u16()
  if (count > addressesMax) throw malformed(`a bundle of ${count} addresses`)
  return Array.from({ length: count }, () => reader.take(addressBytes(type)))
}

function readMembers(reader: Reader, addresses: number): number[] {
  const count = reader.u8()
  if (count < 1 || count > membersMax) throw malformed(`a set of ${count} addresses in a bundle`)
  const members = Array.from({ length: count }, () => reader.u16())
  const isAscending = members.every((member, i) => i === 0 || members[i - 1]! < member)
  if (!isAscending || members.at(-1)! >= addresses) throw malformed('members of a set that are not there')
  return members
}
