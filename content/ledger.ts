// The books of a bounded store: what is there, how much it occupies, what may go, and what must stay.
//
// Pure accounting, shared by every store. Space is promised before bytes are written (`reserve`), so that writers at
// work together cannot overrun the bound; the least recently used unpinned entries make room, and only when they can
// make enough of it: a refusal evicts nothing. Pinned and unpinned entries live in two maps, so that finding a victim
// is reading the first key of one, whatever is pinned.
//
// LRU, not SIEVE: here the cost of a miss is a network fetch and hits are absorbed by the memory cache above, so what
// reaches this order is the cold tail, where recency is as good and survives no restart either way.

import type { Usage } from './store.ts'

export interface Ledger {
  has(key: string): boolean
  sizeBytes(key: string): number | undefined
  /** Marks as used just now. */
  touch(key: string): void
  /**
   * Promises room for a new key. The victims have left the books already and must be deleted by the caller;
   * undefined when pinned and promised entries leave too little room.
   */
  reserve(key: string, sizeBytes: number): readonly string[] | undefined
  /** Enters what an earlier run left, even past the bound: the next `reserve` makes room, once pins are known. */
  adopt(key: string, sizeBytes: number): void
  /** The promised entry is there; from now on it can be found, and evicted. */
  commit(key: string): void
  cancel(key: string): void
  /** False when absent or pinned. */
  remove(key: string): boolean
  /** Takes an entry off the books, pinned or not, because its bytes are gone; its pins stay for its return. */
  lose(key: string): void
  pin(owner: string, key: string): void
  unpin(owner: string): void
  usage(): Usage
}

/** `grainBytes` is what the medium gives at least: 4 KiB of a file system, so that tiny blocks cannot fill memory. */
export function createLedger(options: { bytesMax: number; grainBytes: number }): Ledger {
  const { bytesMax, grainBytes } = options
  const pins = createPins()
  const loose = createPart(grainBytes) // unpinned, least recently used first
  const held = createPart(grainBytes)
  const promised = createPart(grainBytes)

  const add = (key: string, sizeBytes: number): void => (pins.has(key) ? held : loose).add(key, sizeBytes)
  const takeOff = (key: string): number | undefined => loose.take(key) ?? held.take(key)
  /** Puts an entry into the part that its pins call for, as its most recently used. */
  const settle = (key: string): void => {
    const sizeBytes = takeOff(key)
    if (sizeBytes !== undefined) add(key, sizeBytes)
  }
  const sizeBytes = (key: string): number | undefined => loose.sizes.get(key) ?? held.sizes.get(key)

  return {
    has: key => sizeBytes(key) !== undefined,
    sizeBytes,
    touch: settle,
    adopt: add,
    reserve(key, size) {
      const fixed = held.bytes() + promised.bytes() + charge(size, grainBytes)
      if (fixed > bytesMax) return undefined
      const victims: string[] = []
      while (fixed + loose.bytes() > bytesMax) {
        const victim = loose.sizes.keys().next().value!
        loose.take(victim)
        victims.push(victim)
      }
      promised.add(key, size)
      return victims
    },
    commit: key => add(key, promised.take(key)!),
    cancel: key => void promised.take(key),
    remove: key => loose.take(key) !== undefined,
    lose: key => void takeOff(key),
    pin: (owner, key) => {
      if (pins.pin(owner, key)) settle(key)
    },
    unpin: owner => pins.unpin(owner).forEach(settle),
    usage: () => ({
      blocks: loose.sizes.size + held.sizes.size,
      bytes: loose.bytes() + held.bytes() + promised.bytes(),
      bytesMax,
      pinnedBytes: held.bytes(),
    }),
  }
}

function charge(sizeBytes: number, grainBytes: number): number {
  return Math.max(1, Math.ceil(sizeBytes / grainBytes)) * grainBytes
}

type Part = {
  readonly sizes: ReadonlyMap<string, number>
  bytes(): number
  add(key: string, sizeBytes: number): void
  take(key: string): number | undefined
}

/** Entries in order of their last use, and what they occupy together. */
function createPart(grainBytes: number): Part {
  const sizes = new Map<string, number>()
  let bytes = 0
  const take = (key: string): number | undefined => {
    const size = sizes.get(key)
    if (size === undefined) return undefined
    sizes.delete(key)
    bytes -= charge(size, grainBytes)
    return size
  }
  return {
    sizes,
    bytes: () => bytes,
    add(key, sizeBytes) {
      take(key)
      sizes.set(key, sizeBytes)
      bytes += charge(sizeBytes, grainBytes)
    },
    take,
  }
}

/** Who pins what: an owner pins a key once, and a key stays pinned until its last owner lets go. */
function createPins(): {
  has(key: string): boolean
  /** True when the key was free before. */
  pin(owner: string, key: string): boolean
  /** The keys that are free now. */
  unpin(owner: string): string[]
} {
  const keysOf = new Map<string, Set<string>>()
  const owners = new Map<string, number>()
  return {
    has: key => owners.has(key),
    pin(owner, key) {
      let keys = keysOf.get(owner)
      if (keys === undefined) keysOf.set(owner, (keys = new Set()))
      if (keys.has(key)) return false
      keys.add(key)
      const count = owners.get(key) ?? 0
      owners.set(key, count + 1)
      return count === 0
    },
    unpin(owner) {
      const freed: string[] = []
      for (const key of keysOf.get(owner) ?? []) {
        const count = owners.get(key)! - 1
        if (count > 0) owners.set(key, count)
        else if (owners.delete(key)) freed.push(key)
      }
      keysOf.delete(owner)
      return freed
    },
  }
}
