// Whether a client still moves: the time-outs of a connection as one object, looked at now and then.
//
// A time for each phase stands against whoever sends a head or a body a byte at a time; a rate stands against
// whoever reads an answer so, because any single byte would look like progress (slow read, slow loris).

import type { HttpLimits } from './limits.ts'

/** 'parting': the client has said all, and may have gone; what it goes on to take shows that it has not. */
export type Phase = 'head' | 'body' | 'answer' | 'parting' | 'idle'

export class Pace {
  readonly #limits: HttpLimits
  #phase: Phase = 'head'
  #since: number
  #sentBytes = 0
  #stall: { at: number; bytes: number } | undefined

  constructor(limits: HttpLimits, now: number) {
    this.#limits = limits
    this.#since = now
  }

  /** The phase that began at `now`; the same phase goes on as it was. */
  enter(phase: Phase, now: number): void {
    if (phase === this.#phase) return
    this.#phase = phase
    this.#since = now
  }

  /** Which limit is past, if one is. `waits` says whether the client is what we wait for to send more. */
  overdue(now: number, waits: boolean, sentBytes: number): Phase | 'rate' | undefined {
    const { headTimeoutMs: head, requestTimeoutMs: body, keepAliveMs: idle, lingerMs: parting } = this.#limits
    const { idleTimeoutMs, rateMinBytesPerS } = this.#limits
    if (this.#phase === 'parting' && sentBytes !== this.#sentBytes) this.#since = now
    this.#sentBytes = sentBytes
    const boundMs = { head, body, idle, parting, answer: Number.POSITIVE_INFINITY }[this.#phase]
    if (now - this.#since > boundMs) {
      this.#since = now
      return this.#phase
    }
    if (!waits) this.#stall = undefined
    else this.#stall ??= { at: now, bytes: sentBytes }
    if (this.#stall === undefined || now - this.#stall.at < idleTimeoutMs) return undefined
    const rate = ((sentBytes - this.#stall.bytes) * 1000) / (now - this.#stall.at)
    this.#stall = { at: now, bytes: sentBytes }
    return rate < rateMinBytesPerS ? 'rate' : undefined
  }
}
