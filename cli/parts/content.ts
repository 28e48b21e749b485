// The content of an edge: its store, the way to blocks it lacks, and the sites it holds.

import { join } from 'node:path'
import type { CID } from 'multiformats/cid'
import { isFault } from '../../base/fault.ts'
import { realClock } from '../../base/io/clock.ts'
import { type Blocks, createBlocks } from '../../content/blocks.ts'
import { formatCid, parseCid } from '../../content/identifier.ts'
import { openBlockFolder } from '../../content/io/blocks.ts'
import { createGateway } from '../../content/io/gateway.ts'
import { createWantedFile } from '../../content/io/wanted.ts'
import { createKeeper, type Keeper } from '../../content/keep.ts'
import { resolvePath } from '../../content/path.ts'
import { readFile } from '../../content/reader.ts'
import { createSteward, type Steward } from '../../content/steward.ts'
import type { Store } from '../../content/store.ts'
import type { Content } from '../../edge/questions.ts'
import { encodeHolder } from '../../overlay/records/values.ts'
import type { Ground } from './ground.ts'
import { holderKey, type Network } from './network.ts'

/** How often the steward looks again without being told that something changed: retries, expired grants. */
const stewardMs = 2000

export interface ContentPart {
  readonly store: Store
  readonly blocks: Blocks
  readonly keeper: Keeper
  readonly steward: Steward
}

export async function openContent(ground: Ground, network: Network): Promise<ContentPart> {
  const { settings, folder, meter, stack, log } = ground
  const store = await openBlockFolder({
    folder: join(folder, 'blocks'),
    bytesMax: settings['store.bytesMax'],
    fsync: false,
    meter,
  })
  const timeoutMs = settings['content.fetchTimeoutMs']
  const gateway = createGateway({
    connectMs: 2000,
    idleMs: timeoutMs,
    connectionsMax: settings['content.askedPerHolderMax'],
  })
  stack.defer(async () => gateway.close())
  const blocks = createBlocks({
    store,
    memoryBytesMax: settings['store.memoryBytesMax'],
    holders: {
      async find(cid) {
        const others = (await network.holders(cid)).filter(({ peer }) => peer !== network.overlay.peer)
        return others.map(({ peer, address, httpPort }) => ({ id: peer, host: address, port: httpPort }))
      },
    },
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
    roundsMax: 3,
    pauseMs: 200,
  })
  // The smallest blocks that a site of the greatest size is made of are those of its folders: twice its chunks.
  const blocksMax = Math.ceil(settings['content.siteBytesMax'] / (128 * 1024)) + 10_000
  const wanted = createWantedFile(join(folder, 'sites.json'))
  const keeper = createKeeper({ blocks, store, wanted, windowBlocks: 8, blocksMax })
  await keeper.recover()
  const steward = openSteward(ground, network, store, keeper)
  log.info({ ...store.usage(), sites: keeper.roots().complete.length }, 'the store is open')
  return { store, blocks, keeper, steward }
}

function openSteward(
  { settings, meter, stack, log }: Ground,
  network: Network,
  store: Store,
  keeper: Keeper,
): Steward {
  const { overlay } = network
  const lifeMs = settings['records.lifeMs']
  const replicas = settings['content.replicas']
  const complete = encodeHolder({ holder: overlay.peer, isComplete: true })
  const duties = new Map<string, boolean>()
  network.onChange(() => duties.clear())
  const duty = (root: string): boolean => {
    const known = duties.get(root) ?? network.homes(root, replicas).some(({ peer }) => peer === overlay.peer)
    duties.set(root, known)
    return known
  }
  const complain = (error: unknown): void => {
    if (!isFault(error)) throw error
    log.warn({ code: error.code, what: error.message }, 'a holder record was not stored')
  }
  const steward = createSteward({
    keeper,
    usage: store.usage,
    named: network.named,
    duty,
    announce: root => void overlay.records.publish(holderKey(root), complete, lifeMs).catch(complain),
    retract: root => void overlay.records.withdraw(holderKey(root)).catch(complain),
    graceMs: settings['content.graceMs'],
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

/** The answers to what the ingress asks about content. */
export function contentFor({ meter }: Ground, { blocks, steward }: ContentPart): Content {
  return {
    async resolve(root, path, signal) {
      const context = { root: parseCid(root), signal }
      const found = await resolvePath(cid => blocks.get(cid, context), context.root, path)
      switch (found.kind) {
        case 'file':
          return { kind: 'file', cid: formatCid(found.cid), sizeBytes: found.sizeBytes }
        case 'directory':
          return { kind: 'directory', cid: formatCid(found.cid) }
        default:
          return { kind: 'missing' } // a symlink's target is the publisher's text: it leads nowhere here
      }
    },
    async *read(root, cid, { start, end }, signal) {
      const site = parseCid(root)
      const get = (cid: CID, signal: AbortSignal) => blocks.get(cid, { root: site, signal })
      try {
        yield* readFile({ get, cid: parseCid(cid), start, end, signal })
      } finally {
        // The reader has the line to itself; the rest of the site is fetched when it has been served.
        steward.visit(root)
      }
    },
    async block(cid) {
      const bytes = await blocks.local(parseCid(cid))
      if (bytes !== undefined) meter.count('blocks.given')
      return bytes
    },
  }
}
