// From a folder to a site that every live edge serves, in the order that makes it safe to stop at any moment:
// hash, own the name, upload what is missing, wait until two edges hold all of it, then change the chain, then wait
// until every live edge answers with the new root. Run again, it goes on where it stopped.

import { toHex } from '../../base/bytes.ts'
import { Fault, isFault } from '../../base/fault.ts'
import { delay } from '../../base/io/clock.ts'
import { encodeContenthash, formatCid } from '../../content/identifier.ts'
import { encodeGrant, grantLifeMsMax, grantText } from '../../registry-contract/grant.ts'
import { readName } from '../../registry-contract/io/names.ts'
import type { Registrar } from '../../registry-contract/io/registrar.ts'
import type { Wallet } from '../../registry-contract/io/wallet.ts'
import { spell } from '../../registry-contract/spelling.ts'
import { askEdge, type EdgeStatus, type HoldersAnswer, holdersPath, statusPath } from '../edge-interface.ts'
import type { Network, NetworkEdge } from '../network.ts'
import { durationText, type Terminal } from '../terminal.ts'
import { type OpenChain, openChainFor } from '../wallet/account.ts'
import { amountText } from '../wallet/amount.ts'
import { devnetChainId } from '../wallet/wallet-file.ts'
import { awaitBlock, awaitEverywhere, type Resolution } from './confirm.ts'
import { type Imported, importFolder, requireFolder } from './import.ts'
import { requireNotOurs } from './own-labels.ts'
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

/** Throws Faults: name/*, config/unreadable, content/*, publish/*, chain/*, net/unreachable. */
export async function publishFolder(request: PublishRequest, terminal: Terminal): Promise<Publication> {
  const { folder, network, deadlineMs } = request
  const { label: name } = await spell(request.name)
  requireNotOurs(name)
  requireFolder(folder)
  const imported = await importFolder(folder, request.hidden, terminal)
  if (imported.files === 0) {
    throw new Fault('input/invalid', `${folder}: there is no file in it`, {
      hint: 'Name the folder that holds your site; --hidden includes names that begin with a dot.',
    })
  }
  const root = formatCid(imported.root)
  // Before anything is spent.
  const live = await livingEdges(network)
  const { rpc, addressesFile: addresses, walletFile: wallet } = network
  await using chain = await openChainFor({ data: '', rpc, addresses, wallet })
  const account = { chain, ...(await chain.openRegistrar()) }
  await terminal.step(`${name} is ours`, say => own(account, name, say))

  const grant = await signGrant(account.wallet, name, root)
  const upload = await uploadSite({ live, imported, folder, grant, root }, terminal)
  const holders = await replicate(upload.edge, root, Math.min(holdersMin, live.length), deadlineMs, terminal)
  const sent = await terminal.step(`${name} points at the new content`, () => point(account, name, imported))
  const { blockNumber, hasZone, ...pointed } = sent
  const confirmation = { edges: live, name, suffix: network.suffix, root, deadlineMs }
  // The owner's own zone says what DNS answers for the name, so there the chain is what an edge must have seen.
  const edges = hasZone
    ? await awaitBlock({ edges: live, deadlineMs, what: root }, blockNumber, terminal)
    : await awaitEverywhere(confirmation, terminal)
  return {
    name,
    root,
    files: imported.files,
    bytes: imported.bytes,
    hiddenLeftOut: imported.hiddenLeftOut,
    uploadedTo: upload.edge.address,
    uploadedBlocks: upload.blocks,
    holders,
    ...pointed,
    edges,
    urls: addressesAt(`${name}.${network.suffix}`, live),
  }
}

/** Where a browser finds a host at these edges, each address once. */
function addressesAt(host: string, edges: readonly NetworkEdge[]): string[] {
  const urls = [
    ...edges.map(({ httpPort }) => `http://${host}:${httpPort}/`),
    ...edges.filter(({ httpsPort }) => httpsPort > 0).map(({ httpsPort }) => `https://${host}:${httpsPort}/`),
  ]
  // Without the ports that go without saying.
  return urls.map(url => new URL(url).href).filter(isFirst)
}

function isFirst<T>(item: T, index: number, items: readonly T[]): boolean {
  return items.indexOf(item) === index
}

interface Account {
  readonly chain: OpenChain
  readonly wallet: Wallet
  readonly registrar: Registrar
}

/** Registers the name if nobody holds it, where that costs nothing that is worth anything. */
async function own(account: Account, name: string, say: (title: string) => void): Promise<void> {
  const { chain, registrar } = account
  const { owner, expiresAt } = await readName(chain.reader, chain.addresses, name)
  if ((await chain.reader.now()) * 1000 < expiresAt) {
    if (owner === registrar.address) return
    throw new Fault('name/taken', `${name} belongs to ${owner}`)
  }
  const { rent, premium } = await registrar.price(name, 1)
  const price = `${amountText(rent + premium)} INXT for a year`
  if (chain.addresses.chainId !== devnetChainId) {
    const hint = `It costs ${price}: take it first with \`inxt name register ${name}\`.`
    throw new Fault('input/invalid', `nobody holds the name ${name}`, { hint })
  }
  const registering = `${name} was free and is registered, ${price}`
  await registrar.register(name, {
    progress: (step, waitMs) =>
      say(step === 'waiting' ? `${name}: the commitment rests ${durationText(waitMs)}` : registering),
  })
}

export async function signGrant(wallet: Wallet, name: string, root: string): Promise<string> {
  const terms = { name, root, untilAt: Date.now() + grantLifeMsMax }
  return encodeGrant({ ...terms, signature: await wallet.sign(grantText(terms)) })
}

/** The edges that answer now. Throws Fault net/unreachable when none does. */
export async function livingEdges(network: Network): Promise<readonly NetworkEdge[]> {
  const seen = await Promise.allSettled(
    network.edges.map(edge => askEdge<EdgeStatus>(edge, statusPath, { timeoutMs: 3000 })),
  )
  const live = network.edges.filter((_, i) => seen[i]!.status === 'fulfilled')
  if (live.length > 0) return live
  throw new Fault('net/unreachable', `none of the ${network.edges.length} edges answers`, {
    hint: 'Is the devnet running? Start it with `npm start`.',
  })
}

export async function replicate(
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
  { chain, registrar }: Account,
  name: string,
  imported: Imported,
): Promise<{ sequence: number; transaction: string | undefined; blockNumber: number; hasZone: boolean }> {
  const contenthash = `0x${toHex(encodeContenthash(imported.root))}`
  const before = await readName(chain.reader, chain.addresses, name)
  const hasZone = before.zonehash !== '0x'
  if (before.contenthash.toLowerCase() === contenthash)
    return { sequence: before.sequence, transaction: undefined, blockNumber: 0, hasZone }
  const { transaction, blockNumber } = await registrar.setContenthash(name, contenthash)
  return { sequence: before.sequence + 1, transaction, blockNumber, hasZone }
}
