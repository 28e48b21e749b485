// Whether the others are ill, or we are: when many different holders fail at once, the likeliest cause is our own line.
//
// Lifeguard's lesson (Dadgar, Phillips and Currey, DSN 2018) for fetching: a machine that accuses everybody is itself
// the suspect. While failures of several holders stand against not one delivery since the first of them, nobody is
// blamed, and everybody gets more time. One delivery ends the doubt.

export interface Doubt {
  failed(id: string, now: number): void
  delivered(): void
  /** Who failed lately, when so many that it must be ourselves; otherwise nobody. */
  wronged(now: number): readonly string[]
}

/** Two may fail together by chance, or because one machine carries both. */
const peersMin = 3
const windowMs = 10_000
const peersMax = 1000

export function createDoubt(): Doubt {
  /** By peer: when it failed last. */
  const failures = new Map<string, number>()
  return {
    failed(id, now) {
      failures.delete(id)
      failures.set(id, now)
      if (failures.size > peersMax) failures.delete(failures.keys().next().value!)
    },
    delivered: () => failures.clear(),
    wronged(now) {
      for (const [id, at] of failures) {
        if (now - at <= windowMs) break
        failures.delete(id)
      }
      return failures.size >= peersMin ? [...failures.keys()] : []
    },
  }
}
