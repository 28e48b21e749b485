// The one real clock. Pure code gets `now` as an argument; what must wait gets a Clock.
//
// It runs on steadily from the time at which the process began, whatever is done to the system's clock meanwhile, and
// stands still while the machine sleeps. What the world dates (the end of a name, of a record, of a signature) goes by
// the system's clock, `Date.now` or `dateOf`, and so recovers with it. A steady clock that follows corrections forward,
// but never back, was rejected: one wrong minute of the system's clock would then stay for as long as the process does.

export interface Clock {
  /** Milliseconds since the Unix epoch, made monotonic within the process: it never steps back. */
  now(): number
  /** Calls `action` once after `delayMs`; the returned function cancels. Does not keep the process alive. */
  after(delayMs: number, action: () => void): () => void
}

const startedAt = Date.now() - performance.now()

export const realClock: Clock = {
  now: () => startedAt + performance.now(),
  after(delayMs, action) {
    // setTimeout overflows past 2^31 - 1 ms and would fire at once. It cuts fractions off: whoever waits for an instant
    // would be woken just before it, for nothing, and again a millisecond later.
    const timer = setTimeout(action, Math.min(Math.max(0, Math.ceil(delayMs)), 0x7fffffff))
    timer.unref()
    return () => clearTimeout(timer)
  },
}

/** The date of an instant of `realClock`, by the system's clock as it is set now; both in ms since the epoch. */
export function dateOf(at: number): number {
  return Math.round(at - realClock.now() + Date.now())
}

/** Resolves after `delayMs`, or at once when `signal` aborts; keeps the process alive meanwhile. */
export function delay(delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal?.aborted) return resolve()
    const done = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, delayMs)
    signal?.addEventListener('abort', done)
  })
}
