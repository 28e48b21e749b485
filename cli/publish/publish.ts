// From a folder to a site that every live edge serves, in the order that makes it safe to stop at any moment:
// hash, own the name, upload what is missing, wait until two edges hold all of it, then change the chain, then wait
// until every live edge answers with the new root. Run again, it goes on where it stopped.

import { statSync } from 'node:fs'
import { toHex } from '../../base/bytes.ts'
import { Fault, isFault } from '../../base/fault.ts'
import { delay } from '../../base/io/clock.ts'
import { encodeContenthash, formatCid } from '../../content/identifier.ts'
import { encodeGrant, grantLifeMsMax, grantText } from '../../registry-contract/grant.ts'
import { readAddresses } from '../../registry-contract/io/deploy.ts'
import { createRegistrar, type Registrar } from '../../registry-contract/io/registrar.ts'
import { createRpc } from '../../registry-contract/io/rpc.ts'
import { createWallet, type Wallet } from '../../registry-contract/io/wallet.ts'
import { requireLabel } from '../../registry-contract/label.ts'
import { askEdge, type EdgeStatus, type HoldersAnswer, holdersPath, statusPath } from '../gateway.ts'
import type { Network, NetworkEdge } from '../network.ts'
import type { Terminal } from '../terminal.ts'
import { readWalletKey } from '../wallet-file.ts'
import { awaitEverywhere, type Resolution } from './confirm.ts'
import { type Imported, importFolder } from './import.ts'
import { uploadSite } from './upload.ts'

export interface PublishRequest {
  readonly folder: string
  readonly name: string
  readonly network: Network
  readonly hidden: boolean
  /** For each of the waits: replication, confirmation. */
  readonly deadlineMs: number
}

export interface Publication {
  readonly name: string
  readonly root: string
  readonly files: number
  readonly bytes: number
  /** Names of files that begin with a dot and were left out. */
  readonly hiddenLeftOut: number
  readonly uploadedTo: string
  readonly uploadedBlocks: number
  readonly holders: readonly string[]
  readonly sequence: number
  /** Undefined when the chain named this root already. */
  readonly transaction: string | undefined
  readonly edges: readonly Resolution[]
  readonly urls: readonly string[]
}

/** Edges that must hold all of a site before its name points at it. */
const holdersMin = 2

/** Labels that the zone of the suffix uses itself (resolver/zone/suffix.ts): no site under them would be reached. */
const reserved = new Set(['ns'])

/** Throws Faults: name/*, config/unreadable, content/*, publish/*, chain/*, net/unreachable. */
export async function publishFolder(request: PublishRequest, terminal: Terminal): Promise<Publication> {
  const { folder, name, network, deadlineMs } = request
  requireLabel(name)
  if (reserved.has(name)) throw new Fault('name/invalid', `${name} is the place of the name servers`)
  requireFolder(folder)
  const imported = await importFolder(folder, request.hidden, terminal)
  const root = formatCid(imported.root)
  await using account = await openAccount(network)
  await terminal.step(`${name} is ours`, say => own(account.registrar, name, say))

  const grant = await signGrant(account.wallet, name, root)
  const live = await livingEdges(network)
  const upload = await uploadSite({ live, imported, folder, grant, root }, terminal)
  const holders = await replicate(upload.edge, root, Math.min(holdersMin, live.length), deadlineMs, terminal)
  const sent = await terminal.step(`${name} points at the new content`, () =>
    point(account.registrar, name, imported),
  )
  const edges = await awaitEverywhere(
    { edges: live, name, suffix: network.suffix, root, deadlineMs },
    terminal,
  )
  return {
    name,
    root,
    files: imported.files,
    bytes: imported.bytes,
    hiddenLeftOut: imported.hiddenLeftOut,
    uploadedTo: upload.edge.address,
    uploadedBlocks: upload.blocks,
    holders,
    ...sent,
    edges,
    urls: live.map(({ httpPort }) => `http://${name}.${network.suffix}:${httpPort}/`).filter(isFirst),
  }
}

