// Work on a whole zone, in pieces: a million records take seconds, and no query waits that long.
//
// Who does the work yields now and then; who has it done decides what happens between: nothing (`atOnce`, for tests
// and commands), or a turn of the event loop (cli/slices.ts, for servers). A worker thread would have to send the
// result across, and taking a million nodes apart and together again stops the receiver for longer than making them.

export type Work<T> = Generator<void, T, void>

/** The result, without a pause. */
export function atOnce<T>(work: Work<T>): T {
  for (;;) {
    const step = work.next()
    if (step.done === true) return step.value
  }
}

/** Records, names or sets between two pauses: some 0.2 ms of the dearest work. */
export const pieceSize = 128
