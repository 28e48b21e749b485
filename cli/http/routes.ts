// The edge's own HTTP interface: status, holders, and the uploads of those who publish. cli/edge-interface.ts is its
// client.
//
// Uploads need a grant (registry-contract/grant.ts): who signs must own the name on chain. What comes by one counts for
// its name (allowance.ts), so that no name fills the store; what came stays for a grace. When all is there, the homes
// of the root are told to hold it too, before any name points at it.

import type { CID } from 'multiformats/cid'
import { Fault, isFault } from '../../base/fault.ts'
import { blockBytesMax } from '../../content/block.ts'
import type { Blocks } from '../../content/blocks.ts'
import { readCar } from '../../content/car.ts'
import { formatCid, parseCid } from '../../content/identifier.ts'
import type { Steward } from '../../content/steward.ts'
import type { Store } from '../../content/store.ts'
import { completeness } from '../../content/walk.ts'
import { collectJson } from '../../edge/body.ts'
import { fieldValue } from '../../edge/message.ts'
import type { Route, RouteRequest, Routes } from '../../edge/questions.ts'
import { decodeGrant, type Grant, signerOf } from '../../registry-contract/grant.ts'
import {
  blocksPath,
  certificatesPath,
  completePath,
  type EdgeStatus,
  type HoldersAnswer,
  holdersPath,
  holdPath,
  missingPath,
  type RecordsAnswer,
  recordsPath,
  statusPath,
} from '../edge-interface.ts'
import { type Allowance, createAllowance } from './allowance.ts'

export interface RoutesOptions {
  readonly status: () => EdgeStatus
  readonly holders: (cid: string) => Promise<HoldersAnswer['holders']>
  readonly records: (key: string) => Promise<RecordsAnswer['records']>
  /** Lower-case address that owns a label now; undefined when nobody does. */
  readonly ownerOf: (label: string) => string | undefined
  readonly store: Store
  readonly blocks: Blocks
  readonly steward: Steward
  /** The certificate of a host in a letter for the edge that put the question. */
  readonly certificate: (host: string, question: string) => Promise<{ letter: string }>
  /** Tells the homes of the root to hold it too; never throws. */
  readonly invite: (root: string, authorization: string) => void
  readonly siteBytesMax: number
  /** How long the steward holds what no name points at (yet). */
  readonly graceMs: number
  /** By the calendar, as grants end. */
  readonly now: () => number
  /** By the clock of the steward's turns. */
  readonly steadyNow: () => number
}

const json = (value: unknown): { status: number; json: unknown } => ({ status: 200, json: value })
/** 5,000 CIDs of 60 bytes with their quotes, and room. */
const questionBytesMax = 512 * 1024
const cidsMax = 5000
/** Twice what `inxt publish` sends at once: it stops at the first block past 4 MiB. */
const streamBytesMax = 8 * 1024 * 1024
/** Roots of one name that are fetched at once: a site and its zone. */
const fetchesMax = 2

/** The grant, if it is whole, current and the owner's. Faults: publish/refused, name/invalid for an unknown name. */
function requireGrant(
  authorization: string | undefined,
  ownerOf: RoutesOptions['ownerOf'],
  now: number,
): Grant {
  const grant = decodeGrant(authorization, now)
  const owner = ownerOf(grant.name)
  if (owner === undefined) {
    throw new Fault('name/invalid', `nobody holds the name ${grant.name}`, {
      hint: 'If it was registered just now, the edge sees it with the next block: try again.',
    })
  }
  const signer = signerOf(grant)
  if (signer === owner) return grant
  throw new Fault('publish/refused', `${grant.name} belongs to ${owner}, the grant is signed by ${signer}`)
}

