// A network of real edges on the machines of a test bed: the chain at the hub, edge k on machine k with the preset of
// the Internet, since that of the devnet counts on round trips below a millisecond.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { foundRegistry } from '../../cli/devnet/contracts.ts'
import { startEdge } from '../../cli/devnet/edges.ts'
import { type DevnetPlan, type EdgePlan, planDevnet } from '../../cli/devnet/plan.ts'
import type { Network, NetworkEdge } from '../../cli/network.ts'
import { devnetMnemonic, startAnvil } from '../../registry-contract/io/anvil.ts'
import { compileContracts } from '../../registry-contract/io/compile.ts'
import type { Bed } from './bed.ts'

const suffix = 'inxt'
const ports = { dnsPort: 53, httpPort: 80, httpsPort: 443, overlayPort: 4001 }
/** Starting an edge takes two seconds of a core. */
const startedAtOnce = 4

export interface BedNetwork extends Network {
  /** Wallets with INXT and ether, one for each edge: publishing with several at a time needs several. */
  readonly walletFiles: readonly string[]
}

/** One edge on each of the first `size` machines, serving. All of it ends with the stack. */
export async function openBedNetwork(
  bed: Bed,
  size: number,
  stack: AsyncDisposableStack,
): Promise<BedNetwork> {
  const folder = await mkdtemp(join(tmpdir(), 'inxt-bed-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const anvil = await startAnvil({ host: bed.hub, port: 0 })
  stack.defer(() => anvil.stop())
  await bed.own(anvil.pid)
  const planned = planDevnet({ ...ports, data: folder, edges: size, chainPort: anvil.port, network: 0 })
  const members = planned.members.map(member => ({ ...member, address: bed.address(member.number) }))
  const plan = { ...planned, rpc: anvil.url, members }
  await mkdir(plan.chainFolder, { recursive: true })
  await foundRegistry(plan, anvil.url, await compileContracts(), suffix)
  const edges: NetworkEdge[] = []
  for (let i = 0; i < size; i += startedAtOnce) {
    const starting = members.slice(i, i + startedAtOnce).map(async member => {
      await prepare(member, plan)
      const edge = await startEdge(member, { preset: 'internet', inside: bed.inside(member.number) })
      stack.defer(() => edge.stop())
      return { number: member.number, address: member.address, pid: edge.pid, ...ports }
    })
    edges.push(...(await Promise.all(starting)))
  }
  const walletFiles = members.map(walletOf)
  const { rpc, addressesFile } = plan
  return {
    version: 1,
    suffix,
    rpc,
    addressesFile,
    walletFile: walletFiles[0]!,
    walletFiles,
    edges,
    chainPid: anvil.pid,
  }
}

const walletOf = ({ folder }: EdgePlan): string => join(folder, 'operator.json')

async function prepare(member: EdgePlan, { rpc, addressesFile, members }: DevnetPlan): Promise<void> {
  const { address, configFile, folder, number } = member
  const settings = {
    edge: { address, suffix, leaveMs: 0 },
    dns: { port: ports.dnsPort },
    http: { port: ports.httpPort },
    overlay: { port: ports.overlayPort, bootstrap: `${members[0]!.address}:${ports.overlayPort}` },
    chain: { rpc, addresses: addressesFile, pollMs: 500 },
  }
  await mkdir(folder, { recursive: true })
  await writeFile(configFile, JSON.stringify(settings))
  await writeFile(walletOf(member), JSON.stringify({ mnemonic: devnetMnemonic, account: number }), {
    mode: 0o600,
  })
}
