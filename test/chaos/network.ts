// A network to be shaken: a chain, edges as processes on loopback addresses, each on a disk of its own that can be
// full, and with a relay before the port at which the others fetch blocks.
//
// It is the devnet's own start with two differences. The harness enters the edges into the Roll, since their entries
// name the relays. And the stores are small beside the sites, so that edges evict and fetch all the time.

import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toHex } from '../../base/bytes.ts'
import { Fault } from '../../base/fault.ts'
import { realClock } from '../../base/io/clock.ts'
import { foundRegistry } from '../../cli/devnet/contracts.ts'
import { type RunningEdge, type Surroundings, startEdge } from '../../cli/devnet/edges.ts'
import { type DevnetPlan, type EdgePlan, planDevnet, publisherAccount } from '../../cli/devnet/plan.ts'
import { requireFree } from '../../cli/devnet/ports.ts'
import { askEdge, type EdgeStatus, holdPath, statusPath } from '../../cli/edge-interface.ts'
import type { NetworkEdge } from '../../cli/network.ts'
import { importFolder } from '../../cli/publish/import.ts'
import { publishFolder, signGrant } from '../../cli/publish/publish.ts'
import { quiet, type Terminal } from '../../cli/terminal.ts'
import { devnetChainId } from '../../cli/wallet/wallet-file.ts'
import { formatCid } from '../../content/identifier.ts'
import { openLocalAuthority } from '../../edge/io/local-authority.ts'
import { publicKeyOf } from '../../overlay/peer.ts'
import { readAddresses } from '../../registry-contract/io/addresses.ts'
import { devnetMnemonic, startAnvil } from '../../registry-contract/io/anvil.ts'
import { compileContracts } from '../../registry-contract/io/compile.ts'
import { createOperator } from '../../registry-contract/io/operator.ts'
import { createRpc } from '../../registry-contract/io/rpc.ts'
import { createWallet, type Wallet } from '../../registry-contract/io/wallet.ts'
import { until } from '../e2e/devnet.ts'
import { buildBadDisk } from './bad-disk.ts'
import { harbour } from './plan.ts'
import { openRelay, type Relay } from './relay.ts'
import { type Site, type SiteFile, writeSite } from './sites.ts'

export const suffix = 'inxt'
const ports = { dnsPort: 5391, httpPort: 8091, httpsPort: 8491, overlayPort: 4092, relayPort: 8092 }
/** Until an upload is evicted from where no duty keeps it: sooner than usual, since the stores are small. */
const uploadGraceMs = 30_000
/** The same at the harbour: longer than the slowest publication and the time to the next. */
const harbourGraceMs = 240_000
/** Characters of the log of an edge that ended. */
const lastWordsMax = 1000
const restartMs = 60_000
/** For each of the waits of a publication. */
const deadlineMs = 30_000

export interface ShakenEdge extends Omit<NetworkEdge, 'pid'> {
  readonly plan: EdgePlan
  readonly relay: Relay
  /** Where its blocks lie: `<two characters>/<CID>`. */
  readonly shardsFolder: string
  /** Undefined while it does not run. */
  pid(): number | undefined
  /** At once, and waits until it is gone. */
  kill(): Promise<void>
  /** Resolves when it serves. */
  start(): Promise<void>
}

export interface Replica {
  readonly root: string
  /** CIDs of all blocks. */
  readonly blocks: readonly string[]
}

export interface Published extends Site {
  /** Of the versions that somebody may be reading. */
  replicas(): readonly Replica[]
  /** The files of each version that may be answered to who asked then, by `performance.now`. */
  versionsSince(askedAt: number): readonly (readonly SiteFile[])[]
}

export interface PublishOptions {
  /** Called before the chain names it, once two edges hold it. */
  readonly onNamed?: (replica: Replica) => void
  /** The harbour is told to hold it, and does, before that. */
  readonly isHarboured?: boolean
}

export interface ShakenNetwork {
  readonly edges: readonly ShakenEdge[]
  /** PEM of who vouches for the edges. */
  readonly authority: string
  /** Without it no disk can be filled. */
  readonly hasDisks: boolean
  /** Without it no reading fails. */
  readonly canFailToRead: boolean
  /** Throws Faults as `publishFolder` does. */
  publish(site: Site, options?: PublishOptions): Promise<Replica>
}

