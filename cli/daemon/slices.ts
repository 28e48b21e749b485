// Long work beside a server on one thread: a slice of it in each turn of the event loop.
//
// A turn takes at most 32 datagrams from a socket (libuv), so a slice is short not only for the sake of who waits: at
// 2 ms, 16,000 queries a second are still answered.

import { setImmediate } from 'node:timers/promises'
import { realClock } from '../../base/io/clock.ts'
import type { Work } from '../../resolver/zone/work.ts'

const sliceMs = 2

/** The result of `work`; rejects with what it throws. */
export async function inSlices<T>(work: Work<T>): Promise<T> {
  for (;;) {
    const endsAt = realClock.now() + sliceMs
    do {
      const step = work.next()
      if (step.done === true) return step.value
    } while (realClock.now() < endsAt)
    await setImmediate()
  }
}
