// Whose word an edge takes for Ethereum's blocks: that of a majority of its endpoints, or, with beacon nodes and a
// checkpoint in its settings, that of the validators, whose signatures need no endpoint to be honest.
//
// The light client brings types, forks and BLS along, so it is loaded only where it is asked for. It begins with the
// settings' checkpoint once; from then on with the newest root that it has verified itself, kept on disk beside the one
// that it came from, because the one in the settings is too old after two weeks. Another one in the settings counts
// again: an edge that was off for longer needs a root that somebody trusts, and its operator has just named it.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault, isFault } from '../../base/fault.ts'
import { writeWhole } from '../../base/io/file.ts'
import { createAncestry } from '../../registry-contract/ancestry.ts'
import type { BeaconNetwork, NetworkName } from '../../registry-contract/beacon/network.ts'
import { createQuorumHeaders, type HeaderSource } from '../../registry-contract/headers.ts'
import type { ChainPart } from './chain.ts'
import type { Ground } from './ground.ts'

/** By chain id (EIP-155). */
const networks: Readonly<Record<number, NetworkName>> = { 1: 'mainnet', 11155111: 'sepolia', 560048: 'hoodi' }

/** `network`: for tests, whose chain is none that people know. Fault config/invalid for settings that do not fit. */
export async function openHeaders(
  ground: Pick<Ground, 'settings' | 'folder' | 'log' | 'stack'>,
  { endpoints, addresses }: Pick<ChainPart, 'endpoints' | 'addresses'>,
  network?: BeaconNetwork,
): Promise<HeaderSource> {
  const { settings, folder, log, stack } = ground
  const urls = [...new Set(settings['chain.beacon'].split(',').filter(Boolean))]
  if (urls.length === 0) return createQuorumHeaders({ endpoints, depth: settings['chain.finalBlocks'] })
  const name = networks[addresses.chainId]
  if (network === undefined && name === undefined) {
    throw new Fault('config/invalid', `chain.beacon: no beacon chain is known for chain ${addresses.chainId}`)
  }
  const [{ createFinality }, { beaconNetwork }, { createBeaconEndpoint }] = await Promise.all([
    import('../../registry-contract/beacon/finality.ts'),
    import('../../registry-contract/beacon/network.ts'),
    import('../../registry-contract/io/beacon.ts'),
  ])
  const file = join(folder, 'checkpoint')
  const named = settings['chain.checkpoint']
  const earlier = await readCheckpoint(file)
  const isEarlier = earlier !== undefined && (named === '' || named === earlier.named)
  let kept = isEarlier ? earlier.root : named
  if (kept === '') {
    throw new Fault('config/invalid', 'chain.beacon: without chain.checkpoint there is nothing to begin with')
  }
  const onWarning = (endpoint: string, what: string): void => log.warn({ endpoint, what }, 'headers')
  const nodes = urls.map(url => createBeaconEndpoint({ url }))
  for (const node of nodes) stack.defer(() => node.close())
  const finality = createFinality({
    ...{ network: network ?? beaconNetwork(name!), checkpoint: kept, endpoints: nodes, onWarning },
  })
  const keep = async (): Promise<void> => {
    const root = finality.checkpoint()
    if (root === undefined || root === kept) return
    kept = root
    await writeWhole(file, `${root} ${named || earlier?.named}\n`).catch(error => {
      if (!isFault(error)) throw error
      log.warn({ code: error.code, what: error.message }, 'the checkpoint was not kept')
    })
  }
  const finalHash = async (now: number): Promise<string> => {
    const hash = await finality.finalHash(now)
    await keep()
    return hash
  }
  return createAncestry({ finalHash, endpoints, onWarning })
}

/** The newest root that was verified, and the one in the settings that it came from; undefined for no such file. */
async function readCheckpoint(file: string): Promise<{ root: string; named: string } | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '')
  const [, root, named] = /^(0x[0-9a-f]{64}) (0x[0-9a-f]{64})$/.exec(text.trim()) ?? []
  return root === undefined || named === undefined ? undefined : { root, named }
}
