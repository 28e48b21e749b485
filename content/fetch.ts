// Fetching a block from its holders: drives the pursuit with a real clock and a real gateway, checks what comes.
//
// Nothing that a holder sends is believed: the bytes are hashed here, before anybody else sees them, so the worst a
// holder can do is to waste one request, after which it is out.

import type { CID } from 'multiformats/cid'
import { Fault, isFault } from '../base/fault.ts'
import type { Meter } from '../base/meter.ts'
import { type Block, blockBytesMax, verifiedBlock } from './block.ts'
import { createRoster, type Holder, type Holders } from './holders.ts'
import { formatCid } from './identifier.ts'
import {
  createPursuit,
  type Pursuit,
  type PursuitEffect,
  type PursuitOptions,
  type Refusal,
} from './pursuit.ts'
import { createStanding } from './standing.ts'

export type Gateway = {
  /**
   * The bytes that `holder` sends for `cid`, not verified. Throws `content/missing` when it has not got them,
   * `bytes/too-large`, and `net/unreachable` for all that a network can do.
   */
  get(holder: Holder, cid: CID, options: { bytesMax: number; signal: AbortSignal }): Promise<Uint8Array>
}

/** What this folder needs of `base/io/clock.ts`. */
export type Clock = {
  now(): number
  after(delayMs: number, action: () => void): () => void
}

export type FetchOptions = PursuitOptions & {
  readonly holders: Holders
  readonly gateway: Gateway
  readonly clock: Clock
  readonly meter: Meter
  /** One holder's time for one block. */
  readonly askMs: number
  /** How long an answer of `holders` is good for. */
  readonly freshMs: number
  /** How long a liar is left out. */
  readonly lieOutMs: number
  /** Told of each holder that could not be reached or broke off: it may be dead. */
  readonly onFailing?: (id: string) => void
}

/** Resolves to a verified block. Throws `content/missing` after the last holder, or the signal's reason. */
export type Fetch = (cid: CID, root: CID, signal: AbortSignal) => Promise<Block>

export function createFetch(options: FetchOptions): Fetch {
  const { clock, meter } = options
  const roster = createRoster(options.holders, { freshMs: options.freshMs })
  const standing = createStanding({ lieOutMs: options.lieOutMs })

  const ask = async (holder: Holder, cid: CID, signal: AbortSignal): Promise<Block | Refusal> => {
    const late = new AbortController()
    const askedAt = clock.now()
    const cancel = clock.after(options.askMs, () => late.abort())
    try {
      meter.count('fetch.asked')
      const both = AbortSignal.any([signal, late.signal])
      const bytes = await options.gateway.get(holder, cid, { bytesMax: blockBytesMax, signal: both })
      const block = verifiedBlock(cid, bytes)
      standing.delivered(holder.id)
      return block
    } catch (error) {
      // Another was quicker, or the reader left. Whoever was slow enough to be hedged goes behind the others, or a
      // machine that swallows packets would cost every block its `hedgeMs`.
      if (signal.aborted && clock.now() - askedAt < options.hedgeMs) return 'failing'
      const refusal = signal.aborted ? 'failing' : refusalOf(error)
      if (refusal === 'failing' && !signal.aborted) options.onFailing?.(holder.id)
      meter.count(`fetch.${refusal}`)
      if (refusal === 'lying') standing.lied(holder.id, clock.now())
      if (refusal === 'failing') standing.failed(holder.id, clock.now())
      return refusal
    } finally {
      cancel()
    }
  }

  return (cid, root, signal) =>
    pursue(createPursuit(options), {
      clock,
      signal,
      missing: () => new Fault('content/missing', `no holder delivered ${formatCid(cid)}`),
      find: async fresh => standing.order(await roster.find(root, clock.now(), fresh), clock.now()),
      ask: (holder, stop) => ask(holder, cid, stop),
    })
}

type Chase = {
  readonly clock: Clock
  readonly signal: AbortSignal
  missing(): Fault
  find(fresh: boolean): Promise<readonly Holder[]>
  /** Never throws. */
  ask(holder: Holder, stop: AbortSignal): Promise<Block | Refusal>
}

/** Turns effects into requests and one deadline into one timer, until there is an answer. */
function pursue(pursuit: Pursuit, chase: Chase): Promise<Block> {
  const { clock, signal } = chase
  return new Promise((resolve, reject) => {
    const over = new AbortController()
    let cancelTimer = (): void => {}
    const end = (settle: () => void): void => {
      if (over.signal.aborted) return
      over.abort()
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
      const settle = (answer: Block | Refusal): void => {
        if (typeof answer === 'string') run(pursuit.refused(holder.id, answer, clock.now()))
        else end(() => resolve(answer))
      }
      chase.ask(holder, over.signal).then(settle).catch(fail)
    }
    const run = (effects: readonly PursuitEffect[]): void => {
      if (over.signal.aborted) return
      for (const effect of effects) {
        if (effect.do === 'ask') ask(effect.holder)
        else if (effect.do === 'find') find(true)
        else fail(chase.missing())
      }
      cancelTimer()
      const wakeAt = pursuit.wakeAt()
      if (over.signal.aborted || wakeAt === Number.POSITIVE_INFINITY) return
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
