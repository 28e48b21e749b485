// The roots that names point at, as one set that is the same until it changes: what must be held, and by whom.
//
// Reading every name takes a while where there are a million, and the living come and go every second. So names are
// read again with a new block and, since they end by the clock, after a minute; roots of other kinds whenever asked.

export interface NamedRootsOptions {
  /** Another for each state of the names. */
  readonly state: () => string
  /** Of all names that have not ended. */
  readonly roots: (now: number) => Iterable<string>
  /** Few, beside them. */
  readonly others: () => Iterable<string>
  /** Milliseconds since the epoch. */
  readonly wallNow: () => number
}

const lifeMs = 60_000

export function createNamedRoots({
  state,
  roots,
  others,
  wallNow,
}: NamedRootsOptions): () => ReadonlySet<string> {
  let named: { readonly key: string; readonly all: ReadonlySet<string> } | undefined
  let beside: ReadonlySet<string> = new Set()
  let union: ReadonlySet<string> = beside
  return () => {
    const now = wallNow()
    const key = `${state()} ${Math.floor(now / lifeMs)}`
    const isKnown = named?.key === key
    if (named === undefined || !isKnown) named = { key, all: new Set(roots(now)) }
    const { all } = named
    const extra = new Set([...others()].filter(root => !all.has(root)))
    if (isKnown && extra.size === beside.size && extra.isSubsetOf(beside)) return union
    beside = extra
    union = extra.size === 0 ? all : new Set([...all, ...extra])
    return union
  }
}
