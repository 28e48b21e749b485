// Where a name lives in a sharded directory (a HAMT: Bagwell 2001; UnixFS fanout 256).
//
// A directory too big for one block becomes a trie over the hash of the names: byte d of the hash chooses the slot at
// depth d. Slots that two names share open one level deeper, so a look-up costs as many blocks as the trie is deep,
// about log256(entries). The hash has eight bytes, so the trie has at most eight levels; names that agree in all of
// them cannot be told apart and are refused, as in kubo (js goes on with more hashes and differs there).

import { utf8 } from '../base/bytes.ts'
import { Fault } from '../base/fault.ts'
import { murmur3 } from './murmur3.ts'

export const shardFanout = 256
/** Multicodec murmur3-x64-64. */
export const murmurCode = 0x22
export const shardDepthMax = 8

export type Trie<Entry> = { readonly slots: Map<number, Entry | Trie<Entry>> }

export function isTrie<Entry extends object>(slot: Entry | Trie<Entry>): slot is Trie<Entry> {
  return 'slots' in slot
}

/** The slot of a name at each depth, 8 numbers of 0 to 255. */
export function shardSlots(name: string): Uint8Array {
  return murmur3(utf8(name))
}

/** Two upper-case hexadecimal digits, which begin the name of every link of a shard. */
export function slotLabel(slot: number): string {
  return slot.toString(16).toUpperCase().padStart(2, '0')
}

/** Which slots are taken, as kubo writes it: slot 0 is the lowest bit of the last byte, leading zero bytes left out. */
export function slotBits(slots: Iterable<number>): Uint8Array {
  const bits = new Uint8Array(shardFanout / 8)
  for (const slot of slots) bits[bits.length - 1 - (slot >> 3)]! |= 1 << (slot & 7)
  return bits.subarray(bits.findIndex(byte => byte !== 0))
}

/** Throws `content/unsupported` when two names agree in all 64 bits of their hash. */
export function buildTrie<Entry extends { readonly name: string }>(entries: Iterable<Entry>): Trie<Entry> {
  const root: Trie<Entry> = { slots: new Map() }
  for (const entry of entries) insert(root, entry, shardSlots(entry.name), 0)
  return root
}

function insert<Entry extends { readonly name: string }>(
  trie: Trie<Entry>,
  entry: Entry,
  slots: Uint8Array,
  depth: number,
): void {
  if (depth >= shardDepthMax) throw new Fault('content/unsupported', `"${entry.name}" collides in its shard`)
  const slot = slots[depth]!
  const there = trie.slots.get(slot)
  if (there === undefined) {
    trie.slots.set(slot, entry)
  } else if (isTrie(there)) {
    insert(there, entry, slots, depth + 1)
  } else {
    const deeper: Trie<Entry> = { slots: new Map() }
    trie.slots.set(slot, deeper)
    insert(deeper, there, shardSlots(there.name), depth + 1)
    insert(deeper, entry, slots, depth + 1)
  }
}
