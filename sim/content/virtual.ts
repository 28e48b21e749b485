// Virtual time for code that waits on promises: a clock whose timers fire when nobody can go on without them.
//
// The machines of other protocols are called; the way to a block is a web of promises, which only says by silence that
// it waits. So before each timer all promises get their turns, more of them than any chain in this folder is long; a
// chain that is longer would only see its timers a little early in the order, and the figures would show it.

import { Heap } from '../heap.ts'

export class VirtualClock {
  #now = 0
  readonly #heap = new Heap()

  readonly now = (): number => this.#now

  readonly after = (delayMs: number, action: () => void): (() => void) => {
    let isCancelled = false
    this.#heap.push(this.#now + Math.max(0, delayMs), () => {
      if (!isCancelled) action()
    })
    return () => {
      isCancelled = true
    }
  }

  /** Resolves after `delayMs`, rejects with the signal's reason when that aborts before. */
  readonly wait = (delayMs: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const leave = (): void => {
        cancel()
        reject(signal!.reason)
      }
      const cancel = this.after(delayMs, () => {
        signal?.removeEventListener('abort', leave)
        resolve()
      })
      signal?.addEventListener('abort', leave, { once: true })
    })

  /** What `story` comes to. Throws when it waits for nothing that can happen, or for longer than `limitMs`. */
  async run<T>(story: Promise<T>, limitMs = 3_600_000): Promise<T> {
    let isOver = false
    const end = (): void => {
      isOver = true
    }
    story.then(end, end)
    for (;;) {
      for (let turn = 0; turn < turnsPerInstant && !isOver; turn++) await Promise.resolve()
      if (isOver) return story
      const event = this.#heap.pop()
      if (event === undefined) throw new Error(`at ${this.#now} ms nothing can happen any more`)
      if (event.at > limitMs) throw new Error(`not done after ${limitMs} ms`)
      this.#now = event.at
      event.action()
    }
  }
}

const turnsPerInstant = 200
