// Names in the grid: what an edge says of a name there carries the registry's proof, and what it is told is checked.
//
// When the chain changes a name, the first of the live edges by rendezvous hashing asks an endpoint for the proof and
// publishes it, so each change costs the network one proof and not one for each edge. Whoever reads it believes
// neither: the proof must lead from a block that this edge's own endpoints agree on, or that validators signed
// (`headers.ts`). What cannot be judged (the block is not known yet, or too much is asked at once) is neither kept nor
// held against the sender.

import { fromHex } from '../../base/bytes.ts'
import { isFault } from '../../base/fault.ts'
import { rendezvous } from '../../base/hash.ts'
import { realClock } from '../../base/io/clock.ts'
import { Budget } from '../../overlay/budget.ts'
import { type PeerId, peerIdOf } from '../../overlay/peer.ts'
import type { Record } from '../../overlay/records/record.ts'
import type { Proven } from '../../overlay/records/vetting.ts'
import { readHeader } from '../../registry-contract/header.ts'
import type { HeaderSource } from '../../registry-contract/headers.ts'
import { proveByAny } from '../../registry-contract/io/prover.ts'
import { childNode } from '../../registry-contract/label.ts'
import { type ProofTarget, verifyProof } from '../../registry-contract/proof.ts'
import { decodeProof, encodeProof } from '../../registry-contract/proof-codec.ts'
import type { Changes, Registry } from '../../registry-contract/registry.ts'
import type { ChainPart } from './chain.ts'
import type { Ground } from './ground.ts'
import type { Network } from './network.ts'

export interface Proofs {
  /** Whether the registry says what a `name/` record says. Never rejects. */
  proves(record: Record): Proven | Promise<Proven>
  /** Whether the peer is on the Roll: its records outlive those of peers that anybody can make up. */
  isVouched(peer: PeerId): boolean
  /** The bytes of the proof of a label at the newest final block; undefined while that is below `height`. Faults of the
   *  chain and of proofs. */
  prove(label: string, height: number): Promise<Uint8Array | undefined>
}

/** Checks of proofs in a second, some ms of work and perhaps a question to the endpoints each. */
const checksPerSecond = 50
/** A record of a name lives this long and is renewed at half of it. */
const nameLifeMs = 24 * 60 * 60 * 1000
/** Between two looks at whether a block is final; Ethereum's are 12 s apart. */
const nameTurnMs = 15_000
/** Names that wait for that; more than change in an hour. */
const waitingMax = 10_000

export function createProofs(
  { settings }: Ground,
  { endpoints, addresses, follower }: ChainPart,
  headers: HeaderSource,
): Proofs {
  const suffix = settings['edge.suffix']
  const budget = new Budget(checksPerSecond, realClock.now())
  const { address: registry, codeHash } = addresses.contracts.NameRegistry
  const targetOf = (label: string): ProofTarget => {
    return { registry, codeHash, node: childNode(addresses.suffixNode, label) }
  }
  const check = async (label: string, value: Uint8Array): Promise<Proven> => {
    try {
      const proof = decodeProof(value)
      const header = await headers.at(readHeader(proof.header).number, Date.now())
      if (header === undefined) return undefined
      const { owner, block } = await verifyProof(proof, targetOf(label), header.hash)
      return { height: block.number, owner }
    } catch (error) {
      if (isFault(error, 'chain/unreachable')) return undefined
      if (isFault(error)) return false
      throw error
    }
  }
  return {
    proves({ key, value }) {
      const label = key.slice(key.lastIndexOf('/') + 1)
      if (key !== nameKey(suffix, label)) return undefined // of a suffix that this edge knows nothing about
      return budget.take(realClock.now()) ? check(label, value) : undefined
    },
    isVouched: createVouching(follower.registry),
    async prove(label, height) {
      const { bytes, number } = await headers.newest(Date.now())
      if (number < height) return undefined
      return encodeProof((await proveByAny(endpoints, bytes, targetOf(label))).proof)
    },
  }
}

function createVouching(registry: Pick<Registry, 'roll'>): (peer: PeerId) => boolean {
  let known: { roll: readonly unknown[]; peers: ReadonlySet<PeerId> } = { roll: [], peers: new Set() }
  return peer => {
    const roll = registry.roll()
    if (roll !== known.roll)
      known = { roll, peers: new Set(roll.map(({ peerKey }) => peerIdOf(fromHex(peerKey)!))) }
    return known.peers.has(peer)
  }
}

/** Publishes the names whose home this edge is once the block that changed them is final. */
export function publishNames(
  { settings, log, stack }: Ground,
  network: Network,
  proofs: Proofs,
): (changes: Changes) => void {
  /** Labels and the block in which each was changed last. */
  const waiting = new Map<string, number>()
  let isPublishing = false
  let cancel = (): void => {}
  stack.defer(async () => cancel())

  const isHome = (key: string): boolean => {
    const peers = network.serving().map(({ peer }) => peer)
    return rendezvous(key, peers, 1)[0] === network.overlay.peer
  }
  const publish = async (label: string, height: number): Promise<void> => {
    const key = nameKey(settings['edge.suffix'], label)
    const proof = isHome(key) ? await proofs.prove(label, height) : 'not ours'
    if (proof === undefined) return
    waiting.delete(label)
    if (proof !== 'not ours') await network.overlay.records.publish(key, proof, nameLifeMs)
  }
  const turn = async (): Promise<void> => {
    cancel()
    isPublishing = true
    for (const [label, height] of waiting)
      await publish(label, height).catch(error => {
        if (!isFault(error)) throw error
        if (error.code !== 'chain/unreachable') waiting.delete(label)
        log.warn({ label, code: error.code, what: error.message }, 'a name was not published with its proof')
      })
    isPublishing = false
    if (waiting.size > 0) cancel = realClock.after(nameTurnMs, turn)
  }
  return ({ labels }) => {
    const height = network.follower.registry.head()?.number ?? 0
    for (const label of labels) if (waiting.size < waitingMax) waiting.set(label, height)
    if (!isPublishing && waiting.size > 0) void turn()
  }
}

function nameKey(suffix: string, label: string): string {
  return `name/${suffix}/${label}`
}
