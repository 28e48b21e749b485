// A proof as bytes, for whoever keeps it and passes it on: header, account path, storage paths, one after the
// other.
//
// Every part is an RLP list, and an RLP list says its own length in its first bytes; so the parts stand side
// by side without a frame, behind one byte for the version and two for how many nodes each path has. What the
// reader knows already (contract, name, which slots) is not in there: bytes that say it could only lie.
// Compressing does not pay: nine tenths are hashes. The nodes that several slots share are there once, which
// halves a record's proof. CBOR or protobuf would add a second grammar around the one that cannot be avoided.

import { concatBytes } from '../base/bytes.ts'
import { assert, Fault } from '../base/fault.ts'
import { headerBytesMax } from './header.ts'
import { nodeBytesMax } from './trie.ts'

/**
 * What shows a record: each part checks against the one before it, the header against a hash that one trusts.
 */
export interface NameProof {
  /** RLP, see header.ts. */
  readonly header: Uint8Array
  /** The path in the state trie, root first. */
  readonly account: readonly Uint8Array[]
  /** The paths in the contract's storage trie, each node once, in the order of first use. */
  readonly storage: readonly Uint8Array[]
}

const version = 1

/** A billion accounts share 9 nibbles; another 23 on purpose would take 2^92 hashes. */
export const accountNodesMax = 32
/** 12 slots of a record, each 20 deep; a million names are 6 deep. */
export const storageNodesMax = 240
/** 1 + 2 + 2,048 + (32 + 240) × 532: 143 KiB; a record of the mainnet takes about 15. */
export const proofBytesMax = 3 + headerBytesMax + (accountNodesMax + storageNodesMax) * nodeBytesMax

function malformed(what: string): never {
  throw new Fault('bytes/malformed', what)
}

/** The length of the RLP list at `at`, its head included; only the shortest spelling of a length is one. */
function listLength(bytes: Uint8Array, at: number): number {
  const head = bytes[at] ?? 0
  if (head < 0xc0) malformed('A part of the proof is not an RLP list.')
  if (head <= 0xf7) return 1 + head - 0xc0
  const lengthBytes = head - 0xf7
  const digits = bytes.subarray(at + 1, at + 1 + lengthBytes)
  if (lengthBytes > 2 || digits.length < lengthBytes || digits[0] === 0)
    malformed('A part of the proof has no valid length.')
  const length = digits.reduce((sum, byte) => sum * 256 + byte, 0)
  if (length < 56) malformed('A part of the proof spells its length at length.')
  return 1 + lengthBytes + length
}

/** Canonical: `decodeProof` gives the same proof back, and no other bytes give it. */
export function encodeProof(proof: NameProof): Uint8Array {
  const { header, account, storage } = proof
  const counts = account.length <= accountNodesMax && storage.length <= storageNodesMax
  assert(counts && header.length <= headerBytesMax, 'a proof within its bounds')
  return concatBytes([Uint8Array.of(version, account.length, storage.length), header, ...account, ...storage])
}

/** Splits, checks no hash. Faults: `bytes/malformed`, `bytes/too-large`. */
export function decodeProof(bytes: Uint8Array): NameProof {
  if (bytes.length > proofBytesMax)
    throw new Fault('bytes/too-large', `A proof is at most ${proofBytesMax} bytes long.`)
  if (bytes.length < 4 || bytes[0] !== version) malformed('This is not a proof of a version we know.')
  const [, accountCount = 0, storageCount = 0] = bytes
  if (accountCount > accountNodesMax || storageCount > storageNodesMax)
    throw new Fault('bytes/too-large', 'The proof has more nodes than a path can have.')
  let at = 3
  const take = (bytesMax: number): Uint8Array => {
    const end = at + listLength(bytes, at)
    if (end > bytes.length) malformed('The proof ends in the middle of a part.')
    if (end - at > bytesMax) throw new Fault('bytes/too-large', 'A part of the proof is too long.')
    const part = bytes.slice(at, end)
    at = end
    return part
  }
  const header = take(headerBytesMax)
  const account = Array.from({ length: accountCount }, () => take(nodeBytesMax))
  const storage = Array.from({ length: storageCount }, () => take(nodeBytesMax))
  if (at !== bytes.length) malformed('The proof goes on after its last part.')
  return { header, account, storage }
}
