// Which Ethereum: fork schedule, genesis and clock of the networks that have a beacon chain.

import { type BeaconConfig, createBeaconConfig } from '@lodestar/config'
import { genesisData, networksChainConfig } from '@lodestar/config/networks'
import { fromHex } from '../../base/bytes.ts'
import { assert } from '../../base/fault.ts'

export type NetworkName = 'mainnet' | 'sepolia' | 'hoodi'

export interface BeaconNetwork {
  readonly config: BeaconConfig
  /** Milliseconds since the epoch. */
  readonly genesisAt: number
}

export function beaconNetwork(name: NetworkName): BeaconNetwork {
  const { genesisTime, genesisValidatorsRoot } = genesisData[name]
  const root = fromHex(genesisValidatorsRoot)
  assert(root?.length === 32, `genesis of ${name}`)
  return { config: createBeaconConfig(networksChainConfig[name], root), genesisAt: genesisTime * 1000 }
}

/** The slot that the clock shows at `now` (ms); negative before genesis. */
export function slotAt(network: BeaconNetwork, now: number): number {
  return Math.floor((now - network.genesisAt) / network.config.SLOT_DURATION_MS)
}
