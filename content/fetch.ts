// Fetching a block from its holders: drives the pursuit with a real clock and a real gateway, checks what comes.
//
// While few hold a site completely, its home edges are asked first, in their order, and they fetch what they lack; the
// first of them asks the source. So the readers of all edges together cost the source one fetch, and while the homes
// disagree about who is first, one for each of them. A home that was asked to fetch asks nobody else to: requests
// cannot go round in circles, whatever edges believe of each other. Popular sites come from the nearest holder.
//
// Nothing that a holder sends is believed: the bytes are hashed here, before anybody else sees them, so the worst a
// holder can do is to waste one request, after which it is out, and what it sent is told as evidence.

import type { CID } from 'multiformats/cid'
import { toHex } from '../base/bytes.ts'
import { Fault, isFault } from '../base/fault.ts'
import type { Meter } from '../base/meter.ts'
import { type Block, blockBytesMax, verifiedBlock } from './block.ts'
import { carTarget, carType, verifyCarStream } from './dag-export.ts'
import { createDoubt, type Doubt } from './doubt.ts'
import { createRoster, type Holder, type Holders } from './holders.ts'
import { formatCid, sha256 } from './identifier.ts'
import {
  createPursuit,
  type Pursuit,
  type PursuitEffect,
  type PursuitOptions,
  type Refusal,
} from './pursuit.ts'
import { createSlots, type Slots } from './slots.ts'
import { createStanding, type Standing } from './standing.ts'

export type Wish = {
  readonly cid: CID
  /** The site that the block is of. */
  readonly root: CID
  readonly bytesMax: number
  readonly signal: AbortSignal
}

export type Gateway = {
  /**
   * The bytes that `holder` sends, not verified. Throws `content/missing` when it has not got them, `bytes/too-large`,
   * and `net/unreachable` for all that a network can do, a silence of some seconds among them.
   */
  get(holder: Holder, wish: Wish): Promise<Uint8Array>
  /** The answer to `target`, a CAR, as it comes and not verified. Throws as `get`, at any moment. */
  car?(holder: Holder, wish: CarWish): AsyncIterable<Uint8Array>
}

export type CarWish = {
  /** Of the request: path and query. */
  readonly target: string
  readonly accept: string
  readonly bytesMax: number
  readonly signal: AbortSignal
}

/** All from the block `from`, which belongs to the site `root`, along `rest`. */
export type Start = { readonly root: CID; readonly from: CID; readonly rest: string }

/** What this folder needs of `base/io/clock.ts`. */
export type Clock = {
  now(): number
  after(delayMs: number, action: () => void): () => void
}

/** That `holder` sent bytes with the hash `sentSha256` (hexadecimal) when it was asked for `cid`. */
export type Lie = { readonly holder: string; readonly cid: string; readonly sentSha256: string }

export type FetchOptions = Omit<PursuitOptions, 'hedgeMs'> & {
  readonly holders: Holders
  readonly gateway: Gateway
  readonly clock: Clock
  readonly meter: Meter
  /** Until another is asked beside a holder of which nothing is known. */
  readonly hedgeMs: number
  /** Blocks under way from one holder. */
  readonly askedPerHolderMax: number
  /** How long an answer of `holders` is good for. */
  readonly freshMs: number
  /** Complete holders of a site that is no longer cold: the homes are not asked before the others. */
  readonly coldBelow: number
  /** How long a liar is left out. */
  readonly lieOutMs: number
  /** Told of each holder that could not be reached or broke off: it may be dead. */
  readonly onFailing?: (id: string) => void
  readonly onLie?: (lie: Lie) => void
}

/** A verified block, who sent it, and whether so many hold its site that it is easily had again. */
export type Delivery = Block & { readonly from: string; readonly isCommon: boolean }

export type Errand = {
  readonly cid: CID
  /** The site that the block is of. */
  readonly root: CID
  /** The homes before this edge may be asked to fetch it; not so for another edge that asked this one to. */
  readonly asksHomes: boolean
}

export type Fetch = {
  /** Throws `content/missing` after the last holder, or the signal's reason. */
  block(errand: Errand, signal: AbortSignal): Promise<Delivery>
  /**
   * All blocks from one of a site to the first bytes of what stands at the end of a path, in one round trip: from one
   * holder, of a site that many hold, and verified as they come. Ends early where that holder does; throws nothing but
   * the signal's reason, since every block can also be asked for by itself.
   */
  head(start: Start, signal: AbortSignal): AsyncGenerator<Delivery>
  /** Asks anew who holds a site, so that its next reader need not. */
  look(root: CID): Promise<void>
}