export interface NetworkOptions {
  readonly edges: number
  readonly storeBytesMax: number
  /** An edge ended although nobody killed it; it is started again. */
  readonly onCrash: (edge: number, how: string) => void
}

/** All of it ends with the stack. */
export async function openNetwork(
  options: NetworkOptions,
  stack: AsyncDisposableStack,
): Promise<ShakenNetwork> {
  const data = await mkdtemp(join(tmpdir(), 'inxt-chaos-'))
  stack.defer(() => rm(data, { recursive: true, force: true }))
  const anvil = await startAnvil({ port: 0 })
  stack.defer(() => anvil.stop())
  const { relayPort, ...usual } = ports
  const network = 2 + (process.pid % 250)
  const planned = planDevnet({ ...usual, data, edges: options.edges, chainPort: anvil.port, network })
  // Every other log lies beside the disk that will be full, so that it says why an edge ended; the others lie on it.
  const logOf = ({ number, logFile }: EdgePlan): string =>
    number % 2 === 0 ? logFile : join(data, `edge-${number}.log`)
  const plan = { ...planned, members: planned.members.map(edge => ({ ...edge, logFile: logOf(edge) })) }
  const badDisk = buildBadDisk(data)
  const listeners = plan.members.map(({ address }) => ({
    address,
    port: ports.httpPort,
    flag: '',
    udp: false,
  }))
  await requireFree(listeners)
  await foundRegistry(plan, anvil.url, await compileContracts(), suffix)
  const authorityFolder = plan.authorityFolder
  const vouching = { folder: authorityFolder, suffixes: [suffix], ownNames: ['localhost'] as const }
  await openLocalAuthority({ ...vouching, clock: realClock, serves: () => false })
  const disks = plan.members.map(({ folder }) => openDisk(folder, 2 * options.storeBytesMax, stack))
  // All have ended, well or not, before anything is taken from under them.
  const edgeOptions = { ...options, inside: badDisk ?? [] }
  const started = await Promise.allSettled(plan.members.map(edge => openEdge(edge, plan, edgeOptions, stack)))
  const edges = started.map(outcome => {
    if (outcome.status === 'rejected') throw outcome.reason
    return outcome.value
  })
  await Promise.all(edges.map(edge => enter(edge, plan)))
  await until('every edge serves with every other', 30_000, async () => {
    const views = await Promise.all(edges.map(viewOf))
    return views.every(view => view.serving.length === edges.length) ? true : undefined
  })
  const published = networkOf(edges, plan)
  await writeFile(
    published.walletFile,
    JSON.stringify({ mnemonic: devnetMnemonic, account: publisherAccount }),
  )
  return {
    edges,
    authority: await readFile(join(authorityFolder, 'local-authority.pem'), 'utf8'),
    hasDisks: disks.every(isThere => isThere),
    canFailToRead: badDisk !== undefined,
    async publish(site, { onNamed, isHarboured = false } = {}) {
      // The first takes the upload, and keeps it for a while: each shall have its turn.
      published.edges.push(published.edges.shift()!)
      const folder = await writeSite(site, join(data, 'sites'))
      const imported = await importFolder(folder, false, quiet)
      const replica = { root: formatCid(imported.root), blocks: [...imported.blocks.keys()] }
      const request = { folder, name: site.name, network: published, hidden: false, deadlineMs }
      const step: Terminal['step'] = async (title, action) => {
        if (title.includes('points at')) {
          if (isHarboured) await bringIn(edges[harbour - 1]!, plan, site.name, replica.root)
          onNamed?.(replica)
        }
        return quiet.step(title, action)
      }
      await publishFolder(request, { ...quiet, step })
      return replica
    },
  }
}

export function viewOf(edge: Pick<ShakenEdge, 'address' | 'httpPort'>): Promise<EdgeStatus> {
  return askEdge<EdgeStatus>(edge, statusPath, { timeoutMs: 2000 })
}

/** A file system in memory of its own; false where that is not allowed, and the folder lies with the others. */
function openDisk(folder: string, bytes: number, stack: AsyncDisposableStack): boolean {
  mkdirSync(folder, { recursive: true })
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder])
  if (status !== 0) return false
  stack.defer(async () => void spawnSync('umount', [folder]))
  return true
}

