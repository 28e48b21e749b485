// Both contracts on a chain, once: where they are is kept in a file, and believed while the chain bears it
// out.
//
// The file names the chain, the creation code and the code found at each address. If any of them changed
// (another chain, a chain that forgot, contracts that were edited) both are deployed anew.

import { createHash } from 'node:crypto'
import { concatBytes, fromHex, toHex } from '../../base/bytes.ts'
import { Fault } from '../../base/fault.ts'
import { encodeWord } from '../abi.ts'
import { createChain } from './chain.ts'
import type { Artifacts } from './compile.ts'
import { readJson, writeAtomically } from './file.ts'
import type { Rpc } from './rpc.ts'
import type { Wallet } from './wallet.ts'

/** What an edge must know to follow the contracts. */
export interface Addresses {
  readonly chainId: number
  readonly suffixNode: string
  readonly nameRegistry: string
  readonly edgeRegistry: string
  /** keccak256 of the code at each address. */
  readonly nameCodeHash: string
  readonly edgeCodeHash: string
  /** The block of the first of the two. */
  readonly deployedAtBlock: number
  /** SHA-256 over what was deployed, to notice edited contracts. */
  readonly sourceHash: string
}

export interface DeployOptions {
  readonly rpc: Rpc
  readonly wallet: Wallet
  readonly artifacts: Artifacts
  /** The node under which names lie: `nodeOf('inxt')`. */
  readonly suffixNode: string
  readonly file: string
}

const form: Record<keyof Addresses, RegExp | 'number'> = {
  chainId: 'number',
  suffixNode: /^0x[0-9a-f]{64}$/,
  nameRegistry: /^0x[0-9a-f]{40}$/,
  edgeRegistry: /^0x[0-9a-f]{40}$/,
  nameCodeHash: /^0x[0-9a-f]{64}$/,
  edgeCodeHash: /^0x[0-9a-f]{64}$/,
  deployedAtBlock: 'number',
  sourceHash: /^[0-9a-f]{64}$/,
}

/** Undefined when there is no such file; Fault `state/broken` when it does not have the form. */
export async function readAddresses(file: string): Promise<Addresses | undefined> {
  const plain = (await readJson(file)) as Record<string, unknown> | undefined
  if (plain === undefined) return undefined
  const wrong = Object.entries(form).find(([key, rule]) => {
    const value = plain?.[key]
    return rule === 'number'
      ? !Number.isSafeInteger(value) || (value as number) < 0
      : typeof value !== 'string' || !rule.test(value)
  })
  if (wrong) throw new Fault('state/broken', `${file} has no valid ${wrong[0]}.`)
  return plain as unknown as Addresses
}

/**
 * Returns what is there already, or deploys. Faults: `state/broken`, `chain/reverted`, `chain/unreachable`.
 */
export async function deployContracts(options: DeployOptions): Promise<Addresses> {
  const { rpc, wallet, artifacts, suffixNode, file } = options
  const chain = createChain(rpc)
  const chainId = await chain.chainId()
  const node = encodeWord('bytes32', suffixNode)
  const nameCode = `0x${toHex(concatBytes([fromHex(artifacts.NameRegistry.bytecode)!, node]))}`
  const edgeCode = artifacts.EdgeRegistry.bytecode
  const sourceHash = createHash('sha256').update(nameCode).update('\0').update(edgeCode).digest('hex')

  const kept = await readAddresses(file)
  if (kept?.chainId === chainId && kept.sourceHash === sourceHash) {
    const found = [await chain.codeHash(kept.nameRegistry), await chain.codeHash(kept.edgeRegistry)]
    if (found[0] === kept.nameCodeHash && found[1] === kept.edgeCodeHash) return kept
  }

  const receipts = await Promise.all([wallet.send({ data: nameCode }), wallet.send({ data: edgeCode })])
  const [nameRegistry, edgeRegistry] = receipts.map(receipt => receipt.contract)
  const [nameCodeHash, edgeCodeHash] = [
    nameRegistry && (await chain.codeHash(nameRegistry)),
    edgeRegistry && (await chain.codeHash(edgeRegistry)),
  ]
  if (!nameRegistry || !edgeRegistry || !nameCodeHash || !edgeCodeHash) {
    throw new Fault('chain/unreachable', `${rpc.url} confirmed a deployment that left no code.`)
  }
  const deployedAtBlock = Math.min(...receipts.map(receipt => receipt.blockNumber))
  const addresses = {
    chainId,
    suffixNode,
    nameRegistry,
    edgeRegistry,
    nameCodeHash,
    edgeCodeHash,
    deployedAtBlock,
    sourceHash,
  }
  await writeAtomically(file, `${JSON.stringify(addresses, null, 2)}\n`)
  return addresses
}