/** Blocks that wait for a place at one holder. */
const waitingMax = 256
/** What a page is at most waited for as a whole; the rest of a larger file comes from several holders at once. */
export const headBytes = 1024 * 1024
/**
 * Of them, those by which the holder is chosen: what TCP sends at once. A round trip is known well, a rate by a few
 * answers only, and must not send a reader of a page across the world.
 */
const flightBytes = 14 * 1024
/** The blocks of a path and the last block, whole, come on top. */
const headBytesMax = 4 * 1024 * 1024
/** Everything takes longer while our own line is the suspect. */
const doubtStretch = 2

export function createFetch(options: FetchOptions): Fetch {
  const { clock } = options
  const roster = createRoster(options.holders, { freshMs: options.freshMs })
  const standing = createStanding(options)
  const doubt = createDoubt()
  const slots = createSlots({ takenMax: options.askedPerHolderMax, waitingMax })
  const inquiry: Inquiry = { ...options, standing, doubt, slots }

  const find = async (root: CID, fresh: boolean, bytes?: number) => {
    const found = await roster.find(root, clock.now(), fresh)
    const isCommon = found.filter(({ isComplete }) => isComplete !== false).length >= options.coldBelow
    return { ordered: standing.order(found, clock.now(), bytes), isCommon }
  }

  const block: Fetch['block'] = ({ cid, root, asksHomes }, signal) => {
    const stretch = doubt.wronged(clock.now()).length > 0 ? doubtStretch : 1
    const hedgeMs = (id: string): number => stretch * standing.hedgeMs(id)
    const pursuit = createPursuit({ ...options, hedgeMs, patienceMs: stretch * options.patienceMs })
    let isCommon = false
    return pursue(pursuit, {
      clock,
      signal,
      missing: () => new Fault('content/missing', `no holder delivered ${formatCid(cid)}`),
      async find(fresh) {
        const found = await find(root, fresh)
        isCommon = found.isCommon
        const homes = isCommon || !asksHomes ? [] : (options.holders.homes?.(formatCid(root)) ?? [])
        const asHomes = homes.map(home => ({ ...home, fetches: true }))
        return [...asHomes.filter(({ id }) => standing.isFit(id, clock.now())), ...found.ordered]
      },
      async ask(holder, stop) {
        const answer = await ask(inquiry, holder, { cid, root, bytesMax: blockBytesMax, signal: stop })
        return typeof answer === 'string' ? answer : { ...answer, from: holder.id, isCommon }
      },
    })
  }

  async function* head({ root, from, rest }: Start, signal: AbortSignal): AsyncGenerator<Delivery> {
    const { ordered, isCommon } = await find(root, false, flightBytes)
    const holder = ordered[0]
    if (holder === undefined || !isCommon || options.gateway.car === undefined) return
    const wanted = {
      root: from,
      path: rest,
      scope: 'entity',
      bytes: { first: 0, last: headBytes - 1 },
      duplicates: false,
    } as const
    const wish = { target: carTarget(wanted), accept: carType(false), bytesMax: headBytesMax, signal }
    options.meter.count('fetch.heads')
    try {
      for await (const block of verifyCarStream(wanted, options.gateway.car(holder, wish), headBytesMax)) {
        yield { ...block, from: holder.id, isCommon }
      }
    } catch (error) {
      signal.throwIfAborted()
      if (!isFault(error)) throw error
      options.meter.count('fetch.heads.broken')
      if (!isFault(error, 'content/missing')) standing.brokeOff(holder.id, clock.now())
    }
  }
  return { block, head, look: async root => void (await roster.find(root, clock.now(), true)) }
}

type Inquiry = Pick<FetchOptions, 'clock' | 'meter' | 'gateway' | 'onFailing' | 'onLie'> & {
  readonly standing: Standing
  readonly doubt: Doubt
  readonly slots: Slots
}

/** Why a request is ended by us. */
const tooLate = new Error('another holder has its place')

