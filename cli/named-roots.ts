// The roots that names point at, as one live set: what must be held, and by whom.
//
// Reading every name takes seconds where there are a million, and a block changes a few. So the root of each label is
// kept: a change costs what changed, and who derives something is told of each root that comes or goes. Names end by
// the clock, of which no block tells, and the clock may have been wrong: all are read again every minute, a part at a
// time.

export interface NamedRootsOptions {
  /** Of all names, ended ones too; read again and again. */
  readonly labels: () => Iterable<string>
  /** Undefined for names that have ended, and those that point at no content. */
  readonly rootOf: (label: string) => string | undefined
  /** Few, beside them. */
  readonly others: () => Iterable<string>
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number
}

export interface NamedRoots extends Iterable<string> {
  has(root: string): boolean
  /** `action` is called with each root that comes (`isNamed`) or goes. */
  onTurn(action: (root: string, isNamed: boolean) => void): void
  /** The chain said something of these. */
  renamed(labels: readonly string[]): void
  /** Reads the others, and as many names as are due. */
  refresh(): void
}

/** In which all names are read once. */
const roundMs = 60_000

export function createNamedRoots({ labels, rootOf, others, now }: NamedRootsOptions): NamedRoots {
  const rootByLabel = new Map<string, string>()
  const counts = new Map<string, number>()
  let beside: ReadonlySet<string> = new Set()
  const actions: ((root: string, isNamed: boolean) => void)[] = []
  const tell = (root: string, isNamed: boolean): void => {
    for (const action of actions) action(root, isNamed)
  }
  const count = (root: string, step: 1 | -1): void => {
    const sum = (counts.get(root) ?? 0) + step
    if (sum > 0) counts.set(root, sum)
    else counts.delete(root)
    if (sum === (step > 0 ? 1 : 0) && !beside.has(root)) tell(root, step > 0)
  }
  const read = (label: string): void => {
    const [before, after] = [rootByLabel.get(label), rootOf(label)]
    if (before === after) return
    if (after === undefined) rootByLabel.delete(label)
    else rootByLabel.set(label, after)
    if (after !== undefined) count(after, 1)
    if (before !== undefined) count(before, -1)
  }
  const readOthers = (): void => {
    const [before, after] = [beside, new Set(others())]
    beside = after
    for (const root of after) if (!before.has(root) && !counts.has(root)) tell(root, true)
    for (const root of before) if (!after.has(root) && !counts.has(root)) tell(root, false)
  }
  for (const label of labels()) read(label)
  let walk = labels()[Symbol.iterator]()
  let readAt = now()
  return {
    has: root => counts.has(root) || beside.has(root),
    *[Symbol.iterator]() {
      yield* counts.keys()
      for (const root of beside) if (!counts.has(root)) yield root
    },
    onTurn: action => void actions.push(action),
    renamed: labels => labels.forEach(read),
    refresh() {
      readOthers()
      const share = Math.min(1, (now() - readAt) / roundMs)
      const due = Math.ceil(share * (rootByLabel.size + 1))
      readAt = now()
      for (let i = 0; i < due; i++) {
        const { done, value } = walk.next()
        if (done) walk = labels()[Symbol.iterator]()
        else read(value)
      }
    },
  }
}
