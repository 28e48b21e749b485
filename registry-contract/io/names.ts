// What the chain says of a name at one block, read from the registry itself: no follower is needed, and a name whose
// term is over is told as well.

import { Interface } from 'ethers/abi'
import type { Addresses } from '../addresses.ts'
import { registryCalls } from '../calls.ts'
import { childNode, requireLabel } from '../label.ts'
import type { NameRecord } from '../layout.ts'
import { createAsk } from './ask.ts'
import type { Reader } from './reader.ts'

export const registryInterface = new Interface(registryCalls)

/** Whatever the clock says. Faults: `name/invalid`, `chain/mismatch`, `chain/unreachable`. */
export async function readName(
  reader: Reader,
  addresses: Addresses,
  label: string,
  block?: number,
): Promise<NameRecord> {
  const node = childNode(addresses.suffixNode, requireLabel(label))
  const { address } = addresses.contracts.NameRegistry
  const found = await createAsk(reader, block)(address, registryInterface, 'record', node)
  const [owner, delegate, expiresAt, sequence, contenthash, zonehash] = found.toArray().map(String)
  return {
    node,
    owner: owner!.toLowerCase(),
    delegate: delegate!.toLowerCase(),
    expiresAt: Number(expiresAt) * 1000,
    sequence: Number(sequence),
    contenthash: contenthash!,
    zonehash: zonehash!,
  }
}