async function ask(inquiry: Inquiry, holder: Holder, wish: Wish): Promise<Block | Refusal> {
  const { clock, meter, standing, doubt } = inquiry
  const { id } = holder
  const free = await inquiry.slots.take(id, wish.signal).catch(() => undefined)
  if (free === undefined) return 'failing'
  const askedAt = clock.now()
  meter.count('fetch.asked')
  standing.asked(holder, askedAt)
  try {
    const bytes = await inquiry.gateway.get(holder, wish)
    const block = judged(inquiry, id, wish.cid, bytes)
    doubt.delivered()
    standing.delivered(id, bytes.length, askedAt, clock.now())
    return block
  } catch (error) {
    const { aborted, reason } = wish.signal
    const refusal = aborted ? 'failing' : refusalOf(error)
    if (aborted && reason !== tooLate) endOfWaiting(standing, id, askedAt, clock.now())
    else sentence(inquiry, id, refusal)
    return refusal
  } finally {
    free()
  }
}

/** The reader left, or another holder was quicker: who knows how long it would have taken. */
function endOfWaiting(standing: Standing, id: string, askedAt: number, now: number): void {
  if (now - askedAt < standing.hedgeMs(id)) standing.ended(id, now)
  else standing.overtaken(id, askedAt, now)
}

function sentence({ clock, meter, standing, doubt, onFailing }: Inquiry, id: string, refusal: Refusal): void {
  const now = clock.now()
  meter.count(`fetch.${refusal}`)
  if (refusal === 'lacking') standing.ended(id, now)
  if (refusal === 'lying') standing.lied(id, now)
  if (refusal !== 'failing') return
  standing.failed(id, now)
  doubt.failed(id, now)
  const wronged = doubt.wronged(now)
  if (wronged.length === 0) {
    onFailing?.(id)
    return
  }
  meter.count('fetch.doubted')
  standing.forgive(wronged)
}

/** Throws as `verifiedBlock` does, once the lie is told. */
function judged({ onLie }: Inquiry, id: string, cid: CID, bytes: Uint8Array): Block {
  try {
    return verifiedBlock(cid, bytes)
  } catch (error) {
    if (isFault(error, 'content/mismatch')) {
      onLie?.({ holder: id, cid: formatCid(cid), sentSha256: toHex(sha256(bytes)) })
    }
    throw error
  }
}

type Chase = {
  readonly clock: Clock
  readonly signal: AbortSignal
  missing(): Fault
  find(fresh: boolean): Promise<readonly Holder[]>
  /** Never throws. */
  ask(holder: Holder, stop: AbortSignal): Promise<Delivery | Refusal>
}

/** Turns effects into requests and one deadline into one timer, until there is an answer. */
function pursue(pursuit: Pursuit, chase: Chase): Promise<Delivery> {
  const { clock, signal } = chase
  return new Promise((resolve, reject) => {
    const stops = new Map<string, AbortController>()
    let isOver = false
    let cancelTimer = (): void => {}
    const end = (settle: () => void): void => {
      if (isOver) return
      isOver = true
      for (const stop of stops.values()) stop.abort()
      cancelTimer()
      signal.removeEventListener('abort', leave)
      settle()
    }
    const fail = (error: unknown): void => end(() => reject(error))
    const leave = (): void => fail(signal.reason)
    const find = (fresh: boolean): void => {
      chase
        .find(fresh)
        .then(holders => run(pursuit.found(holders, clock.now())))
        .catch(fail)
    }
    const ask = (holder: Holder): void => {
      const stop = new AbortController()
      stops.set(holder.id, stop)
      const settle = (answer: Delivery | Refusal): void => {
        if (stops.get(holder.id) === stop) stops.delete(holder.id)
        if (typeof answer !== 'string') end(() => resolve(answer))
        else if (!stop.signal.aborted) run(pursuit.refused(holder.id, answer, clock.now()))
      }
      chase.ask(holder, stop.signal).then(settle).catch(fail)
    }
    const run = (effects: readonly PursuitEffect[]): void => {
      if (isOver) return
      for (const effect of effects) {
        if (effect.do === 'ask') ask(effect.holder)
        else if (effect.do === 'drop') stops.get(effect.id)?.abort(tooLate)
        else if (effect.do === 'find') find(true)
        else fail(chase.missing())
      }
      cancelTimer()
      const wakeAt = pursuit.wakeAt()
      if (isOver || wakeAt === Number.POSITIVE_INFINITY) return
      cancelTimer = clock.after(wakeAt - clock.now(), () => run(pursuit.wake(clock.now())))
    }
    if (signal.aborted) return leave()
    signal.addEventListener('abort', leave)
    find(false)
  })
}

function refusalOf(error: unknown): Refusal {
  if (isFault(error, 'content/missing')) return 'lacking'
  if (isFault(error, 'content/mismatch') || isFault(error, 'bytes/too-large')) return 'lying'
  return 'failing'
}
