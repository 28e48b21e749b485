// Work on a whole zone, in pieces: a million records take seconds, and no query waits that long.
//
// Who does the work yields now and then; who has it done decides what happens between: nothing (`atOnce`, for tests,
// commands and threads that serve nobody), or a turn of the event loop (cli/daemon/slices.ts, for servers).

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

/** What is sorted in one go: some 1 ms. */
const runSize = 1024

/**
 * `items` in the order of their keys. A merge sort, since `sort` cannot pause; what is in order already, as signed
 * zones mostly are, is only looked at.
 */
export function* inOrder<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
): Work<{ keys: readonly string[]; values: readonly T[] }> {
  let runs: Run<T>[] = []
  for (let at = 0; at < items.length; at += runSize) {
    const pairs = items.slice(at, at + runSize).map(value => ({ key: keyOf(value), value }))
    pairs.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    runs.push({ keys: pairs.map(({ key }) => key), values: pairs.map(({ value }) => value) })
    yield
  }
  while (runs.length > 1) {
    const merged: Run<T>[] = []
    for (let i = 0; i < runs.length; i += 2) {
      const [one, other] = [runs[i]!, runs[i + 1]]
      merged.push(other === undefined ? one : yield* merge(one, other))
      yield
    }
    runs = merged
  }
  return runs[0] ?? { keys: [], values: [] }
}

interface Run<T> {
  readonly keys: readonly string[]
  readonly values: readonly T[]
}

function* merge<T>(one: Run<T>, other: Run<T>): Work<Run<T>> {
  if (one.keys.at(-1)! <= other.keys[0]!) {
    return { keys: one.keys.concat(other.keys), values: one.values.concat(other.values) }
  }
  const keys: string[] = []
  const values: T[] = []
  for (let i = 0, j = 0; i < one.keys.length || j < other.keys.length; ) {
    const isOne = j >= other.keys.length || (i < one.keys.length && one.keys[i]! <= other.keys[j]!)
    keys.push(isOne ? one.keys[i]! : other.keys[j]!)
    values.push(isOne ? one.values[i++]! : other.values[j++]!)
    if (keys.length % (8 * pieceSize) === 0) yield
  }
  return { keys, values }
}
