// The content of an edge: its store, the way to blocks it lacks, and the sites it holds.

import { join } from 'node:path'
import { LRUCache } from 'lru-cache'
import type { CID } from 'multiformats/cid'
import { realClock } from '../../base/io/clock.ts'
import { type Blocks, createBlocks, type Source } from '../../content/blocks.ts'
import type { Holder } from '../../content/holders.ts'
import { formatCid, parseCid } from '../../content/identifier.ts'
import { openBlockFolder } from '../../content/io/blocks.ts'
import { createGateway } from '../../content/io/gateway.ts'
import { beginScrubbing } from '../../content/io/scrubbing.ts'
import { createWantedFile } from '../../content/io/wanted.ts'
import { createKeeper, type Keeper } from '../../content/keep.ts'
import { createDecoder } from '../../content/node.ts'
import { type GetOnWay, resolvePath } from '../../content/path.ts'
import { readFile } from '../../content/reader.ts'
import { createRelay } from '../../content/relay.ts'
import { createSteward, type Steward } from '../../content/steward.ts'
import type { Store } from '../../content/store.ts'
import type { Content } from '../../edge/questions.ts'
import type { PeerId } from '../../overlay/peer.ts'
import { nearestKept, type ServingEdge } from '../serving.ts'
import { announcing, holderOf, holdersFor } from './content-holders.ts'
import type { Ground } from './ground.ts'
import type { Network } from './network.ts'

/** Once two hold a site completely, the nearest is asked; while it is one, it is spared. */
const coldBelow = 2
/** How often the steward looks again without being told that something changed: retries, expired grants. */
const stewardMs = 2000

export interface ContentPart {
  readonly store: Store
  readonly blocks: Blocks
  readonly keeper: Keeper
  readonly steward: Steward
  /** Whether this edge is a home of a root that a name points at, and fetches of it for other edges. */
  readonly relays: (root: string) => boolean
}

export async function openContent(ground: Ground, network: Network): Promise<ContentPart> {
  const { settings, folder, meter, stack, log } = ground
  let lost = (_roots: readonly string[]): void => {}
  const store = await openBlockFolder({
    folder: join(folder, 'blocks'),
    bytesMax: settings['store.bytesMax'],
    fsync: false,
    meter,
    onLost: roots => lost(roots),
  })
  const timeoutMs = settings['content.fetchTimeoutMs']
  const gateway = createGateway({
    connectMs: 2000,
    idleMs: timeoutMs,
    connectionsMax: settings['content.askedPerHolderMax'],
  })
  stack.defer(async () => gateway.close())
  const replicas = settings['content.replicas']
  const holders = holdersFor(network, replicas)
  const blocks = createBlocks({
    store,
    memoryBytesMax: settings['store.memoryBytesMax'],
    holders,
    gateway,
    clock: realClock,
    meter,
    patienceMs: timeoutMs,
    askedPerHolderMax: settings['content.askedPerHolderMax'],
    freshMs: 2000,
    lieOutMs: 600_000,
    askedMax: 3,
    hedgeMs: settings['content.hedgeMs'],
    onFailing: network.overlay.blame,
    coldBelow,
    onLie(lie) {
      meter.count('content.lies')
      log.warn(lie, 'a holder sent bytes that are not what was asked for')
    },
    // With the pauses between them some 4 s: what gossip needs to see who died, and that the others are homes now.
    roundsMax: 7,
    pauseMs: 200,
  })
  // The smallest blocks that a site of the greatest size is made of are those of its folders: twice its chunks.
  const blocksMax = Math.ceil(settings['content.siteBytesMax'] / (128 * 1024)) + 10_000
  const wanted = createWantedFile(join(folder, 'sites.json'))
  const keeper = createKeeper({ blocks, store, wanted, windowBlocks: 8, blocksMax })
  await keeper.recover()
  const duties = dutiesOf(network, replicas)
  const steward = openSteward(ground, network, { store, keeper, duties })
  lost = roots => {
    log.warn({ roots }, 'the disk lost a block: its sites are fetched again')
    for (const root of roots) keeper.lost(parseCid(root))
  }
  const bytesPerS = settings['store.scrubBytesPerS']
  const placePath = join(folder, 'scrubbed')
  if (bytesPerS > 0) {
    stack.defer(await beginScrubbing({ store, clock: realClock, meter, bytesPerS, placePath }))
  }
  keepWarm(ground, network, gateway.warm)
  prefetch(ground, network, blocks)
  log.info({ ...store.usage(), sites: keeper.roots().complete.length }, 'the store is open')
  return { store, blocks, keeper, steward, relays: root => duties.has(root) }
}

