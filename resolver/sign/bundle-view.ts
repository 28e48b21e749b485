// The signed places of a site, chosen from a bundle as it lies in its octets.
//
// A bundle has one spelling: the sets of an owner are sorted, first by how many members they have, and those of the
// same size are as long as each other. So a set is found by halving its run, and whoever answers DNS only hops over the
// sets to take a bundle over. Rejected: a table of all sets, a string for each, which stopped the server for as long as
// they took to make.

import { types } from '../wire/code.ts'
import type { Name } from '../wire/name.ts'
import { Reader } from '../wire/reader.ts'
import type { Rrset } from '../zone/rrset.ts'
import { type AddressType, compareMembers, membersMax, setOf } from './bundle.ts'
import { readAddresses, readHead } from './bundle-codec.ts'
import { signatureBytes } from './key.ts'

export interface SignedPlaces {
  /** In canonical order. */
  readonly owners: readonly Name[]
  /**
   * The signed set of `owner` (lower case) with as many of `ranked` (best first) as were signed together, the
   * best in any case; when none of them is admitted, some set that is. Undefined when the owner admitted no
   * address of that type.
   */
  choose(owner: Name, type: AddressType, ranked: readonly Uint8Array[]): Rrset | undefined
}

/** Sets of one owner and as many members, one behind the other. */
interface Run {
  readonly at: number
  readonly count: number
}

interface FamilyView {
  readonly addresses: readonly Uint8Array[]
  readonly places: ReadonlyMap<string, number>
  /** By owner, then by members less one. */
  readonly runs: readonly (readonly Run[])[]
}

/** Sets that were chosen last are kept made. */
const madeMax = 1024

/** Of octets that `decodeBundle` has taken before; they are not to change. */
export function viewBundle(octets: Uint8Array): SignedPlaces {
  const reader = new Reader(octets)
  const head = readHead(reader)
  const families = {
    [types.A]: viewFamily(reader, types.A, head.owners.length),
    [types.AAAA]: viewFamily(reader, types.AAAA, head.owners.length),
  }
  const made = new Map<number, Rrset>()
  return {
    owners: head.owners,
    choose(name, type, ranked) {
      const owner = head.owners.indexOf(name)
      if (owner < 0) return undefined
      const { addresses, places, runs } = families[type]
      const best = ranked.map(address => places.get(hexOf(address))).filter(place => place !== undefined)
      for (const chosen of [...combinations(best.slice(0, membersMax)), [0]]) {
        const members = chosen.sort((a, b) => a - b)
        const at = placeIn(reader, runs[owner]![members.length - 1]!, members)
        if (at === undefined) continue
        const known = made.get(at)
        if (known !== undefined) return known
        reader.at = at + membersBytes(members.length)
        const [earlierS, signature] = [reader.u16(), reader.take(signatureBytes)]
        const set = setOf(head, type, addresses, { owner, members, earlierS, signature })
        if (made.size >= madeMax) made.clear()
        made.set(at, set)
        return set
      }
      return undefined
    },
  }
}

function viewFamily(reader: Reader, type: AddressType, owners: number): FamilyView {
  const addresses = readAddresses(reader, type)
  const places = new Map(addresses.map((address, place) => [hexOf(address), place]))
  const runs = Array.from({ length: owners }, () => readRuns(reader))
  return { addresses, places, runs }
}

function readRuns(reader: Reader): Run[] {
  let left = reader.u32()
  const runs: Run[] = []
  for (let size = 1; size <= membersMax; size++) {
    const { at } = reader
    let count = 0
    for (; left > 0 && reader.bytes[reader.at] === size; left--, count++) reader.at += setBytes(size)
    runs.push({ at, count })
  }
  return runs
}

function membersBytes(size: number): number {
  return 1 + 2 * size
}

function setBytes(size: number): number {
  return membersBytes(size) + 2 + signatureBytes
}

/** Where the set of `members` (ascending) is in a run of their number. */
function placeIn({ bytes }: Reader, { at, count }: Run, members: readonly number[]): number | undefined {
  let low = 0
  let high = count - 1
  while (low <= high) {
    const middle = (low + high) >>> 1
    const setAt = at + middle * setBytes(members.length)
    const there = members.map((_, i) => bytes.readUInt16BE(setAt + 1 + 2 * i))
    const order = compareMembers(there, members)
    if (order === 0) return setAt
    if (order < 0) low = middle + 1
    else high = middle - 1
  }
  return undefined
}

function hexOf(address: Uint8Array): string {
  return Buffer.from(address.buffer, address.byteOffset, address.length).toString('hex')
}

/** All three, then the best with one other, then the best, then the rest. */
function combinations(best: readonly number[]): number[][] {
  const [a, b, c] = best
  const sets: number[][] = []
  if (a !== undefined && b !== undefined && c !== undefined) sets.push([a, b, c])
  if (a !== undefined && b !== undefined) sets.push([a, b])
  if (a !== undefined && c !== undefined) sets.push([a, c])
  return [...sets, ...best.map(one => [one])]
}
