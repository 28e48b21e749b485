// Which sites this edge holds, and why: the list is worked out anew whenever the world changes, then made true.
//
// A root is wanted for one of four reasons. Duty: a name points at it and this edge is among the first by rendezvous
// hashing, so that a few edges hold every site whoever asks for it. Grant: its owner uploaded it and the chain may
// name it soon; that lasts for a grace. Visit: a reader asked for it here, a name still points at it, and there is
// room that neither duties nor grants need: readers' edges become holders, so popular sites have many. Farewell: a
// name pointed at it lately, and who began to read that version reads it to its end; there must be room, too. What has
// no reason any more is released, not deleted: its blocks go when the room is needed. What could not be fetched is
// tried again after a pause, so that sites which nobody holds any more do not take the line from those that somebody
// does.

import type { CID } from 'multiformats/cid'
import { isFault } from '../base/fault.ts'
import type { Meter } from '../base/meter.ts'
import { formatCid, parseCid } from './identifier.ts'
import type { Keeper } from './keep.ts'
import type { Store } from './store.ts'
import { createUploads } from './uploads.ts'

type Roots = { has(root: string): boolean }

export type StewardOptions = {
  readonly keeper: Keeper
  readonly store: Pick<Store, 'pin' | 'unpin' | 'usage'>
  /** Roots, in canonical spelling, that a name points at now. */
  readonly named: Roots
  /** Those of them that this edge is to hold. */
  readonly duties: Roots & Iterable<string>
  /** All of `root` is here, or is being fetched, or neither (any more): tell the others. */
  readonly announce: (root: string, isComplete: boolean) => void
  readonly retract: (root: string) => void
  readonly graceMs: number
  /** What no name points at any more is held for that long. */
  readonly farewellMs: number
  /** Before a site that could not be fetched is tried again. */
  readonly retryMs: number
  readonly meter: Meter
}

export interface Steward {
  /** `cid` is here, of a site that its owner is uploading: it stays until `grant`, or a grace after the last call. */
  arrive(root: CID, cid: CID, now: number): void
  /** The owner wants it held; resolves when all of it is here. Faults as `Keeper.keep`. */
  grant(root: CID, now: number): Promise<void>
  /** A reader asked for a part of it. Never throws, never waits. */
  visit(root: string): void
  /** Makes the list true: begins what is missing, releases what has no reason. Cheap when nothing changed. */
  turn(now: number): void
  /** Resolves when nothing is being fetched or released. */
  idle(): Promise<void>
}

/** Fetches of whole sites at once; readers' own fetches come beside them. */
const fetchesMax = 2
/** Visits begin while half of the store is free: how large a site is shows only when it is here. */
const visitedShare = 0.5
const visitedMax = 10_000
/** More is not pinned while some of it is only there for late readers. */
const farewellShare = 0.75

