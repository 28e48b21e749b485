// A path: the bits that a peer answers for, and the trie that all paths together are (P-Grid, Aberer 2001 §2).
//
// Keys and paths are texts of '0' and '1', most significant bit first: comparing texts is comparing keys, a prefix is
// `startsWith`, and a person can read a dump. A path is rarely longer than 20 bits and a key has at most 128, so packed
// integers would save little and cost every line its clarity. Levels count from 1 as in the paper: the references of
// level l agree with this path on l - 1 bits and differ in bit l.

/** Up to `pathBitsMax` of '0' and '1'; empty: answers for everything. */
export type Path = string
/** Up to `keyBitsMax` of '0' and '1'. */
export type GridKey = string

export const pathBitsMax = 64
export const keyBitsMax = 128

export function isBits(text: string, lengthMax: number): boolean {
  return text.length <= lengthMax && /^[01]*$/.test(text)
}

/** How many leading bits the two share. */
export function commonBits(a: string, b: string): number {
  const end = Math.min(a.length, b.length)
  let i = 0
  while (i < end && a.charCodeAt(i) === b.charCodeAt(i)) i++
  return i
}

/** Whether a peer at `path` answers for `key`, or for some of what a shorter key stands for. */
export function covers(path: Path, key: GridKey): boolean {
  return path.startsWith(key) || key.startsWith(path)
}

/** The first key after all that begin with `prefix`; undefined when there is none. */
export function boundAfter(prefix: Path): GridKey | undefined {
  const last = prefix.lastIndexOf('0')
  return last < 0 ? undefined : `${prefix.slice(0, last)}1`
}

/** The sibling of the subtree of `path` at `level` (from 1): level - 1 bits of it and the other bit. */
export function sibling(path: Path, level: number): Path {
  return path.slice(0, level - 1) + otherBit(path[level - 1]!)
}

export function otherBit(bit: string): '0' | '1' {
  return bit === '0' ? '1' : '0'
}
