// Which certificate for which name: what is at hand, what is ordered, what is refused, what is renewed.
//
// Strangers decide what names arrive in handshakes, so the gate comes first and costs a look into memory: a name that
// is not served here starts nothing. A name that passes is ordered once, however many wait for it, and those wait a
// bounded while. Orders are few at once and few an hour; a name that was refused rests for longer each time. One edge
// of the network orders a name, the others are given what it got (`obtain`), because authorities count certificates
// by name and not by edge.

import { assert, isFault } from '../../base/fault.ts'
import type { Meter } from '../../base/meter.ts'
import type { Random } from '../../base/random.ts'
import type { Certificate, Certificates } from '../tls/certificates.ts'
import { backOffMs, type Life, renewAt, type Window } from './renewal.ts'

/** A certificate and what is known of it. */
export interface Paper extends Certificate, Life {
  readonly host: string
  readonly certId: string | undefined
}

export interface DeskOptions {
  /** The gate: whether `host` (lower case, no final dot) is served here now. Must be cheap; anybody may ask for any. */
  readonly mayServe: (host: string) => boolean
  /** From the authority, or from the edge that ordered it. Faults mean that it is tried again, later each time. */
  readonly obtain: (host: string, old: Paper | undefined) => Promise<Paper>
  /** The authority's proposal for renewing; undefined when it has none. Never rejects. */
  readonly windowOf: (paper: Paper) => Promise<Window | undefined>
  readonly challenge: NonNullable<Certificates['challenge']>
  readonly keep: (paper: Paper) => Promise<void>
  readonly forget: (host: string) => Promise<void>
  readonly now: () => number
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
  failures: number
  restsUntil: number
  running: Promise<void> | undefined
}

const ordersAtOnce = 2
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

  constructor(options: DeskOptions) {
    this.#options = options
  }

  challenge(serverName: string): ReturnType<DeskOptions['challenge']> {
    // Showing one costs a key and a look around: not for names that strangers make up.
    return this.#options.mayServe(serverName) ? this.#options.challenge(serverName) : undefined
  }

  find(serverName: string | undefined): Certificate | undefined | Promise<Certificate | undefined> {
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
    if (desire.running === undefined && this.#mayOrder(desire)) this.#order(serverName, desire)
    if (desire.running === undefined || this.#waiting >= waitersMax) return undefined
    return this.#wait(desire)
  }

  /** What an earlier run kept. */
  adopt(papers: readonly Paper[]): void {
    for (const paper of papers) {
      const desire = this.#desireFor(paper.host)
      if (desire !== undefined) void this.#take(desire, paper)
    }
  }

  /** What is at hand for another edge; undefined when there is nothing. */
  paper(host: string): Paper | undefined {
    return this.#desires.get(host)?.paper
  }

  /** Looks at everything once: renews what is due, forgets what is served no more and has ended. */
  turn(): void {
    const { mayServe, now } = this.#options
    for (const [host, desire] of this.#desires) {
      if (desire.running !== undefined) continue
      const { paper } = desire
      const isHeld = paper !== undefined && this.#isCurrent(paper)
      if (mayServe(host)) {
        if (paper !== undefined && desire.renewAt <= now() && this.#mayOrder(desire))
          this.#order(host, desire)
      } else if (!isHeld) {
        this.#desires.delete(host)
        if (paper !== undefined) void this.#options.forget(host)
      }
    }
  }

  counts(): { papers: number; waiting: number; failing: number } {
    const all = [...this.#desires.values()]
    const papers = all.filter(({ paper }) => paper !== undefined).length
    return { papers, waiting: this.#waiting, failing: all.filter(({ failures }) => failures > 0).length }
  }

  #desireFor(host: string): Desire | undefined {
    const known = this.#desires.get(host)
    if (known !== undefined || this.#desires.size >= hostsMax) return known
    const desire: Desire = { paper: undefined, renewAt: 0, failures: 0, restsUntil: 0, running: undefined }
    this.#desires.set(host, desire)
    return desire
  }

  #isCurrent({ notAfter }: Paper): boolean {
    return this.#options.now() < notAfter
  }

  #mayOrder(desire: Desire): boolean {
    const at = this.#options.now()
    if (desire.restsUntil > at) return false
    while (this.#orderedAt.length > 0 && this.#orderedAt[0]! <= at - hourMs) this.#orderedAt.shift()
    const isFree = this.#running < ordersAtOnce && this.#orderedAt.length < this.#options.ordersPerHourMax
    if (!isFree) this.#options.meter.count('certificates.queued')
    return isFree
  }

  #order(host: string, desire: Desire): void {
    this.#orderedAt.push(this.#options.now())
    this.#options.meter.count('certificates.ordered')
    this.#running++
    desire.running = this.#obtain(host, desire).finally(() => {
      this.#running--
      desire.running = undefined
    })
  }

  /** Never rejects. */
  async #obtain(host: string, desire: Desire): Promise<void> {
    const { obtain, keep, now, random, meter, onFailed } = this.#options
    try {
      const paper = await obtain(host, desire.paper)
      await this.#take(desire, paper)
      await keep(paper)
      meter.count('certificates.issued')
    } catch (error) {
      assert(error instanceof Error, 'what is thrown is an error')
      desire.failures++
      desire.restsUntil = now() + backOffMs(desire.failures, random)
      meter.count(isFault(error) ? 'certificates.failed' : 'certificates.bug')
      onFailed(host, error)
    }
  }

  async #take(desire: Desire, paper: Paper): Promise<void> {
    const chance = this.#options.random.next()
    desire.paper = paper
    desire.failures = 0
    desire.renewAt = renewAt(paper, undefined, chance)
    const window = await this.#options.windowOf(paper)
    if (desire.paper === paper) desire.renewAt = renewAt(paper, window, chance)
  }

  /** For the order under way, or as long as a handshake may wait. */
  #wait(desire: Desire): Promise<Certificate | undefined> {
    const { after, waitMs } = this.#options
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