export function createSteward(options: StewardOptions): Steward {
  const { keeper, meter, named, duties } = options
  const { announce, retract } = createAnnouncements(options)
  const grants = new Map<string, number>()
  const visits = createVisits(options)
  const farewells = createFarewells(options)
  const uploads = createUploads({ ...options, isKept: keeper.wants })
  const under = new Map<string, Promise<void>>()
  const retryAt = new Map<string, number>()

  const hold = async (root: CID): Promise<void> => {
    const key = formatCid(root)
    try {
      await keeper.keep(root, { onProgress: () => announce(key, false) })
    } catch (error) {
      retract(key)
      if (isFault(error, 'store/full')) visits.giveWay(key, duties.has(key) || grants.has(key))
      throw error
    }
    announce(key, true)
  }

  const begin = (root: string, now: number, task: () => Promise<void>): void => {
    retryAt.delete(root)
    const done = task()
      .catch(error => {
        if (!isFault(error)) throw error
        retryAt.set(root, now + options.retryMs)
        meter.count(`steward.failed.${error.code}`)
      })
      .finally(() => under.delete(root))
    under.set(root, done)
  }

  const isWanted = (root: string): boolean =>
    grants.has(root) || farewells.has(root) || duties.has(root) || (visits.has(root) && named.has(root))
  function* toFetch(): Generator<string> {
    yield* duties
    for (const root of [...visits.all(), ...grants.keys()]) if (named.has(root)) yield root
  }

  const release = async (root: string): Promise<void> => {
    retract(root)
    await keeper.release(parseCid(root))
  }

  return {
    arrive: uploads.arrive,
    async grant(root, now) {
      grants.set(formatCid(root), now + options.graceMs)
      try {
        await hold(root)
      } finally {
        uploads.end(root)
      }
    },
    visit: visits.add,
    turn(now) {
      for (const [root, untilAt] of grants) if (untilAt <= now) grants.delete(root)
      uploads.turn(now)
      farewells.turn(now)
      visits.turn()
      for (const root of keeper.roots().wanted.map(formatCid)) {
        if (!under.has(root) && !isWanted(root)) begin(root, now, () => release(root))
      }
      for (const root of keeper.roots().complete.map(formatCid)) if (isWanted(root)) announce(root, true)
      for (const root of retryAt.keys()) if (!named.has(root)) retryAt.delete(root)
      for (const root of toFetch()) {
        if (under.size >= fetchesMax) break
        if ((retryAt.get(root) ?? now) > now) continue
        if (under.has(root) || keeper.holds(parseCid(root))) continue
        farewells.see(root)
        begin(root, now, () => hold(parseCid(root)))
      }
    },
    idle: async () => {
      while (under.size > 0) await Promise.all(under.values())
    },
  }
}

/** What this run of the process said of each: complete or not; a restart says again what it still holds. */
function createAnnouncements(options: Pick<StewardOptions, 'announce' | 'retract'>) {
  const announced = new Map<string, boolean>()
  return {
    announce(root: string, isComplete: boolean): void {
      if (announced.get(root) === isComplete) return
      announced.set(root, isComplete)
      options.announce(root, isComplete)
    },
    retract(root: string): void {
      if (announced.delete(root)) options.retract(root)
    },
  }
}

/** Roots that readers asked for. */
function createVisits({ store, named }: Pick<StewardOptions, 'store' | 'named'>) {
  const visits = new Set<string>()
  return {
    has: (root: string): boolean => visits.has(root),
    add(root: string): void {
      const { pinnedBytes, bytesMax } = store.usage()
      if (visits.has(root) || pinnedBytes > bytesMax * visitedShare) return
      visits.add(root)
      if (visits.size > visitedMax) visits.delete(visits.values().next().value!)
    },
    all: (): Iterable<string> => visits,
    /** There was no room for `root`: what must be here takes the place of all that is only visited. */
    giveWay(root: string, mustBeHere: boolean): void {
      if (mustBeHere) visits.clear()
      else visits.delete(root)
    },
    turn(): void {
      for (const root of visits) if (!named.has(root)) visits.delete(root)
    },
  }
}

/** Roots that names pointed at lately, and that are all here. */
function createFarewells({ keeper, store, named, farewellMs }: StewardOptions) {
  const untilAt = new Map<string, number>()
  /** Of those that are wanted, whether complete or not. */
  const seen = new Set<string>()
  return {
    has: (root: string): boolean => untilAt.has(root),
    /** It is named now, and will be wanted. */
    see: (root: string): void => void seen.add(root),
    turn(now: number): void {
      for (const root of seen) {
        if (named.has(root)) continue
        seen.delete(root)
        if (keeper.holds(parseCid(root))) untilAt.set(root, now + farewellMs)
      }
      for (const cid of keeper.roots().wanted) if (named.has(formatCid(cid))) seen.add(formatCid(cid))
      for (const [root, endsAt] of untilAt) if (endsAt <= now || named.has(root)) untilAt.delete(root)
      const { pinnedBytes, bytesMax } = store.usage()
      // One at a turn: what it frees shows at the next.
      const [oldest] = untilAt.keys()
      if (oldest !== undefined && pinnedBytes > farewellShare * bytesMax) untilAt.delete(oldest)
    },
  }
}
