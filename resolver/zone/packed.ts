// A zone as octets: what a thread makes of a million records, and another answers from as it is.
//
// Objects would have to be made again by who receives them, and looked through by each collection of garbage, which
// stops a server for a tenth of a second. These are three arrays in shared memory, whatever the size of the zone, and a
// tenth of the memory: entries, one for each name, behind them the links of the denial chain; a hash table to find an
// entry by its name; and the places of the links in the order of their keys.
//
//   entry  name length (1), name in lower case, length of the name of its delegation or 0 (1), sets (2), then each set:
//   set    type (2), TTL (4), length of what follows (4), whether the owner is spelled otherwise (1), that spelling,
//          data (4), then for each of them, and for each signature behind them, length (2) and octets
//   link   entry (4), key length (2), key

import { Fault } from '../../base/fault.ts'
import { nsec3Hash } from '../sign/nsec.ts'
import { classes, types } from '../wire/code.ts'
import { type Name, nameText } from '../wire/name.ts'
import { dataOctets, type RecordData, readData } from '../wire/rdata.ts'
import { Reader } from '../wire/reader.ts'
import { type Chain, type Denial, nsec3Denial, nsecDenial } from './denial.ts'
import type { Rrset } from './rrset.ts'
import type { Cut, Zone } from './zone.ts'

/** All of it may be sent to another thread, which shares its memory. */
export interface PackedZone {
  /** In lower case. */
  readonly apex: Name
  readonly octets: Uint8Array
  readonly entriesEnd: number
  /** Pairs: the hash of a name, and where its entry is, 0 for none. A power of two of them. */
  readonly slots: Uint32Array
  readonly seed: number
  /** Empty in a zone that is not signed. */
  readonly links: Uint32Array
  /** Of the chain of NSEC3; undefined for one of NSEC. */
  readonly hashing: { readonly iterations: number; readonly salt: Uint8Array } | undefined
}

/** Entries begin behind it, for 0 is no place. */
const firstAt = 1

const chunkBytes = 1024 * 1024
const octetsMax = 2 ** 32 - 1

/** Octets that grow in chunks, so that nothing is copied but once, at the end. */
export class Sink {
  private readonly chunks: Uint8Array[] = []
  private chunk: Buffer = Buffer.alloc(chunkBytes)
  private at = firstAt
  private closedBytes = 0

  /** How many there are, and so the place of the next. */
  get end(): number {
    return this.closedBytes + this.at
  }

  entry(name: Name, cutBytes: number, sets: readonly Rrset[]): number {
    const startAt = this.end
    this.room(4 + name.length)
    this.number(name.length, 1)
    this.text(name)
    this.number(cutBytes, 1)
    this.number(sets.length, 2)
    for (const set of sets) this.set(name, set)
    return startAt
  }

  link(key: string, entryAt: number): number {
    const startAt = this.end
    this.room(6 + key.length)
    this.number(entryAt, 4)
    this.number(key.length, 2)
    this.text(key)
    return startAt
  }

  /** All of them, in shared memory. Throws Fault `bytes/too-large`. */
  sealed(): Uint8Array {
    if (this.end > octetsMax) throw new Fault('bytes/too-large', `a zone of ${this.end} octets`)
    this.close(0)
    const all = new Uint8Array(new SharedArrayBuffer(this.closedBytes))
    let at = 0
    for (const chunk of this.chunks) {
      all.set(chunk, at)
      at += chunk.length
    }
    return all
  }

  private set(owner: Name, { name, type, ttlS, data, signatures }: Rrset): void {
    const spelled = name === owner ? '' : name
    const all = [...data, ...signatures].map(dataOctets)
    const bytes = all.reduce((sum, { length }) => sum + 2 + length, 5 + spelled.length)
    this.room(10 + bytes)
    this.number(type, 2)
    this.number(ttlS, 4)
    this.number(bytes, 4)
    this.number(spelled === '' ? 0 : 1, 1)
    this.text(spelled)
    this.number(data.length, 4)
    for (const octets of all) {
      this.number(octets.length, 2)
      this.chunk.set(octets, this.at)
      this.at += octets.length
    }
  }

  /** Sees to it that the next `bytes` fit into the chunk. */
  private room(bytes: number): void {
    if (this.at + bytes > this.chunk.length) this.close(Math.max(chunkBytes, bytes))
  }

  private close(nextBytes: number): void {
    this.chunks.push(this.chunk.subarray(0, this.at))
    this.closedBytes += this.at
    this.chunk = Buffer.allocUnsafe(nextBytes)
    this.at = 0
  }

