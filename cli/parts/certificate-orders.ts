// Orders at authorities, with a journal on disk: what one run begins, the next takes up, or counts.
//
//   begun ─► placed (its address, request and key are kept) ─► issued ─► the certificate is stored
//
// An edge may be killed between any two of these. Authorities count orders and failed validations by week and hour, so
// one that starts again and again must neither forget what it ordered nor order that anew: an order that was placed is
// asked for again with the same key, one that was only begun counts as a failure. A certificate that this machine's
// clock calls ended is an order that was not finished: it is there when the clock is right.

import { isFault } from '../../base/fault.ts'
import { delay, realClock } from '../../base/io/clock.ts'
import type { Attempt } from '../../edge/acme/desk.ts'
import { type Challenge, type ChallengeType, orderCertificate } from '../../edge/acme/order.ts'
import { requestFor } from '../../edge/acme/papers.ts'
import type { Session } from '../../edge/acme/session.ts'
import type { SealedShelf } from '../daemon/sealed-shelf.ts'

export interface OrdersOptions {
  /** By the address of its directory; asked in this order. */
  readonly sessions: ReadonlyMap<string, Session>
  /** One entry for each host. */
  readonly journal: SealedShelf
  readonly thumbprint: string
  /** As that of an order. */
  readonly prepare: (challenge: Challenge) => Promise<() => void>
  /** What can be shown, best first. */
  readonly types: readonly ChallengeType[]
  /** Of one order at one authority. */
  readonly totalMs: number
}

/** Chain and key in PEM. */
export interface Issue {
  readonly chain: string
  readonly key: string
}

interface Placed {
  readonly authority: string
  readonly orderUrl: string
  /** DER in base64url. */
  readonly csr: string
  readonly key: string
}

interface Entry {
  readonly at: number
  readonly tries: number
  readonly placed?: Placed
}

/** Authorities keep an order for days; a week-old one is none that anybody waits for. */
const placedLifeMs = 24 * 3_600_000

export class Orders {
  readonly #options: OrdersOptions
  readonly #entries = new Map<string, Entry>()

  constructor(options: OrdersOptions) {
    this.#options = options
  }

  /** What earlier runs began. Fault `config/unreadable`. */
  async open(): Promise<readonly Attempt[]> {
    const { journal } = this.#options
    for (const [host, value] of await journal.read()) {
      const entry = value as Entry
      if (entry.tries > 0 || entry.at > Date.now() - placedLifeMs) this.#entries.set(host, entry)
      else await journal.remove(host)
    }
    return [...this.#entries].map(([host, entry]) => ({
      ...{ host, at: entry.at, tries: entry.tries },
      isPlaced: this.#placedOf(entry) !== undefined,
    }))
  }

  /**
   * From what an earlier run placed, or from one authority after the other once `begin` let it.
   * Faults: `certificate/refused`, `net/unreachable`, `config/unreadable`.
   */
  async obtain(host: string, replaces: string | undefined, begin: () => void): Promise<Issue> {
    const earlier = this.#placedOf(this.#entries.get(host))
    if (earlier !== undefined) return this.#finish(host, replaces, earlier.authority, earlier)
    begin()
    const tries = (this.#entries.get(host)?.tries ?? 0) + 1
    await this.#write(host, { at: Date.now(), tries })
    let failure: unknown
    for (const authority of this.#options.sessions.keys()) {
      try {
        return await this.#finish(host, replaces, authority)
      } catch (error) {
        if (!isFault(error)) throw error
        failure = error
      }
    }
    throw failure
  }

  /** Its certificate is on disk; that there was an order still counts for the hour. */
  async stored(host: string): Promise<void> {
    const entry = this.#entries.get(host)
    if (entry !== undefined && entry.tries > 0) await this.#write(host, { at: entry.at, tries: 0 })
  }

  async forget(host: string): Promise<void> {
    this.#entries.delete(host)
    await this.#options.journal.remove(host)
  }

  #placedOf(entry: Entry | undefined): Placed | undefined {
    const placed = entry?.placed
    const isKnown = placed !== undefined && this.#options.sessions.has(placed.authority)
    return isKnown && entry!.at > Date.now() - placedLifeMs ? placed : undefined
  }

  async #write(host: string, entry: Entry): Promise<void> {
    this.#entries.set(host, entry)
    await this.#options.journal.write(host, entry)
  }

  async #finish(
    host: string,
    replaces: string | undefined,
    authority: string,
    placed?: Placed,
  ): Promise<Issue> {
    const { sessions, thumbprint, prepare, types, totalMs } = this.#options
    const { csr, key } =
      placed === undefined
        ? await requestFor([host])
        : { ...placed, csr: Buffer.from(placed.csr, 'base64url') }
    try {
      const chain = await orderCertificate(sessions.get(authority)!, {
        ...{ names: [host], csr, prepare, thumbprint, types },
        ...(replaces !== undefined && { replaces }),
        ...(placed && { placed: placed.orderUrl }),
        onPlaced: orderUrl => {
          const kept = { authority, orderUrl, csr: Buffer.from(csr).toString('base64url'), key }
          return this.#write(host, { ...this.#entries.get(host)!, placed: kept })
        },
        ...{ now: realClock.now, pause: delay, totalMs },
      })
      return { chain, key }
    } catch (error) {
      // What the authority refused is over. Out of its reach, it may go on.
      const entry = this.#entries.get(host)
      if (isFault(error, 'certificate/refused') && entry?.placed)
        await this.#write(host, { at: entry.at, tries: entry.tries })
      throw error
    }
  }
}
