// SIEVE: a cache that keeps what is asked for twice (Zhang et al., NSDI 2024), bounded in bytes.
//
// New entries come in at the head of a queue. A hit only sets a mark; nothing moves. To make room, a hand walks from
// the tail towards the head, forgives marked entries by taking their mark, and evicts the first unmarked one; it
// then stays where it is. What was asked for once goes quickly, and what is popular sinks into the part of the queue
// that the hand passes seldom. Beats LRU by 6 to 9 points of hit ratio on web-like traces and costs no move on a hit.

export interface Sieve<Value> {
  get(key: string): Value | undefined
  has(key: string): boolean
  /** Values larger than a quarter of the cache are not taken: one would drive out too much. */
  set(key: string, value: Value): void
  delete(key: string): boolean
  /** Evicts until no more than so many bytes are left. */
  shrink(bytesLeft: number): void
  usage(): { entries: number; bytes: number }
}

type Entry<Value> = {
  readonly key: string
  value: Value
  bytes: number
  seen: boolean
  /** Towards the head, where new entries come in. */
  newer: Entry<Value> | undefined
  older: Entry<Value> | undefined
}

/** A map slot, the entry, a key of 60 characters: about what V8 needs beside the value. */
const overheadBytes = 300

export function createSieve<Value>(options: {
  bytesMax: number
  bytesOf: (value: Value) => number
  /** Told of what went to make room; not of what was replaced or deleted. */
  onEvicted?: (value: Value) => void
}): Sieve<Value> {
  const { bytesMax, bytesOf, onEvicted } = options
  const entries = new Map<string, Entry<Value>>()
  let head: Entry<Value> | undefined
  let tail: Entry<Value> | undefined
  let hand: Entry<Value> | undefined
  let bytes = 0

  const unlink = (entry: Entry<Value>): void => {
    if (entry.newer) entry.newer.older = entry.older
    else head = entry.older
    if (entry.older) entry.older.newer = entry.newer
    else tail = entry.newer
    if (hand === entry) hand = entry.newer
    entries.delete(entry.key)
    bytes -= entry.bytes
  }
  const evictOne = (): void => {
    let entry = hand ?? tail!
    while (entry.seen) {
      entry.seen = false
      entry = entry.newer ?? tail!
    }
    hand = entry.newer
    unlink(entry)
    onEvicted?.(entry.value)
  }

  return {
    get(key) {
      const entry = entries.get(key)
      if (entry === undefined) return undefined
      entry.seen = true
      return entry.value
    },
    has: key => entries.has(key),
    set(key, value) {
      const old = entries.get(key)
      if (old !== undefined) unlink(old)
      const needed = bytesOf(value) + overheadBytes
      if (needed > bytesMax / 4) return
      while (bytes + needed > bytesMax) evictOne()
      const entry = { key, value, bytes: needed, seen: old !== undefined, newer: undefined, older: head }
      if (head) head.newer = entry
      head = entry
      tail ??= entry
      entries.set(key, entry)
      bytes += needed
    },
    delete(key) {
      const entry = entries.get(key)
      if (entry === undefined) return false
      unlink(entry)
      return true
    },
    shrink(bytesLeft) {
      while (bytes > Math.max(0, bytesLeft)) evictOne()
    },
    usage: () => ({ entries: entries.size, bytes }),
  }
}