/** Edges to which a connection is kept open; a fetch from one of them saves the round trip of opening it. */
const warmMax = 4
const warmMs = 10_000

function keepWarm({ stack, meter }: Ground, network: Network, warm: (holder: Holder) => Promise<void>): void {
  const { overlay } = network
  let cancel = (): void => {}
  // The same ones as long as they are near: each new connection carries ballast.
  let kept: ReadonlySet<PeerId> = new Set()
  const turn = (): void => {
    const others = network.serving().filter(({ peer }) => peer !== overlay.peer)
    const rttMsOf = ({ peer }: ServingEdge): number | undefined => overlay.rttMs(peer)
    const near = nearestKept(others, rttMsOf, ({ peer }) => kept.has(peer), warmMax)
    for (const edge of near) void warm(holderOf(edge, rttMsOf(edge)))
    kept = new Set(near.map(({ peer }) => peer))
    meter.count('content.warmed', near.length)
    cancel = realClock.after(warmMs, turn)
  }
  cancel = realClock.after(warmMs, turn)
  stack.defer(async () => cancel())
}

/** In the line, and taken from it at a time. */
const newRootsMax = 1000
const prefetchedPerTurn = 8
/** After a name changed: its homes are still fetching; and once they have it. */
const prefetchAfterMs = [1000, 10_000]

/**
 * The directory of each new version of a site, and who holds it, before the first reader asks: two round trips less.
 * Bounded in rate, and what has no room in the line is left to its readers.
 */
function prefetch({ stack, meter }: Ground, network: Network, blocks: Blocks): void {
  const line: { root: CID; dueAt: number }[] = []
  const over = new AbortController()
  let cancel: (() => void) | undefined
  const plan = (): void => {
    if (line.length > 0 && !over.signal.aborted)
      cancel ??= realClock.after(prefetchAfterMs[0]!, () => void turn())
  }
  const turn = async (): Promise<void> => {
    const now = realClock.now()
    const due = line.filter(({ dueAt }) => dueAt <= now).slice(0, prefetchedPerTurn)
    for (const entry of due) line.splice(line.indexOf(entry), 1)
    const fetches = due.map(async ({ root }) => {
      await blocks.look(root)
      await blocks.get(root, { signal: over.signal })
    })
    const settled = await Promise.allSettled(fetches)
    meter.count('content.prefetched', settled.filter(({ status }) => status === 'fulfilled').length)
    cancel = undefined
    plan()
  }
  network.named.onTurn((root, isNamed) => {
    if (!isNamed || line.length >= newRootsMax) return
    const now = realClock.now()
    for (const ms of prefetchAfterMs) line.push({ root: parseCid(root), dueAt: now + ms })
    plan()
  })
  stack.defer(async () => {
    over.abort()
    cancel?.()
  })
}

