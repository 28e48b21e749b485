// A name that proves itself: from a block hash that one trusts to who owns a name and what it points at.
//
// Four steps, each holding the next: the header's bytes hash to the trusted hash; the header names the root
// of all state; under it lies the contract's account, which names the root of its storage; under that lie the
// slots of the name, also those that are empty. Nobody on the way has to be believed, neither the endpoint
// that made the proof nor the peer that passed it on. Where the slots are, layout.ts says. EIP-1186
// (`eth_getProof`).
//
// Asking a contract by `eth_call` is shorter by a thousand lines, and is as good as the endpoint's word.

import { RLP } from '@ethereumjs/rlp'
import { fromHex, toHex } from '../base/bytes.ts'
import { assert, Fault } from '../base/fault.ts'
import { type BlockHeader, readHeader } from './header.ts'
import { type NameRecord, recordOf, slotsOf, type Words } from './layout.ts'
import { accountNodesMax, type NameProof, storageNodesMax } from './proof-codec.ts'
import { requireExact, type TrieWalk, walkTrie } from './trie.ts'

/** What the proof is to be about: the verifier's own knowledge, never the sender's. */
export interface ProofTarget {
  /** Address of NameRegistry, 0x and 40 hexadecimal digits. */
  readonly registry: string
  /** keccak256 of its code; checked when given. */
  readonly codeHash?: string
  /** `childNode(suffixNode, label)`. */
  readonly node: string
}

/** A record as it stood at the end of `block`. */
export interface ProvenName extends NameRecord {
  readonly block: BlockHeader
}

interface Account {
  readonly storageRoot: string
  readonly codeHash: string
}

function invalid(what: string): never {
  throw new Fault('proof/invalid', what)
}

function bytesOf(hex: string, length: number, what: string): Uint8Array {
  const bytes = fromHex(hex)
  assert(bytes?.length === length, `${what} ${hex}`)
  return bytes
}

function decoded(bytes: Uint8Array, what: string): unknown {
  try {
    return RLP.decode(bytes)
  } catch {
    return invalid(`${what} is not RLP.`)
  }
}

function accountOf(value: Uint8Array | undefined): Account {
  if (!value) invalid('Account: there is no such contract in that block.')
  const fields = decoded(value, 'Account: the entry')
  const [, , storageRoot, codeHash] = Array.isArray(fields) && fields.length === 4 ? fields : []
  const whole = [storageRoot, codeHash].every(hash => hash instanceof Uint8Array && hash.length === 32)
  if (!whole) invalid('Account: the entry is not an account.')
  return { storageRoot: `0x${toHex(storageRoot)}`, codeHash: `0x${toHex(codeHash)}` }
}

/** A slot's 32 bytes; the trie keeps them without leading zeros, and an empty slot not at all. */
function wordOf(value: Uint8Array | undefined): Uint8Array {
  const word = new Uint8Array(32)
  if (!value) return word
  const digits = decoded(value, 'Storage: a slot')
  if (!(digits instanceof Uint8Array) || digits.length === 0 || digits.length > 32 || digits[0] === 0)
    invalid('Storage: a slot does not hold a number of 256 bits.')
  word.set(digits, 32 - digits.length)
  return word
}

function requireAccount(value: Uint8Array | undefined, target: ProofTarget): Account {
  const account = accountOf(value)
  if (target.codeHash !== undefined && account.codeHash !== target.codeHash.toLowerCase())
    invalid('Account: the contract has another code than the registry.')
  return account
}

/** The words of the record; which slots those are depends on what the first ones say. */
async function readWords(
  walk: TrieWalk,
  node: Uint8Array,
  before: (missing: readonly Uint8Array[]) => Promise<void>,
): Promise<Words> {
  const known = new Map<string, Uint8Array>()
  for (;;) {
    const missing = slotsOf(node, known).filter(slot => !known.has(toHex(slot)))
    if (missing.length === 0) return known
    await before(missing)
    for (const slot of missing) known.set(toHex(slot), wordOf(await walk.get(slot)))
  }
}

/**
 * The record that `proof` shows, or Fault `proof/invalid` whose text begins with the step that failed:
 * Header, Account, Storage or Record. `trustedHash` is a block hash from a HeaderSource. A name that was
 * never registered is proven too: its sequence is 0. Whether its term is over, and whether the block is
 * recent enough, is for the caller to say.
 */
export async function verifyProof(
  proof: NameProof,
  target: ProofTarget,
  trustedHash: string,
): Promise<ProvenName> {
  const block = readHeader(proof.header)
  if (block.hash !== trustedHash.toLowerCase()) invalid('Header: it does not have the hash that is trusted.')
  if (proof.account.length > accountNodesMax || proof.storage.length > storageNodesMax)
    throw new Fault('bytes/too-large', 'The proof has more nodes than a path can have.')

  const accounts = walkTrie('Account', block.stateRoot)
  accounts.add(proof.account)
  const entry = await accounts.get(bytesOf(target.registry, 20, 'address'))
  requireExact('Account', accounts, proof.account)
  const { storageRoot } = requireAccount(entry, target)

  const node = bytesOf(target.node, 32, 'node')
  const slots = walkTrie('Storage', storageRoot)
  slots.add(proof.storage)
  const words = await readWords(slots, node, async () => {})
  requireExact('Storage', slots, proof.storage)
  return { ...recordOf(node, words), block }
}

/** One round of `eth_getProof`: the nodes of every path, in any order, more than needed or fewer. */
export type NodesOf = (slots: readonly Uint8Array[]) => Promise<{
  readonly account: readonly Uint8Array[]
  readonly storage: readonly Uint8Array[]
}>

/**
 * The proof of a record from what an endpoint answers, reduced to the nodes that it takes. Faults: as
 * `verifyProof`, and what `nodesOf` throws.
 */
export async function createProof(
  header: Uint8Array,
  target: ProofTarget,
  nodesOf: NodesOf,
): Promise<NameProof> {
  const node = bytesOf(target.node, 32, 'node')
  const first = await nodesOf(slotsOf(node, new Map()))
  const accounts = walkTrie('Account', readHeader(header).stateRoot)
  accounts.add(first.account)
  const entry = await accounts.get(bytesOf(target.registry, 20, 'address'))
  const { storageRoot } = requireAccount(entry, target)

  const slots = walkTrie('Storage', storageRoot)
  slots.add(first.storage)
  let rounds = 0
  await readWords(slots, node, async missing => {
    if (rounds++ > 0) slots.add((await nodesOf(missing)).storage)
  })
  return { header, account: accounts.used(), storage: slots.used() }
}
