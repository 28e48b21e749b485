// Counters that pure code may raise and the rim reads out: a Map with a bounded set of names.

export interface Meter {
  count(name: string, by?: number): void
  read(): Record<string, number>
}

/** More distinct names than this is a bug (a name made from input), not a use. */
const namesMax = 500

export function createMeter(): Meter {
  const counts = new Map<string, number>()
  return {
    count(name, by = 1) {
      const old = counts.get(name)
      if (old === undefined && counts.size >= namesMax) throw new Error(`meter: too many names, at ${name}`)
      counts.set(name, (old ?? 0) + by)
    },
    read: () => Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1))),
  }
}