  private number(value: number, bytes: number): void {
    this.at = this.chunk.writeUIntBE(value, this.at, bytes)
  }

  private text(text: string): void {
    this.at += this.chunk.write(text, this.at, 'latin1')
  }
}

/**
 * Names side by side in the table: who looks for a name that is not there walks to the end of them. A table that is two
 * thirds full, as it is at most, has a hundred and twenty in a row among a million by chance.
 */
const runMax = 1024
/** An owner may look for names that collide under one of them; under all of them at once, names are too short for. */
const seeds = [0x811c9dc5, 0x2545f491, 0x9e3779b9, 0x6a09e667]

/** The hash table of `places`, the entries by their names. Throws Fault `config/invalid` for names made to collide. */
export function slotsOf(places: ReadonlyMap<Name, number>): Pick<PackedZone, 'slots' | 'seed'> {
  const size = 2 ** Math.ceil(Math.log2(Math.max(2, places.size * 1.5)))
  for (const seed of seeds) {
    const slots = new Uint32Array(new SharedArrayBuffer(8 * size))
    if (fill(slots, seed, places)) return { slots, seed }
  }
  throw new Fault('config/invalid', 'the names of the zone were made to collide')
}

function fill(slots: Uint32Array, seed: number, places: ReadonlyMap<Name, number>): boolean {
  const mask = slots.length / 2 - 1
  for (const [name, at] of places) {
    const hash = hashOf(name, seed)
    let slot = hash & mask
    for (let probes = 0; slots[2 * slot + 1] !== 0; slot = (slot + 1) & mask) {
      if (++probes > runMax) return false
    }
    slots[2 * slot] = hash
    slots[2 * slot + 1] = at
  }
  return longestRun(slots) <= runMax
}

/** Also of names that each have the slot they wanted, and so cost nothing to put in. */
function longestRun(slots: Uint32Array): number {
  let longest = 0
  let run = 0
  for (let i = 1; i < slots.length; i += 2) {
    run = slots[i] === 0 ? 0 : run + 1
    if (run > longest) longest = run
  }
  return longest
}

/** FNV-1a, its bits mixed once more, since the lower ones choose the slot. */
function hashOf(name: string, seed: number): number {
  let hash = seed
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return (hash ^ (hash >>> 13)) >>> 0
}

/** The zone, at once, whatever its size. Throws Fault `config/invalid` without an SOA at the apex. */
export function openZone(packed: PackedZone): Zone {
  const { apex } = packed
  const store = new Store(packed)
  const soa = store.node(apex)?.rrset(types.SOA)
  const authority = soa?.data[0]
  if (soa === undefined || authority?.kind !== 'authority') {
    throw new Fault('config/invalid', `there is no SOA at ${nameText(apex)}`)
  }
  const absence = { ...soa, ttlS: Math.min(soa.ttlS, authority.negativeS) }
  return {
    apex,
    node: name => store.node(name),
    soa: () => absence,
    denial: denialOf(packed, store),
    sets: () => store.sets(),
  }
}

function denialOf({ apex, links, hashing }: PackedZone, store: Store): Denial | undefined {
  if (links.length === 0) return undefined
  if (hashing === undefined) return nsecDenial(chainOf(store, links, types.NSEC), apex)
  const chain = chainOf(store, links, types.NSEC3)
  return nsec3Denial(chain, apex, name => nsec3Hash(name, hashing))
}

function chainOf(store: Store, links: Uint32Array, type: number): Chain {
  const last = links.length - 1
  const indexOf = (key: string): number => {
    let low = 0
    let high = last
    while (low <= high) {
      const middle = (low + high) >>> 1
      if (store.compareLink(links[middle]!, key) <= 0) low = middle + 1
      else high = middle - 1
    }
    return high
  }
  const setAt = (index: number): Rrset => store.nodeAt(store.u32(links[index]!)).rrset(type)!
  return {
    match(key) {
      const index = indexOf(key)
      return index >= 0 && store.compareLink(links[index]!, key) === 0 ? setAt(index) : undefined
    },
    at(key) {
      const index = indexOf(key)
      return setAt(index < 0 ? last : index)
    },
  }
}

class Store {
  readonly octets: Buffer
  private readonly packed: PackedZone
  private readonly mask: number

  constructor(packed: PackedZone) {
    const { buffer, byteOffset, byteLength } = packed.octets
    this.octets = Buffer.from(buffer, byteOffset, byteLength)
    this.packed = packed
    this.mask = packed.slots.length / 2 - 1
  }

