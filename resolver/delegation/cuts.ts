// The cuts that walks have passed, so that the next walk begins near its end and the roots are asked once in hours.
//
// A cut is kept under its own name only, and came from its parent, so what a liar says of his zone is never used
// outside it. The least recently used ones make room: those that every walk passes, such as `com`, stay.

import type { Name } from '../wire/name.ts'
import { parentOf, rootName } from '../wire/name.ts'
import type { Cut } from './reply.ts'

export interface Cuts {
  /** The closest known cut strictly above `name`, the root if there is no other. */
  above(name: Name): Cut
  keep(cut: Cut): void
  /** A cut whose servers are of no use; the root stays. */
  forget(cut: Cut): void
}

/** Top-level domains say two days; an owner who moves a zone in between wants to be followed within the day. */
const keptMaxS = 6 * 3600

/** `now` in ms. */
export function createCuts(root: Cut, countMax: number, now: () => number): Cuts {
  const kept = new Map<Name, { readonly cut: Cut; readonly endsAt: number }>()
  return {
    above(name) {
      for (let above = name; above !== rootName; ) {
        above = parentOf(above)
        const found = kept.get(above)
        if (found === undefined) continue
        kept.delete(above)
        if (found.endsAt <= now()) continue
        kept.set(above, found)
        return found.cut
      }
      return root
    },
    keep(cut) {
      kept.delete(cut.name)
      kept.set(cut.name, { cut, endsAt: now() + 1000 * Math.min(cut.ttlS, keptMaxS) })
      if (kept.size > countMax) kept.delete(kept.keys().next().value!)
    },
    forget: cut => void kept.delete(cut.name),
  }
}
