// Which certificate for which name: what is at hand, what is ordered, what is refused, what is renewed.
//
// Strangers decide what names arrive in handshakes, so the gate comes first and costs a look into memory: a name that
// is not served here starts nothing. A name that passes is ordered once, however many wait for it, and those wait a
// bounded while. Orders are few at once and few an hour; a name that was refused rests for longer each time, and less
// where no order was begun: an edge that was asked may only have doubted us for a moment. One edge of
// the network orders a name, the others are given what it got (`obtain`), because authorities count certificates by
// name and not by edge.

import { assert, Fault, isFault } from '../../base/fault.ts'
import type { Meter } from '../../base/meter.ts'
import type { Random } from '../../base/random.ts'
import type { Certificate, Certificates } from '../tls/certificates.ts'
import { backOffMs, type Life, type Proposal, pauseMs, renewAt } from './renewal.ts'

/** A certificate and what is known of it. */
export interface Paper extends Certificate, Life {
  readonly host: string
  readonly certId: string | undefined
}

/** An order that an earlier run began. */
export interface Attempt {
  readonly host: string
  /** By the calendar. */
  readonly at: number
  /** Orders in a row that led to no certificate, this one included; 0 when it did. */
  readonly tries: number
  /** The authority knows of it, so it can be taken up without another. */
  readonly isPlaced: boolean
}

export interface DeskOptions {
  /** The gate: whether `host` (lower case, no final dot) is served here now. Must be cheap; anybody may ask for any. */
  readonly mayServe: (host: string) => boolean
  /**
   * From the edge that ordered it, or from the authority once `begin` let it (it throws when the hour's orders are
   * spent). Faults mean that it is tried again, later each time; undefined that nobody has a newer one than `old` yet.
   */
  readonly obtain: (host: string, old: Paper | undefined, begin: () => void) => Promise<Paper | undefined>
  /** The authority's proposal for renewing; undefined when it has none, or cannot be asked. */
  readonly proposalFor: (paper: Paper) => Promise<Proposal | undefined>
  readonly challenge: NonNullable<Certificates['challenge']>
  readonly keep: (paper: Paper) => Promise<void>
  /** Never rejects. */
  readonly forget: (host: string) => Promise<void>
  readonly now: () => number
  /** What the world's calendars say, for lives of certificates: ms since the epoch, may step. */
  readonly date: () => number
  readonly after: (ms: number, action: () => void) => () => void
  readonly random: Random
  readonly meter: Meter
  /** Told of each order that failed. */
  readonly onFailed: (host: string, error: Error) => void
  readonly ordersPerHourMax: number
  /** How long a handshake waits for the first certificate of its name. */
  readonly waitMs: number
}

interface Desire {
  paper: Paper | undefined
  renewAt: number
  /** In [0, 1), drawn for this paper: where in the window it is renewed. */
  chance: number
  /** When the authority is asked again for its window. */
  lookAt: number
  failures: number
  /** Why the last try failed. */
  failure: string
  restsUntil: number
  running: Promise<void> | undefined
}

const runningMax = 8
const waitersMax = 256
const hostsMax = 100_000
const hourMs = 3_600_000

export class Desk implements Certificates {
  readonly #options: DeskOptions
  readonly #desires = new Map<string, Desire>()
  /** Of the last hour. */
  readonly #orderedAt: number[] = []
  #running = 0
  #waiting = 0
  #looking = 0

  constructor(options: DeskOptions) {
    this.#options = options
  }

  challenge(serverName: string): ReturnType<DeskOptions['challenge']> {
    // Showing one costs a key and a look around: not for names that strangers make up.
    return this.#options.mayServe(serverName) ? this.#options.challenge(serverName) : undefined
  }