/** The named roots of which this edge is a home; weighed anew when other edges serve, one by one when names change. */
function dutiesOf(network: Network, replicas: number): ReadonlySet<string> {
  const duties = new Set<string>()
  const weigh = (root: string): void => {
    const isOurs = network.homes(root, replicas).some(({ peer }) => peer === network.overlay.peer)
    if (isOurs) duties.add(root)
    else duties.delete(root)
  }
  let peers = ''
  const weighAll = (): void => {
    const now = network.serving().map(({ peer }) => peer)
    if (now.join() === peers) return
    peers = now.join()
    for (const root of network.named) weigh(root)
  }
  network.named.onTurn((root, isNamed) => (isNamed ? weigh(root) : duties.delete(root)))
  network.onChange(weighAll)
  weighAll()
  return duties
}

function openSteward(
  ground: Ground,
  network: Network,
  { store, keeper, duties }: Pick<ContentPart, 'store' | 'keeper'> & { duties: ReadonlySet<string> },
): Steward {
  const { settings, meter, stack } = ground
  const steward = createSteward({
    keeper,
    store,
    named: network.named,
    duties,
    ...announcing(ground, network),
    graceMs: settings['content.graceMs'],
    farewellMs: settings['content.farewellMs'],
    retryMs: 5 * stewardMs,
    meter,
  })
  let cancel = (): void => {}
  let due = false
  const turn = (): void => {
    due = false
    cancel()
    steward.turn(realClock.now())
    cancel = realClock.after(stewardMs, turn)
  }
  // Many changes in one turn of the event loop make one turn of the steward.
  network.onChange(() => {
    if (due) return
    due = true
    queueMicrotask(turn)
  })
  turn()
  stack.defer(async () => cancel())
  return steward
}

/** Decoded directories: 20,000 entries. */
const directoryBytesMax = 8 * 1024 * 1024
/** An edge may be set to ask for more at once than this one does, and several may share an address. */
const relayedPerSlot = 4
/** Files whose first block came when their path was walked, and that were not read yet. */
const arrivalsMax = 1000

/** The answers to what the ingress asks about content. */
export function contentFor({ meter, settings }: Ground, { blocks, steward, relays }: ContentPart): Content {
  const relay = createRelay({
    blocks,
    askedMax: relayedPerSlot * settings['content.askedPerHolderMax'],
    meter,
  })
  const decode = createDecoder({ bytesMax: directoryBytesMax })
  const arrivals = new LRUCache<string, Source>({ max: arrivalsMax })
  return {
    async resolve(root, path, signal) {
      const site = parseCid(root)
      let source: Source | undefined
      const onSource = (from: Source): void => {
        source = from
      }
      const get: GetOnWay = (cid, rest) =>
        blocks.get(cid, { root: site, signal, onSource, ...(rest !== undefined && { way: { path, rest } }) })
      const found = await resolvePath(get, site, path, decode)
      switch (found.kind) {
        case 'file':
          if (source !== undefined && source.from !== 'memory') arrivals.set(formatCid(found.cid), source)
          return { kind: 'file', cid: formatCid(found.cid), sizeBytes: found.sizeBytes }
        case 'directory':
          return { kind: 'directory', cid: formatCid(found.cid) }
        default:
          return { kind: 'missing' } // a symlink's target is the publisher's text: it leads nowhere here
      }
    },
    async *read(root, cid, { start, end }, signal, onSource) {
      const site = parseCid(root)
      const tell = (source: Source): void => {
        onSource?.(arrivals.get(cid) ?? source)
        arrivals.delete(cid)
      }
      const get = (cid: CID, signal: AbortSignal) => blocks.get(cid, { root: site, signal, onSource: tell })
      try {
        yield* readFile({ get, cid: parseCid(cid), start, end, signal, now: realClock.now })
      } finally {
        // The reader has the line to itself; the rest of the site is fetched when it has been served.
        steward.visit(root)
      }
    },
    async block(cid, site, asker) {
      const wanted = parseCid(cid)
      const isOurs = site !== undefined && asker !== undefined && relays(site)
      const bytes = await (isOurs ? relay(wanted, parseCid(site), asker) : blocks.local(wanted))
      if (bytes !== undefined) meter.count('blocks.given')
      return bytes
    },
  }
}
