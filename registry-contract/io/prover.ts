// Making a proof: the questions to an endpoint, and the answer verified before anybody else sees it.
//
// Any endpoint will do, since nothing that it says is believed: the proof must check against a block hash
// that somebody trusted named. Not every endpoint serves `eth_getProof`, and most only for recent blocks.

import { toHex } from '../../base/bytes.ts'
import { Fault } from '../../base/fault.ts'
import { readHeader } from '../header.ts'
import { createProof, type NodesOf, type ProofTarget, type ProvenName, verifyProof } from '../proof.ts'
import { parseProof } from '../proof-answers.ts'
import type { NameProof } from '../proof-codec.ts'
import { quantity } from './chain.ts'
import type { Rpc } from './rpc.ts'

/**
 * The proof of a record at the end of the block that `header` is, and the record that it shows. Faults:
 * `proof/invalid`, `chain/unreachable`, `bytes/malformed`, `bytes/too-large`.
 */
export async function proveName(
  rpc: Pick<Rpc, 'call'>,
  header: Uint8Array,
  target: ProofTarget,
): Promise<{ proof: NameProof; record: ProvenName }> {
  const { number, hash } = readHeader(header)
  const nodesOf: NodesOf = async slots => {
    const texts = slots.map(slot => `0x${toHex(slot)}`)
    return parseProof(
      await rpc.call('eth_getProof', [target.registry, texts, quantity(number)]),
      slots.length,
    )
  }
  const proof = await createProof(header, target, nodesOf)
  return { proof, record: await verifyProof(proof, target, hash) }
}

/** As `proveName`, asking one endpoint after the other until one has it; the last Fault when none has. */
export async function proveByAny(
  endpoints: readonly Pick<Rpc, 'call'>[],
  header: Uint8Array,
  target: ProofTarget,
): Promise<{ proof: NameProof; record: ProvenName }> {
  let last = new Fault('chain/unreachable', 'There is no Ethereum endpoint to ask for a proof.')
  for (const endpoint of endpoints) {
    try {
      return await proveName(endpoint, header, target)
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      last = error
    }
  }
  throw last
}
