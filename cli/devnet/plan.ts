// What a devnet consists of, decided before anything is started: addresses, ports and folders.
//
// Edge k lives on 127.0.<network>.<k>: the whole of 127/8 is loopback on Linux, so every edge has the same ports and
// DNS answers mean what they say. Another <network> and other ports make a second devnet beside the first.

import { join } from 'node:path'
import { Fault } from '../../base/fault.ts'
import { devnetChainId } from '../wallet/wallet-file.ts'

export interface DevnetOptions {
  data: string
  edges: number
  dnsPort: number
  httpPort: number
  httpsPort: number
  overlayPort: number
  chainPort: number
  network: number
}

export interface EdgePlan {
  readonly number: number
  readonly address: string
  readonly folder: string
  readonly configFile: string
  readonly logFile: string
}

export interface DevnetPlan extends DevnetOptions {
  readonly rpc: string
  /** Of the authority that vouches for all edges. */
  readonly authorityFolder: string
  readonly chainFolder: string
  /** Where the contracts are on this chain. */
  readonly addressesFile: string
  readonly networkFile: string
  readonly members: readonly EdgePlan[]
}

/** Accounts of the devnet's mnemonic: 0 deploys, mints and publishes, k is the operator of edge k. */
export const publisherAccount = 0

/** Throws Fault config/invalid with every complaint at once. */
export function planDevnet(options: DevnetOptions): DevnetPlan {
  const complaints: string[] = []
  const within = (flag: string, value: number, min: number, max: number): void => {
    if (value < min || value > max) complaints.push(`${flag} must be from ${min} to ${max}, not ${value}`)
  }
  within('--edges', options.edges, 1, 50)
  within('--network', options.network, 0, 255)
  within('--dns-port', options.dnsPort, 1, 65_535)
  within('--http-port', options.httpPort, 1, 65_535)
  within('--https-port', options.httpsPort, 1, 65_535)
  within('--overlay-port', options.overlayPort, 1, 65_535)
  within('--chain-port', options.chainPort, 1, 65_535)
  const tcpPorts = [options.dnsPort, options.httpPort, options.httpsPort, options.overlayPort]
  if (new Set(tcpPorts).size < tcpPorts.length)
    complaints.push('--dns-port, --http-port, --https-port and --overlay-port must differ')
  if (complaints.length > 0) throw new Fault('config/invalid', complaints.join('\n'))
  const members = Array.from({ length: options.edges }, (_, i) => {
    const folder = join(options.data, `edge-${i + 1}`)
    return {
      number: i + 1,
      address: `127.0.${options.network}.${i + 1}`,
      folder,
      configFile: join(folder, 'edge.json'),
      logFile: join(folder, 'edge.log'),
    }
  })
  return {
    ...options,
    rpc: `http://127.0.0.1:${options.chainPort}`,
    authorityFolder: join(options.data, 'authority'),
    chainFolder: join(options.data, 'chain'),
    addressesFile: join(options.data, 'chain', `addresses-${devnetChainId}.json`),
    networkFile: join(options.data, 'network.json'),
    members,
  }
}

/** Every address and port that must be free before the first process starts. */
export function endpointsOf(
  plan: DevnetPlan,
): { address: string; port: number; flag: string; udp: boolean }[] {
  const chain = { address: '127.0.0.1', port: plan.chainPort, flag: '--chain-port', udp: false }
  const edges = plan.members.flatMap(({ address }) => [
    { address, port: plan.dnsPort, flag: '--dns-port', udp: true },
    { address, port: plan.dnsPort, flag: '--dns-port', udp: false },
    { address, port: plan.httpPort, flag: '--http-port', udp: false },
    { address, port: plan.httpsPort, flag: '--https-port', udp: false },
    { address, port: plan.overlayPort, flag: '--overlay-port', udp: true },
    { address, port: plan.overlayPort, flag: '--overlay-port', udp: false },
  ])
  return [chain, ...edges]
}
