// What is done again and again beside serving: never twice at once, and never after the end.

import { type Clock, realClock } from '../../base/io/clock.ts'

/** Acts `everyMs` after it began or last ended; what it throws goes to `onError`. The returned function ends it. */
export function repeat(
  everyMs: number,
  act: () => Promise<void>,
  onError: (error: unknown) => void,
  clock: Pick<Clock, 'after'> = realClock,
): () => void {
  let isOver = false
  let cancel = (): void => {}
  const again = (): void => {
    if (!isOver) cancel = clock.after(everyMs, () => void act().catch(onError).finally(again))
  }
  again()
  return () => {
    isOver = true
    cancel()
  }
}