async function openEdge(
  plan: EdgePlan,
  { rpc, addressesFile, authorityFolder, members }: DevnetPlan,
  { storeBytesMax, onCrash, inside }: NetworkOptions & Required<Pick<Surroundings, 'inside'>>,
  stack: AsyncDisposableStack,
): Promise<ShakenEdge> {
  const { address, number } = plan
  const settings = {
    edge: { address, suffix },
    dns: { port: ports.dnsPort },
    http: { port: ports.httpPort, tlsPort: ports.httpsPort },
    certificates: { authority: 'local', localFolder: authorityFolder },
    overlay: {
      port: ports.overlayPort,
      bootstrap: members.map(({ address }) => `${address}:${ports.overlayPort}`).join(),
    },
    chain: { rpc, addresses: addressesFile },
    content: { graceMs: number === harbour ? harbourGraceMs : uploadGraceMs },
    store: { bytesMax: storeBytesMax, memoryBytesMax: Math.ceil(storeBytesMax / 16) },
  }
  await writeFile(plan.configFile, JSON.stringify(settings))
  const relay = await openRelay(address, ports.relayPort, ports.httpPort)
  stack.defer(() => relay.close())
  let running: RunningEdge | undefined
  const lastWords = async (): Promise<string> =>
    (await readFile(plan.logFile, 'utf8').catch(() => '')).slice(-lastWordsMax)
  const start = async (): Promise<void> => {
    const edge = await startEdge(plan, { inside }).catch(async error => {
      throw new Error(`edge ${number} did not start: ${error.message}\n${await lastWords()}`, {
        cause: error,
      })
    })
    running = edge
    edge.ended.then(async how => {
      if (running !== edge) return
      running = undefined
      onCrash(number, `${how}: ${await lastWords()}`)
      // On a full disk it cannot.
      const again = until('it starts again', restartMs, () => start().then(() => true))
      await again.catch(error => onCrash(number, error.message))
    })
  }
  await start()
  const kill = async (): Promise<void> => {
    const edge = running
    if (edge === undefined) return
    running = undefined
    process.kill(edge.pid, 'SIGKILL')
    await edge.ended
  }
  stack.defer(kill)
  return {
    ...{ plan, number, address, relay, ...ports, start, kill },
    shardsFolder: join(plan.folder, 'blocks', 'shards'),
    pid: () => running?.pid,
  }
}

/** As the edge would do itself, but for the port at which others fetch from it. */
async function enter(edge: ShakenEdge, { rpc, addressesFile }: DevnetPlan): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const wallet = await openWallet(rpc, edge.number, stack)
  const { peer } = await viewOf(edge)
  const addresses = (await readAddresses(addressesFile))!
  const { address, dnsPort, httpsPort, overlayPort } = edge
  const peerKey = `0x${toHex(publicKeyOf(peer))}`
  const place = { peerKey, address, dnsPort, httpPort: ports.relayPort, httpsPort, overlayPort }
  await createOperator({ wallet, addresses }).enter(place)
}

/** Resolves when the harbour holds what its publisher granted, for its own grace. Throws Fault publish/timeout. */
async function bringIn(edge: ShakenEdge, plan: DevnetPlan, name: string, root: string): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const wallet = await openWallet(plan.rpc, publisherAccount, stack)
  await askEdge(edge, holdPath, { body: '', authorization: await signGrant(wallet, name, root) })
  // The answer is that it begins.
  const holds = async (): Promise<true | undefined> =>
    (await viewOf(edge)).content.holds.includes(root) ? true : undefined
  await until(`the harbour holds ${root}`, deadlineMs, holds).catch(cause => {
    throw new Fault('publish/timeout', cause.message, { cause })
  })
}

async function openWallet(url: string, account: number, stack: AsyncDisposableStack): Promise<Wallet> {
  const rpc = createRpc({ url })
  stack.defer(() => rpc.close())
  return createWallet({ rpc, chainId: devnetChainId, key: { mnemonic: devnetMnemonic, account } })
}

function networkOf(edges: readonly ShakenEdge[], plan: DevnetPlan) {
  return {
    version: 1 as const,
    suffix,
    rpc: plan.rpc,
    addressesFile: plan.addressesFile,
    walletFile: join(plan.data, 'wallet.json'),
    edges: edges.map(edge => ({ ...edge, pid: edge.pid()! })),
    chainPid: 0,
  }
}
