// Subtrees of which nobody is left: how long each level of a path has had no reference at all, and what to do then.
//
// When the sibling of a leaf is gone, its survivors' twins shorten their path and answer for both (Archimidis calls it
// twins repair). When a larger subtree is gone, one or a few of the other side found it anew, each with a chance that
// makes it about one of them; were all of them to shorten their paths, every record of that side would have to move.

import type { Random } from '../../base/random.ts'
import { type Path, sibling } from './path.ts'

export class Absence {
  readonly #emptySince = new Map<number, number>()

  clear(): void {
    this.#emptySince.clear()
  }

  /** The path to take instead of `path`, if it is time for another. `peers`: how many have this one. */
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
      else if (level === path.length) return path.slice(0, -1)
      else {
        this.#emptySince.set(level, now - abandonMs / 2)
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