  node(name: Name): Node | undefined {
    const { slots, seed } = this.packed
    const hash = hashOf(name, seed)
    for (let slot = hash & this.mask; ; slot = (slot + 1) & this.mask) {
      const at = slots[2 * slot + 1]!
      if (at === 0) return undefined
      if (slots[2 * slot] === hash && this.isAt(at, name)) return new Node(this, name, at + 1 + name.length)
    }
  }

  nodeAt(at: number): Node {
    const endAt = at + 1 + this.octets[at]!
    return new Node(this, this.name(at + 1, endAt), endAt)
  }

  *sets(): Generator<Rrset, void> {
    for (let at = firstAt; at < this.packed.entriesEnd; ) {
      const node = this.nodeAt(at)
      yield* node.sets
      at = node.endAt
    }
  }

  u16(at: number): number {
    return (this.octets[at]! << 8) | this.octets[at + 1]!
  }

  u32(at: number): number {
    return this.u16(at) * 0x1_0000 + this.u16(at + 2)
  }

  name(at: number, endAt: number): Name {
    return this.octets.toString('latin1', at, endAt) as Name
  }

  /** Negative when the key of the link at `at` is before `key`, 0 when it is the same. */
  compareLink(at: number, key: string): number {
    const { octets } = this
    const length = this.u16(at + 4)
    const common = Math.min(length, key.length)
    for (let i = 0; i < common; i++) {
      const difference = octets[at + 6 + i]! - key.charCodeAt(i)
      if (difference !== 0) return difference
    }
    return length - key.length
  }

  private isAt(at: number, name: Name): boolean {
    const { octets } = this
    if (octets[at] !== name.length) return false
    for (let i = 0; i < name.length; i++) if (octets[at + 1 + i] !== name.charCodeAt(i)) return false
    return true
  }
}

const headBytes = 10

class Node implements Cut {
  readonly name: Name
  private readonly store: Store
  /** Behind the name. */
  private readonly at: number

  constructor(store: Store, name: Name, at: number) {
    this.store = store
    this.name = name
    this.at = at
  }

  get empty(): boolean {
    return this.count === 0
  }

  get cut(): Node | undefined {
    const bytes = this.store.octets[this.at]!
    if (bytes === 0) return undefined
    return bytes === this.name.length ? this : this.store.node(this.name.slice(-bytes) as Name)
  }

  rrset(type: number): Rrset | undefined {
    let at = this.at + 3
    for (let left = this.count; left > 0; left--) {
      if (this.store.u16(at) === type) return this.setAt(at)
      at = this.after(at)
    }
    return undefined
  }

  get sets(): readonly Rrset[] {
    const sets: Rrset[] = []
    let at = this.at + 3
    for (let left = this.count; left > 0; left--) {
      sets.push(this.setAt(at))
      at = this.after(at)
    }
    return sets
  }

  /** Where the next entry begins. */
  get endAt(): number {
    let at = this.at + 3
    for (let left = this.count; left > 0; left--) at = this.after(at)
    return at
  }

  private get count(): number {
    return this.store.u16(this.at + 1)
  }

  private after(setAt: number): number {
    return setAt + headBytes + this.store.u32(setAt + 6)
  }

  private setAt(setAt: number): Rrset {
    const { store } = this
    const type = store.u16(setAt)
    const endAt = this.after(setAt)
    let at = setAt + headBytes + 1
    let name = this.name
    if (store.octets[at - 1] === 1) {
      name = store.name(at, at + name.length)
      at += name.length
    }
    const data: RecordData[] = []
    const signatures: RecordData[] = []
    const count = store.u32(at)
    for (at += 4; at < endAt; ) {
      const octetsAt = at + 2
      at = octetsAt + store.u16(at)
      const octets = new Uint8Array(store.octets.buffer, store.octets.byteOffset + octetsAt, at - octetsAt)
      if (data.length < count) data.push(dataFrom(octets, type))
      else signatures.push({ kind: 'raw', bytes: octets })
    }
    return { name, type, ttlS: store.u32(setAt + 2), data, signatures }
  }
}

/** Types whose data is structured (rdata.ts); that of all others is its octets. */
const structured: ReadonlySet<number> = new Set([
  ...[types.NS, types.CNAME, types.PTR, types.MX, types.SOA, types.TXT],
])

/** What `dataOctets` made octets of. */
function dataFrom(octets: Uint8Array, type: number): RecordData {
  if (type === types.A || type === types.AAAA) return { kind: 'address', bytes: octets }
  if (!structured.has(type)) return { kind: 'raw', bytes: octets }
  return readData(new Reader(octets), type, classes.IN, octets.length)
}