  /** Waits for `waitMs` at most when there is none yet. */
  find(
    serverName: string | undefined,
    waitMs = this.#options.waitMs,
  ): Certificate | undefined | Promise<Certificate | undefined> {
    const { mayServe, meter } = this.#options
    if (serverName === undefined) return undefined
    const held = this.#desires.get(serverName)?.paper
    if (held !== undefined && this.#isCurrent(held)) return held
    if (!mayServe(serverName)) {
      meter.count('certificates.unknown')
      return undefined
    }
    const desire = this.#desireFor(serverName)
    if (desire === undefined) return undefined
    if (desire.running === undefined && this.#mayTry(desire)) this.#try(serverName, desire)
    if (desire.running === undefined || this.#waiting >= waitersMax) return undefined
    return this.#wait(desire, waitMs)
  }

  /** What an earlier run kept, and what it had begun: an edge that starts again and again orders no more often. */
  adopt(papers: readonly Paper[], attempts: readonly Attempt[] = []): void {
    const { now, date, random } = this.#options
    for (const paper of papers) {
      const desire = this.#desireFor(paper.host)
      if (desire !== undefined) this.#take(desire, paper)
    }
    for (const { host, at, tries, isPlaced } of attempts) {
      // A clock that was set back must not make it rest for ever.
      const beganAt = now() - Math.max(0, date() - at)
      if (beganAt > now() - hourMs) this.#orderedAt.push(beganAt)
      const desire = tries === 0 ? undefined : this.#desireFor(host)
      if (desire === undefined) continue
      desire.failures = tries
      desire.failure = 'an order was begun and not finished before the edge stopped'
      if (!isPlaced) desire.restsUntil = beganAt + backOffMs(tries, true, random)
    }
    this.#orderedAt.sort((a, b) => a - b)
  }

  /** Looks at everything once: renews what is due, forgets what is served no more and has ended. */
  turn(): void {
    const { mayServe, date, now } = this.#options
    for (const [host, desire] of this.#desires) {
      if (desire.running !== undefined) continue
      const { paper } = desire
      const isHeld = paper !== undefined && this.#isCurrent(paper)
      if (mayServe(host)) {
        if (paper === undefined) continue
        if (desire.renewAt <= date() && this.#mayTry(desire)) this.#try(host, desire)
        else if (desire.lookAt <= now()) void this.#look(desire, paper)
      } else if (!isHeld) {
        this.#desires.delete(host)
        if (paper !== undefined) void this.#options.forget(host)
      }
    }
  }

  /** `busy`: orders and looks at the authority that are under way. */
  counts(): { papers: number; waiting: number; failing: number; busy: number } {
    const all = [...this.#desires.values()]
    const papers = all.filter(({ paper }) => paper !== undefined).length
    return {
      papers,
      waiting: this.#waiting,
      failing: all.filter(({ failures }) => failures > 0).length,
      busy: this.#running + this.#looking,
    }
  }

  /** Names for which the last try failed, and why; the first `countMax` of them. */
  problems(countMax: number): readonly { readonly host: string; readonly what: string }[] {
    const failing = [...this.#desires].filter(([, { failures }]) => failures > 0)
    return failing.slice(0, countMax).map(([host, { failure }]) => ({ host, what: failure }))
  }

  #desireFor(host: string): Desire | undefined {
    const known = this.#desires.get(host)
    if (known !== undefined || this.#desires.size >= hostsMax) return known
    const desire: Desire = {
      ...{ paper: undefined, renewAt: 0, chance: 0, lookAt: 0, failures: 0, failure: '', restsUntil: 0 },
      running: undefined,
    }
    this.#desires.set(host, desire)
    return desire
  }

  #isCurrent({ notAfter }: Paper): boolean {
    return this.#options.date() < notAfter
  }

  #mayTry({ restsUntil }: Desire): boolean {
    if (restsUntil > this.#options.now()) return false
    if (this.#running < runningMax) return true
    this.#options.meter.count('certificates.queued')
    return false
  }

  #try(host: string, desire: Desire): void {
    this.#running++
    desire.running = this.#obtain(host, desire).finally(() => {
      this.#running--
      desire.running = undefined
    })
  }

  /** An order begins. Fault `certificate/refused` when the hour has had its share. */
  #begin(): void {
    const { now, meter, ordersPerHourMax } = this.#options
    const at = now()
    while (this.#orderedAt.length > 0 && this.#orderedAt[0]! <= at - hourMs) this.#orderedAt.shift()
    if (this.#orderedAt.length >= ordersPerHourMax)
      throw new Fault('certificate/refused', `${ordersPerHourMax} were ordered within an hour`)
    this.#orderedAt.push(at)
    meter.count('certificates.ordered')
  }

  /** Never rejects. */
  async #obtain(host: string, desire: Desire): Promise<void> {
    const { obtain, keep, now, random, meter, onFailed } = this.#options
    let hasBegun = false
    const begin = (): void => {
      this.#begin()
      hasBegun = true
    }
    try {
      const paper = await obtain(host, desire.paper, begin)
      if (paper === undefined) {
        desire.restsUntil = now() + restMs(desire.paper)
        return
      }
      this.#take(desire, paper)
      await keep(paper)
      meter.count('certificates.obtained')
    } catch (error) {
      assert(error instanceof Error, 'what is thrown is an error')
      desire.failures++
      desire.failure = error.message
      desire.restsUntil = now() + backOffMs(desire.failures, hasBegun, random)
      meter.count(isFault(error) ? 'certificates.failed' : 'certificates.bug')
      onFailed(host, error)
    }
  }

  #take(desire: Desire, paper: Paper): void {
    desire.chance = this.#options.random.next()
    desire.paper = paper
    desire.failures = 0
    desire.renewAt = renewAt(paper, undefined, desire.chance)
    void this.#look(desire, paper)
  }

  /** At the authority's window, which it moves when it must revoke; without an answer the last one holds. */
  async #look(desire: Desire, paper: Paper): Promise<void> {
    const { now, proposalFor, meter } = this.#options
    desire.lookAt = now() + pauseMs(undefined)
    this.#looking++
    const proposal = await proposalFor(paper).catch(() => meter.count('certificates.bug'))
    this.#looking--
    if (!proposal || desire.paper !== paper) return
    desire.lookAt = now() + pauseMs(proposal.lookMs)
    desire.renewAt = renewAt(paper, proposal.window, desire.chance)
  }

  /** For the order under way, or as long as a handshake may wait. */
  #wait(desire: Desire, waitMs: number): Promise<Certificate | undefined> {
    const { after } = this.#options
    this.#waiting++
    return new Promise(resolve => {
      const end = (): void => {
        cancel()
        this.#waiting--
        resolve(desire.paper)
      }
      const cancel = after(waitMs, end)
      void desire.running?.then(end)
    })
  }
}

/** Until somebody is asked again who had nothing newer: a hundredth of the life, but soon when it is revoked. */
function restMs(paper: Paper | undefined): number {
  return paper === undefined ? 0 : Math.min((paper.notAfter - paper.notBefore) / 100, 6 * hourMs)
}
