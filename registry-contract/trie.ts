// Walking a Merkle Patricia trie of which only the nodes on a few paths are known.
//
// A node is known by keccak256 of its bytes, so a path from a trusted root down to a value cannot be forged:
// every step names the hash of the next. A path that parts from the key proves that the key is absent. Two
// rules are added to what the library checks. Every node given must be used, in the order given: so one
// statement has one proof, and a changed byte anywhere is noticed, also in a node that nobody needs. And an
// absence counts only where the walk says where it parted from the key, not where it merely came to an end.
// Yellow Paper appendix D; EIP-1186. The trie is `@ethereumjs/mpt`, because a wrong case in one of our own
// would be a forged name.

import { createMPT, type MerklePatriciaTrie } from '@ethereumjs/mpt'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { fromHex, toHex } from '../base/bytes.ts'
import { Fault } from '../base/fault.ts'

/** A branch with 16 hashes, no value, and the list's head: 3 + 16 × 33 + 1 bytes. */
export const nodeBytesMax = 532

export interface TrieWalk {
  /** Nodes that may be on a path; others do no harm. */
  add(nodes: readonly Uint8Array[]): void
  /**
   * The value of `key` (before hashing); undefined when the trie proves that it has none. Fault
   * `proof/invalid` when the nodes do not reach from the root to either.
   */
  get(key: Uint8Array): Promise<Uint8Array | undefined>
  /** The nodes that it took so far, in the order of first use. */
  used(): readonly Uint8Array[]
}

/** keccak256(rlp('')), the root of a trie without any key. */
export const emptyRoot = `0x${toHex(keccak_256(Uint8Array.of(0x80)))}`

/** What the library takes for its database: hash to node, read only. */
function createDatabase() {
  const byHash = new Map<string, string>()
  const used = new Map<string, Uint8Array>()
  const refuse = async (): Promise<void> => {
    throw new Error('assertion failed: a proof is not written to')
  }
  const database = {
    async get(hash: string): Promise<string | undefined> {
      const node = byHash.get(hash)
      if (node !== undefined && !used.has(hash)) used.set(hash, fromHex(node)!)
      return node
    },
    put: refuse,
    del: refuse,
    batch: refuse,
    open: async () => {},
    shallowCopy: () => database,
  }
  return { byHash, used, database }
}

/** `root` as 0x and 64 digits; `what` begins the text of every Fault. */
export function walkTrie(what: string, root: string): TrieWalk {
  const { byHash, used, database } = createDatabase()
  let trie: MerklePatriciaTrie | undefined
  const invalid = (why: string, cause?: unknown): Fault =>
    new Fault('proof/invalid', `${what}: ${why}`, { cause })

  return {
    add(nodes) {
      for (const node of nodes) byHash.set(toHex(keccak_256(node)), toHex(node))
    },
    async get(key) {
      if (root === emptyRoot) return undefined
      trie ??= await createMPT({ db: database, root: fromHex(root)! })
      const found = await trie.findPath(keccak_256(key), true).catch(cause => {
        throw invalid('the nodes do not lead from the root to the value.', cause)
      })
      const value = found.node?.value() ?? undefined
      if (value instanceof Uint8Array) return value
      if (found.node === null && found.remaining.length > 0) return undefined
      throw invalid('the path ends neither at the value nor beside it.')
    },
    used: () => [...used.values()],
  }
}

/** Fault `proof/invalid` unless `nodes` are exactly those that the walk took, in its order. */
export function requireExact(what: string, walk: TrieWalk, nodes: readonly Uint8Array[]): void {
  const used = walk.used()
  const exact = used.length === nodes.length && used.every((node, i) => Buffer.compare(node, nodes[i]!) === 0)
  if (!exact) throw new Fault('proof/invalid', `${what}: a node is superfluous, out of order or there twice.`)
}
