// Work on two versions of a zone, in pieces: to compare a million records takes seconds, and no query waits that long.
//
// Who does the work yields now and then; who has it done decides what happens between: nothing (`atOnce`, for tests),
// or a turn of the event loop (cli/daemon/slices.ts, for servers). Zones are read and packed on threads that serve
// nobody, in one go.

export type Work<T> = Generator<void, T, void>

/** The result, without a pause. */
export function atOnce<T>(work: Work<T>): T {
  for (;;) {
    const step = work.next()
    if (step.done === true) return step.value
  }
}

/** Sets between two pauses: some 0.2 ms of the dearest work. */
export const pieceSize = 128
