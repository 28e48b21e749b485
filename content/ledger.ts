// The books of a bounded store: what is there, how much it occupies, what may go, and what must stay.
//
// Pure accounting, shared by every store. Space is promised before bytes are written (`reserve`), so that writers at
// work together cannot overrun the bound; the least recently used unpinned entries make room, and only when they can
// make enough of it: a refusal evicts nothing. What others hold as well is cheaper to lose: it goes first, unless what
// is rare has not been used for `rareFactor` times as long. Pinned, rare and common entries live in three maps, so that
// finding a victim is reading the first keys of two, whatever is pinned.
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
  /** Others hold it, too. Forgotten with the entry. */
  markCommon(key: string): void
  /** Enters what an earlier run left, even past the bound: the next `reserve` makes room, once pins are known. */
  adopt(key: string, sizeBytes: number): void
  /** The promised entry is there; from now on it can be found, and evicted. */
  commit(key: string): void
  cancel(key: string): void
  /** False when absent or pinned. */
  remove(key: string): boolean
  /** Takes an entry off the books, pinned or not, because its bytes are gone; its pins stay for its return. The owners
   *  of these pins. */
  lose(key: string): readonly string[]
  /** All that can be found, in no order. */
  keys(): string[]
  pin(owner: string, key: string): void
  unpin(owner: string): void
  usage(): Usage
}

/** `grainBytes` is what the medium gives at least: 4 KiB of a file system, so that tiny blocks cannot fill memory. */
export function createLedger(options: { bytesMax: number; grainBytes: number }): Ledger {
  const { bytesMax, grainBytes } = options
  const pins = createPins()
  const loose = createLoose(grainBytes)
  const held = createPart(grainBytes)
  const promised = createPart(grainBytes)

  const add = (key: string, sizeBytes: number): void => {
    if (pins.has(key)) held.add(key, { sizeBytes, usedAt: 0 })
    else loose.add(key, sizeBytes)
  }
  const find = (key: string): Entry | undefined => loose.find(key) ?? held.entries.get(key)
  const takeOff = (key: string): Entry | undefined => loose.take(key) ?? held.take(key)
  /** Puts an entry into the part that its pins call for, as its most recently used. */
  const settle = (key: string): void => {
    const entry = takeOff(key)
    if (entry !== undefined) add(key, entry.sizeBytes)
  }

  return {
    has: key => find(key) !== undefined,
    sizeBytes: key => find(key)?.sizeBytes,
    touch: settle,
    markCommon(key) {
      if (find(key) !== undefined || promised.entries.has(key)) loose.markCommon(key)
      settle(key)
    },
    adopt: add,
    reserve(key, sizeBytes) {
      const fixed = held.bytes() + promised.bytes() + charge(sizeBytes, grainBytes)
      if (fixed > bytesMax) return undefined
      const victims: string[] = []
      while (fixed + loose.bytes() > bytesMax) victims.push(loose.evict())
      promised.add(key, { sizeBytes, usedAt: 0 })
      return victims
    },
    commit: key => add(key, promised.take(key)!.sizeBytes),
    cancel(key) {
      promised.take(key)
      loose.forget(key)
    },
    remove(key) {
      const isThere = loose.take(key) !== undefined
      if (isThere) loose.forget(key)
      return isThere
    },
    lose(key) {
      takeOff(key)
      loose.forget(key)
      return pins.ownersOf(key)
    },
    keys: () => [...loose.keys(), ...held.entries.keys()],
    pin: (owner, key) => {
      if (pins.pin(owner, key)) settle(key)
    },
    unpin: owner => pins.unpin(owner).forEach(settle),
    usage: () => ({
      blocks: loose.count() + held.entries.size,
      bytes: loose.bytes() + held.bytes() + promised.bytes(),
      bytesMax,
      pinnedBytes: held.bytes(),
    }),
  }
}

/** How much longer than a common block a rare one may lie idle before it goes first. */
const rareFactor = 4

/** The unpinned entries: those that others hold, too, beside those of which that is not known. */
function createLoose(grainBytes: number) {
  const common = new Set<string>()
  const parts = { rare: createPart(grainBytes), common: createPart(grainBytes) }
  /** Counts uses: the age of an entry is how many came after its last. */
  let uses = 0
  return {
    add: (key: string, sizeBytes: number): void =>
      parts[common.has(key) ? 'common' : 'rare'].add(key, { sizeBytes, usedAt: ++uses }),
    find: (key: string): Entry | undefined => parts.rare.entries.get(key) ?? parts.common.entries.get(key),
    take: (key: string): Entry | undefined => parts.rare.take(key) ?? parts.common.take(key),
    bytes: (): number => parts.rare.bytes() + parts.common.bytes(),
    count: (): number => parts.rare.entries.size + parts.common.entries.size,
    keys: (): string[] => [...parts.rare.entries.keys(), ...parts.common.entries.keys()],
    markCommon: (key: string): void => void common.add(key),
    forget: (key: string): void => void common.delete(key),
    /** There must be an entry. */
    evict(): string {
      const [rare, other] = [parts.rare.oldest(), parts.common.oldest()]
      const isRareOld =
        rare !== undefined && other !== undefined && uses - rare.usedAt > rareFactor * (uses - other.usedAt)
      const part = other === undefined || isRareOld ? parts.rare : parts.common
      const victim = part.entries.keys().next().value!
      part.take(victim)
      common.delete(victim)
      return victim
    },
  }
}

function charge(sizeBytes: number, grainBytes: number): number {
  return Math.max(1, Math.ceil(sizeBytes / grainBytes)) * grainBytes
}

type Entry = { readonly sizeBytes: number; readonly usedAt: number }

type Part = {
  readonly entries: ReadonlyMap<string, Entry>
  oldest(): Entry | undefined
  bytes(): number
  add(key: string, entry: Entry): void
  take(key: string): Entry | undefined
}

/** Entries in order of their last use, and what they occupy together. */
function createPart(grainBytes: number): Part {
  const entries = new Map<string, Entry>()
  let bytes = 0
  const take = (key: string): Entry | undefined => {
    const entry = entries.get(key)
    if (entry === undefined) return undefined
    entries.delete(key)
    bytes -= charge(entry.sizeBytes, grainBytes)
    return entry
  }
  return {
    entries,
    oldest: () => entries.values().next().value,
    bytes: () => bytes,
    add(key, entry) {
      take(key)
      entries.set(key, entry)
      bytes += charge(entry.sizeBytes, grainBytes)
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
  ownersOf(key: string): string[]
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
    ownersOf: key =>
      owners.has(key) ? [...keysOf].filter(([, keys]) => keys.has(key)).map(([owner]) => owner) : [],
  }
}
