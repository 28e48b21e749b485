// Subtrees of which nobody is left: how long each level of a path has had no reference at all, and what to do then.
//
// When the sibling of a leaf is gone, its survivors' twins shorten their path and answer for both (Archimidis calls it
// twins repair). So do two leaves that have too few peers for both: they part again only with more than twice nMin, and
// so not in turns. When a larger subtree is gone, one or a few of the other side found it anew, each with a chance that
// makes it about one of them; were all of them to shorten their paths, every record of that side would have to move.

import type { Random } from '../../base/random.ts'
import { type Path, sibling } from './path.ts'
import type { Table } from './table.ts'

export class Absence {
  readonly #emptySince = new Map<number, number>()

  clear(): void {
    this.#emptySince.clear()
  }

  /** The path to take instead of `path`, if it is time for another. `isEmpty` tells of the last level also whether both
   *  leaves have too few peers. `peers`: how many have this one. */
  judge(
    path: Path,
    isEmpty: (level: number) => boolean,
    peers: number,
    { abandonMs, random }: { abandonMs: number; random: Random },
    now: number,
  ): Path | undefined {
    for (let level = path.length; level > 0; level--) {
      const since = this.#emptySince.get(level) ?? now
      if (!isEmpty(level)) this.#emptySince.delete(level)
      else if (now - since < abandonMs) this.#emptySince.set(level, since)
      else {
        this.#emptySince.set(level, now - abandonMs / 2) // when it comes to nothing, once more
        if (level === path.length) return path.slice(0, -1)
        if (peers > 1 && random.next() < 1 / (peers * 2 ** (path.length - level))) return sibling(path, level)
      }
    }
    return undefined
  }

  /** Whether somebody is being missed. */
  get isAny(): boolean {
    return this.#emptySince.size > 0
  }

  dueAt(abandonMs: number): number {
    return Math.min(...[...this.#emptySince.values()].map(since => since + abandonMs))
  }
}

/** Nobody has the sibling leaf, or it and that of `path` have together too few peers for two. Somebody who answers for
 *  both halves does not make the dead one alive. */
export function isThin(path: Path, table: Table, nMin: number): boolean {
  if (!table.isInhabited(path.length)) return true
  const twins = table.references(path.length)
  const [mine, theirs] = [table.replicas().length + 1, twins.length]
  const isLeaf = twins.every(twin => twin.path.length === path.length)
  return isLeaf && Math.min(mine, theirs) < nMin && mine + theirs < 2 * nMin
}
