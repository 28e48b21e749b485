// The file that describes a running network to the other commands: the chain, the contracts, the edges.
// The devnet writes it when everything is up; `publish` and `status` read it.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault } from '../base/fault.ts'
import { writeWhole } from '../base/io/file.ts'

export interface NetworkEdge {
  readonly number: number
  readonly address: string
  readonly dnsPort: number
  readonly httpPort: number
  /** 0 for none. */
  readonly httpsPort: number
  readonly overlayPort: number
  readonly pid: number
}

export interface Network {
  readonly version: 1
  readonly suffix: string
  readonly rpc: string
  /** Where the contracts are, as the deployment wrote it. */
  readonly addressesFile: string
  /** File with the key of the wallet that publishes. */
  readonly walletFile: string
  readonly edges: readonly NetworkEdge[]
  readonly chainPid: number
}

const fileIn = (folder: string): string => join(folder, 'network.json')

export function writeNetwork(folder: string, network: Network): Promise<void> {
  return writeWhole(fileIn(folder), `${JSON.stringify(network, null, 2)}\n`)
}

/** Throws Fault config/unreadable when there is none, state/broken when it is not one. */
export async function readNetwork(folder: string): Promise<Network> {
  const file = fileIn(folder)
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    throw new Fault('config/unreadable', `${file}: there is no devnet in this folder`, {
      hint: 'Start one with `npm start`, or name its folder with --data.',
      cause,
    })
  }
  try {
    const network = JSON.parse(text) as Network
    if (network.version === 1 && Array.isArray(network.edges) && typeof network.rpc === 'string')
      return network
  } catch {
    // falls through to the Fault below
  }
  throw new Fault('state/broken', `${file} is not a description of a network`)
}
