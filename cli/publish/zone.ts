// From a zone that was signed to one that every live edge serves, in the order of a site's publication: judge it as an
// edge would, upload what is missing, wait until two edges hold all of it, change the chain, ask each edge for the SOA.

import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sizeText, toHex } from '../../base/bytes.ts'
import { Fault, isFault } from '../../base/fault.ts'
import { unreadable } from '../../base/io/file.ts'
import { knobs } from '../../config/knobs.ts'
import { encodeContenthash, formatCid } from '../../content/identifier.ts'
import { importFolder } from '../../content/io/folder.ts'
import { readName } from '../../registry-contract/io/names.ts'
import { ask } from '../../resolver/io/ask.ts'
import {
  type JudgedZone,
  judgePublication,
  placesFileName,
  zoneFileName,
} from '../../resolver/sign/publication.ts'
import { types } from '../../resolver/wire/code.ts'
import { nameText } from '../../resolver/wire/name.ts'
import type { NetworkEdge } from '../network.ts'
import type { Terminal } from '../terminal.ts'
import type { OpenChain } from '../wallet/account.ts'
import { awaitEdges, type Resolution } from './confirm.ts'
import type { Imported } from './import.ts'
import { replicate, signGrant } from './publish.ts'
import { uploadSite } from './upload.ts'

/** What was signed, and lies beside the owner's file. */
export interface ZoneFiles {
  readonly zone: string
  /** Undefined where no places are signed. */
  readonly places: string | undefined
}

export interface ZonePublication {
  readonly zone: string
  readonly name: string
  readonly root: string
  readonly serial: number
  readonly bytes: number
  readonly uploadedTo: string
  readonly holders: readonly string[]
  /** Undefined when the chain named this version already. */
  readonly transaction: string | undefined
  readonly edges: readonly Resolution[]
}

const holdersMin = 2

/** With the account that `openOwner` gave. Faults: publish/*, chain/*, net/unreachable, config/unreadable. */
export async function publishZone(
  files: ZoneFiles,
  name: string,
  at: { chain: OpenChain; account: Account; live: readonly NetworkEdge[]; deadlineMs: number },
  terminal: Terminal,
): Promise<ZonePublication> {
  const { chain, account, live, deadlineMs } = at
  const { apex, serial, bytes } = await judge(files)
  const { wallet, registrar } = account
  return withFolder(files, async (folder, imported) => {
    const root = formatCid(imported.root)
    const grant = await signGrant(wallet, name, root)
    const upload = await uploadSite({ live, imported, folder, grant, root }, terminal)
    const wanted = Math.min(holdersMin, live.length)
    const holders = await replicate(upload.edge, root, wanted, deadlineMs, terminal)
    const transaction = await terminal.step(`the zone of ${name} is this version`, async () => {
      const zonehash = hashOf(imported)
      const before = await readName(chain.reader, chain.addresses, name)
      if (before.zonehash.toLowerCase() === zonehash) return undefined
      return (await registrar.setZonehash(name, zonehash)).transaction
    })
    const zone = nameText(apex)
    const what = `serial ${serial} of ${zone}`
    const edges = await awaitEdges(
      { edges: live, deadlineMs, what },
      edge => serves(edge, zone, serial),
      terminal,
    )
    return { zone, name, root, serial, bytes, uploadedTo: upload.edge.address, holders, transaction, edges }
  })
}

/** Whether the chain names what lies in `files` as the zone of `name`. */
export async function isNamed(files: ZoneFiles, name: string, chain: OpenChain): Promise<boolean> {
  const { zonehash } = await readName(chain.reader, chain.addresses, name)
  return withFolder(files, async (_folder, imported) => zonehash.toLowerCase() === hashOf(imported))
}

function hashOf({ root }: Imported): string {
  return `0x${toHex(encodeContenthash(root))}`
}

/** As an edge will judge it, before anything is spent. */
async function judge({ zone, places }: ZoneFiles): Promise<JudgedZone & { bytes: number }> {
  const read = (file: string): Promise<Buffer> =>
    readFile(file).catch(cause => {
      throw unreadable(file, cause)
    })
  const files = { zone: await read(zone), places: places === undefined ? undefined : await read(places) }
  const bytes = files.zone.length + (files.places?.length ?? 0)
  const bytesMax = knobs['zones.bytesMax'].default
  if (bytes > bytesMax) {
    const parts = `${sizeText(files.zone.length)} of records and ${sizeText(files.places?.length ?? 0)} of places`
    throw new Fault('bytes/too-large', `a zone of ${parts}; edges take ${sizeText(bytesMax)} together`, {
      hint: 'Delegate a part of it to a zone of its own, or admit fewer edges.',
    })
  }
  const judgement = judgePublication(files, Math.floor(Date.now() / 1000))
  if ('zone' in judgement) return { ...judgement.zone, bytes }
  throw new Fault(
    'publish/refused',
    `${zone} would be refused by every edge, ${judgement.refusal}: ${judgement.why}`,
  )
}

export type Account = Awaited<ReturnType<OpenChain['openRegistrar']>>

/** The account that holds `name`, before keys are made or a file is written. Faults: publish/refused, name/taken. */
export async function openOwner(chain: OpenChain, name: string): Promise<Account> {
  const { reader, addresses } = chain
  const { owner, expiresAt } = await readName(reader, addresses, name)
  if ((await reader.now()) * 1000 >= expiresAt) {
    const hint = `Take it first: \`inxt name register ${name}\`, or \`inxt publish\` a site under it.`
    throw new Fault('input/invalid', `nobody holds the name ${name}`, { hint })
  }
  const account = await chain.openRegistrar()
  if (owner !== account.registrar.address) throw new Fault('name/taken', `${name} belongs to ${owner}`)
  return account
}

/** The files in a folder of their own, under the names by which edges know them, and the blocks it is made of. */
async function withFolder<T>(
  { zone, places }: ZoneFiles,
  action: (folder: string, imported: Imported) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'inxt-zone-'))
  try {
    await copyFile(zone, join(folder, zoneFileName))
    if (places !== undefined) await copyFile(places, join(folder, placesFileName))
    const blocks = new Map<string, number>()
    const { cid, files, bytes } = await importFolder({
      path: folder,
      sink: ({ cid, bytes }) => void blocks.set(formatCid(cid), bytes.length),
    })
    return await action(folder, { root: cid, files, bytes, hidden: false, hiddenLeftOut: 0, blocks })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function serves({ address, dnsPort }: NetworkEdge, name: string, serial: number): Promise<boolean> {
  try {
    const { answers } = await ask({ server: address, port: dnsPort, name, type: types.SOA, timeoutMs: 1000 })
    return answers.some(({ data }) => data.kind === 'authority' && data.serial === serial)
  } catch (error) {
    if (isFault(error)) return false
    throw error
  }
}
