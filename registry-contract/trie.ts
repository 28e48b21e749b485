// Reading a Merkle Patricia trie of which only the nodes on a few paths are known.
//
// A node is known by keccak256 of its bytes, so a path from a trusted root down to a value cannot be forged: every
// step names the hash of the next. A path that ends without the key proves that the key is absent. Two rules are
// added to what the library checks. Every node given must be read, in the order given: so one statement has one
// proof, and a changed byte anywhere is noticed, also in a node that nobody needs. And an absence counts only
// where the walk says where it parted from the key, not where it merely came to an end. Yellow Paper appendix D;
// EIP-1186. The trie is `@ethereumjs/mpt`, because a wrong case in it would be a forged name.

import { createMPT } from '@ethereumjs/mpt'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { fromHex, toHex } from '../base/bytes.ts'
import { Fault } from '../base/fault.ts'

/** A branch with 16 hashes, no value, and the list's head: 3 + 16 × 33 + 1 bytes. */
export const nodeBytesMax = 532

export interface TrieReading {
  /** One for each key; undefined when the trie proves that it has none. */
  readonly values: readonly (Uint8Array | undefined)[]
  /** The nodes that were needed, in the order of first use: what a proof must consist of, no more. */
  readonly used: readonly Uint8Array[]
}

/** keccak256(rlp('')), the root of a trie without any key. */
export const emptyRoot = `0x${toHex(keccak_256(new Uint8Array([0x80])))}`

/** Hash to node, for the library; remembers what was read. */
function createNodes(nodes: readonly Uint8Array[]) {
  const byHash = new Map(nodes.map(node => [toHex(keccak_256(node)), node]))
  const used = new Set<Uint8Array>()
  const readOnly = async (): Promise<void> => {
    throw new Fault('proof/invalid', 'A proof cannot be written to.')
  }
  const db = {
    async get(hash: string): Promise<string | undefined> {
      const node = byHash.get(hash)
      if (node) used.add(node)
      return node && toHex(node)
    },
    put: readOnly,
    del: readOnly,
    batch: readOnly,
    open: async () => {},
    shallowCopy: () => db,
  }
  return { db, used }
}

/**
 * Reads `keys` (before hashing) under `root` from a heap of nodes, some of which may be superfluous. Fault
 * `proof/invalid`, beginning with `what`, when the nodes do not reach from the root to each key or its absence.
 */
export async function readTrie(
  what: string,
  root: string,
  keys: readonly Uint8Array[],
  nodes: readonly Uint8Array[],
): Promise<TrieReading> {
  if (root === emptyRoot) return { values: keys.map(() => undefined), used: [] }
  const { db, used } = createNodes(nodes)
  const trie = await createMPT({ db, root: fromHex(root)! })
  const values: (Uint8Array | undefined)[] = []
  for (const key of keys) {
    const found = await trie.findPath(keccak_256(key), true).catch(cause => {
      throw new Fault('proof/invalid', `${what}: the nodes do not lead from the root to the value.`, {
        cause,
      })
    })
    const value = found.node?.value() ?? undefined
    // Present: the walk ended on the key. Absent: it says what of the key was left.
    const parted = found.node === null && found.remaining.length > 0
    if (!(value instanceof Uint8Array || parted))
      throw new Fault('proof/invalid', `${what}: the path ends neither at the value nor beside it.`)
    values.push(value)
  }
  return { values, used: [...used] }
}

/** As `readTrie`, for a finished proof: exactly the nodes needed, in their order. */
export async function verifyTrie(
  what: string,
  root: string,
  keys: readonly Uint8Array[],
  nodes: readonly Uint8Array[],
): Promise<readonly (Uint8Array | undefined)[]> {
  const { values, used } = await readTrie(what, root, keys, nodes)
  const exact = used.length === nodes.length && used.every((node, i) => node === nodes[i])
  if (!exact) throw new Fault('proof/invalid', `${what}: a node is superfluous, twice there or out of order.`)
  return values
}