export function createRoutes(options: RoutesOptions): Routes {
  const { store, steward, now, steadyNow } = options
  const allowance = createAllowance(options)
  const fetch = createFetch(options, allowance)

  const granted = (request: RouteRequest): { grant: Grant; authorization: string } => {
    const authorization = fieldValue(request.fields, 'authorization')
    const grant = requireGrant(authorization, options.ownerOf, now())
    // In its one spelling, since it is counted by it.
    return { grant: { ...grant, root: formatCid(parseCid(grant.root)) }, authorization: authorization! }
  }

  const missing = async (request: RouteRequest) => {
    const { grant } = granted(request)
    const question = (await collectJson(request.body, questionBytesMax)) as { cids?: unknown } | null
    const cids = question?.cids
    if (!Array.isArray(cids) || cids.length > cidsMax)
      throw new Fault('bytes/malformed', '"cids" must be a list')
    const asked = cids.map(cid => parseCid(String(cid)))
    const sizes = await Promise.all(asked.map(cid => store.sizeBytes(cid)))
    const root = parseCid(grant.root)
    for (const [i, cid] of asked.entries()) {
      // What there is no room for is not refused: it is here, and stays as long as nothing else needs the place.
      if (!allowance.hasRoom(grant.name, grant.root, sizes[i] ?? Number.POSITIVE_INFINITY, steadyNow()))
        continue
      const { pinnedBytes } = store.usage()
      steward.arrive(root, cid, steadyNow())
      allowance.count(grant.name, grant.root, store.usage().pinnedBytes - pinnedBytes, steadyNow())
    }
    return json({ missing: asked.filter((_, i) => sizes[i] === undefined).map(formatCid) })
  }

  const take = async (request: RouteRequest) => {
    const { grant } = granted(request)
    const root = parseCid(grant.root)
    const { blocks } = await readCar(request.body, { blocksMax: 100_000, bytesMax: streamBytesMax })
    let stored = 0
    for await (const block of blocks) {
      allowance.admit(grant.name, grant.root, block.bytes.length, steadyNow())
      await options.blocks.put(block)
      steward.arrive(root, block.cid, steadyNow())
      stored++
    }
    return json({ stored })
  }

  const complete = async (request: RouteRequest) => {
    const { grant, authorization } = granted(request)
    await fetch(grant)
    options.invite(grant.root, authorization)
    return json({ complete: true })
  }

  /** From an edge that took an upload. The answer does not wait for the fetch: who asks counts the provider records. */
  const hold = async (request: RouteRequest) => {
    const { grant } = granted(request)
    fetch(grant).catch(error => {
      if (!isFault(error)) throw error
    })
    return json({ taken: true })
  }

  const holders = async ({ params }: RouteRequest) =>
    json({ holders: await options.holders(formatCid(parseCid(params['cid']!))) })

  const records = async ({ query }: RouteRequest) =>
    json({ records: await options.records(query.get('key') ?? '') })

  const certificate = async ({ params, query }: RouteRequest) =>
    json(await options.certificate(params['host']!, query.get('for') ?? ''))

  const route = (bytesMax: number, answer: Route['answer']): Route => ({ bytesMax, answer })
  return {
    [`GET ${statusPath}`]: route(0, async () => json(options.status())),
    [`GET ${holdersPath}/<cid>`]: route(0, holders),
    [`GET ${recordsPath}`]: route(0, records),
    [`GET ${certificatesPath}/<host>`]: route(0, certificate),
    [`POST ${missingPath}`]: route(questionBytesMax, missing),
    [`POST ${blocksPath}`]: route(streamBytesMax + blockBytesMax, take),
    [`POST ${completePath}`]: route(1024, complete),
    [`POST ${holdPath}`]: route(1024, hold),
  }
}

/**
 * Has all of a granted root held; what that took of the store counts for its name. Throws at once Fault publish/refused
 * where that has had enough; rejects as the steward does.
 */
function createFetch({ store, steward, steadyNow }: RoutesOptions, allowance: Allowance) {
  const under = new Map<string, Set<string>>()
  const hold = async (name: string, root: CID): Promise<void> => {
    const { pinnedBytes } = store.usage()
    await steward.grant(root, steadyNow())
    // Others' sites came meanwhile: no more than all of this one counts.
    const moreBytes = store.usage().pinnedBytes - pinnedBytes
    const bytes =
      moreBytes > 0 ? (await completeness(store, root, { blocksMax: Number.POSITIVE_INFINITY })).bytes : 0
    allowance.count(name, formatCid(root), Math.min(Math.max(0, moreBytes), bytes), steadyNow())
  }
  return ({ name, root }: Grant): Promise<void> => {
    allowance.admit(name, root, 0, steadyNow())
    const roots = under.get(name) ?? new Set()
    const isFirst = !roots.has(root)
    if (isFirst && roots.size >= fetchesMax) {
      throw new Fault('publish/refused', `${roots.size} versions of ${name} are being fetched here`, {
        hint: 'Try again when they are here.',
      })
    }
    under.set(name, roots.add(root))
    return hold(name, parseCid(root)).finally(() => {
      if (isFirst) roots.delete(root)
      if (roots.size === 0) under.delete(name)
    })
  }
}