function isFirst<T>(item: T, index: number, items: readonly T[]): boolean {
  return items.indexOf(item) === index
}

function requireFolder(folder: string): void {
  const stats = statSync(folder, { throwIfNoEntry: false })
  if (stats === undefined) throw new Fault('config/unreadable', `${folder}: there is no such folder`)
  if (!stats.isDirectory()) {
    throw new Fault('config/unreadable', `${folder}: is not a folder`, {
      hint: 'Publish the folder that holds it.',
    })
  }
}

interface Account extends AsyncDisposable {
  readonly wallet: Wallet
  readonly registrar: Registrar
}

async function openAccount(network: Network): Promise<Account> {
  const addresses = await readAddresses(network.addressesFile)
  if (addresses === undefined)
    throw new Fault('config/unreadable', `${network.addressesFile}: there is no such file`)
  const rpc = createRpc({ url: network.rpc })
  const wallet = await createWallet({
    rpc,
    chainId: addresses.chainId,
    key: await readWalletKey(network.walletFile),
  })
  return {
    wallet,
    registrar: createRegistrar({ wallet, ...addresses }),
    [Symbol.asyncDispose]: () => rpc.close(),
  }
}

/** Registers the name if nobody holds it. */
async function own(registrar: Registrar, name: string, say: (title: string) => void): Promise<void> {
  const owner = (await registrar.owner(name)).toLowerCase()
  if (owner === registrar.address.toLowerCase()) return
  if (!/^0x0+$/.test(owner)) throw new Fault('name/taken', `${name} belongs to ${owner}`)
  say(`${name} was free and is registered`)
  await registrar.register(name)
}

async function signGrant(wallet: Wallet, name: string, root: string): Promise<string> {
  const terms = { name, root, untilAt: Date.now() + grantLifeMsMax }
  return encodeGrant({ ...terms, signature: await wallet.sign(grantText(terms)) })
}

/** The edges that answer now. Throws Fault net/unreachable when none does. */
async function livingEdges(network: Network): Promise<readonly NetworkEdge[]> {
  const seen = await Promise.allSettled(
    network.edges.map(edge => askEdge<EdgeStatus>(edge, statusPath, { timeoutMs: 3000 })),
  )
  const live = network.edges.filter((_, i) => seen[i]!.status === 'fulfilled')
  if (live.length > 0) return live
  throw new Fault('net/unreachable', `none of the ${network.edges.length} edges answers`, {
    hint: 'Is the devnet running? Start it with `npm start`.',
  })
}

async function replicate(
  edge: NetworkEdge,
  root: string,
  wanted: number,
  deadlineMs: number,
  terminal: Terminal,
): Promise<string[]> {
  return terminal.bar(`at least ${wanted} edges hold all of it`, wanted, async advance => {
    const endsAt = performance.now() + deadlineMs
    let known = 0
    for (;;) {
      const answer = await askEdge<HoldersAnswer>(edge, `${holdersPath}/${root}`).catch(error => {
        if (!isFault(error, 'net/unreachable')) throw error
        return { holders: [] }
      })
      const holders = answer.holders.map(({ address }) => address)
      if (holders.length > known) advance(holders.length - known)
      known = Math.max(known, holders.length)
      if (holders.length >= wanted) return holders.sort()
      if (performance.now() > endsAt) {
        throw new Fault('publish/timeout', `only ${holders.length} of ${wanted} edges hold ${root}`)
      }
      await delay(50)
    }
  })
}

/** Sends the transaction unless the chain says so already. */
async function point(
  registrar: Registrar,
  name: string,
  imported: Imported,
): Promise<{ sequence: number; transaction: string | undefined }> {
  const contenthash = `0x${toHex(encodeContenthash(imported.root))}`
  const current = (await registrar.contenthash(name)).toLowerCase()
  const receipt = current === contenthash ? undefined : await registrar.setContenthash(name, contenthash)
  return { sequence: await registrar.sequence(name), transaction: receipt?.transaction }
}
