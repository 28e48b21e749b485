// A hash index from a key to a row number, for keys that lie in the rows themselves.
//
// Open addressing with linear probing (Knuth, TAOCP volume 3, section 6.4, algorithms L and R): two words a
// slot, the row and the whole hash, so that a row is only looked at when 32 bits agree, and at most 70 % of the
// slots used. Removal closes the gap behind it, so that a table which is undone a million times has no
// tombstones. A Map from text to number takes 60 to 100 bytes an entry beside the text. Hashes must be seeded
// by whoever calls: keys are chosen by strangers.

export interface Slots {
  /** The row with this hash that `same` accepts; -1 when there is none. */
  find(hash: number, same: (row: number) => boolean): number
  /** The row must not be there yet. */
  add(hash: number, row: number): void
  /** Harmless when the row is not there. */
  remove(hash: number, row: number): void
}

const firstSize = 1024
/** Load at which the table doubles: 2.2 slots are looked at for a hit, 6.1 for a miss (Knuth, theorem K). */
const loadMax = 0.7

/** Hashes are 32-bit numbers, signed or not. */
export function createSlots(): Slots {
  // Row plus one, so that 0 is an empty slot, and the hash beside it.
  let slots = new Uint32Array(2 * firstSize)
  let mask = firstSize - 1
  let used = 0

  const put = (hash: number, kept: number): void => {
    let at = hash & mask
    while (slots[2 * at] !== 0) at = (at + 1) & mask
    slots[2 * at] = kept
    slots[2 * at + 1] = hash
  }
  const grow = (): void => {
    const old = slots
    slots = new Uint32Array(old.length * 2)
    mask = old.length - 1
    for (let i = 0; i < old.length; i += 2) if (old[i] !== 0) put(old[i + 1]!, old[i]!)
  }
  /** Whether what lies at `at` and wants `home` may not move to the empty slot `hole`. */
  const stays = (home: number, hole: number, at: number): boolean =>
    hole < at ? home > hole && home <= at : home > hole || home <= at

  return {
    find(hash, same) {
      const wanted = hash >>> 0
      for (let at = hash & mask; slots[2 * at] !== 0; at = (at + 1) & mask) {
        if (slots[2 * at + 1] === wanted && same(slots[2 * at]! - 1)) return slots[2 * at]! - 1
      }
      return -1
    },
    add(hash, row) {
      if (used > mask * loadMax) grow()
      put(hash, row + 1)
      used++
    },
    remove(hash, row) {
      let hole = hash & mask
      while (slots[2 * hole] !== 0 && slots[2 * hole] !== row + 1) hole = (hole + 1) & mask
      if (slots[2 * hole] === 0) return
      used--
      for (let at = (hole + 1) & mask; slots[2 * at] !== 0; at = (at + 1) & mask) {
        if (stays(slots[2 * at + 1]! & mask, hole, at)) continue
        slots[2 * hole] = slots[2 * at]!
        slots[2 * hole + 1] = slots[2 * at + 1]!
        hole = at
      }
      slots[2 * hole] = 0
    },
  }
}
