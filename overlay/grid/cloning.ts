// Taking over a peer's place, or what it answers for besides one's own: its records are copied page by page first, so
// nobody answers for what it has not got.
//
// One page is asked for at a time. What comes unasked, or does not lead on, ends the copying; the next meeting begins
// it anew, and what was copied by then is known already.

import { integerBelow, type Random } from '../../base/random.ts'
import type { PeerId } from '../peer.ts'
import type { Path } from './path.ts'
import type { Cursor, StructureMessage } from './structure-wire.ts'
import type { Leaf, Reference } from './view.ts'

type Pulled = Extract<StructureMessage, { kind: 'pulled' }>
/** What to ask next. */
export type Pull = Cursor & { readonly kind: 'pull'; readonly call: number; readonly path: Path }

export class Cloning {
  readonly #leaf: Leaf
  readonly #random: Random
  readonly #timeoutMs: number
  #asked: { pull: Pull; of: PeerId; joint: Path | undefined; endsAt: number } | undefined

  constructor(leaf: Leaf, random: Random, timeoutMs: number) {
    this.#leaf = leaf
    this.#random = random
    this.#timeoutMs = timeoutMs
  }

  get isUnderWay(): boolean {
    return this.#asked !== undefined
  }

  /** When the peer that is copied counts as silent. */
  get endsAt(): number {
    return this.#asked?.endsAt ?? Number.POSITIVE_INFINITY
  }

  begin({ peer, path }: Reference, now: number): Pull {
    return this.#ask(peer, path, undefined, { from: path, skip: 0 }, now)
  }

  /** To answer for `joint` from then on, of which `path` is the half that the peer has. */
  join({ peer }: Reference, path: Path, joint: Path, now: number): Pull {
    return this.#ask(peer, path, joint, { from: path, skip: 0 }, now)
  }

  /** The next page to ask for; or the path to take now that all is here; or that it has come to nothing. */
  pulled(
    { call, self, records, isLast, from, skip }: Pulled,
    now: number,
  ): Pull | { kind: 'take'; path: Path } | 'unasked' | 'moved' {
    const asked = this.#asked
    if (asked?.pull.call !== call || asked.of !== self.peer) return 'unasked'
    this.#asked = undefined
    for (const record of records) this.#leaf.put(record, now)
    const { joint, pull } = asked
    const isThere = joint === undefined ? self.path.startsWith(pull.path) : pull.path.startsWith(self.path)
    if (!isThere) return 'moved'
    if (isLast) return { kind: 'take', path: joint ?? self.path }
    if (from < pull.from || (from === pull.from && skip <= pull.skip)) return 'unasked'
    return this.#ask(self.peer, pull.path, joint, { from, skip }, now)
  }

  /** The one that did not answer in time. */
  silent(now: number): PeerId | undefined {
    if (this.#asked === undefined || this.endsAt > now) return undefined
    const { of } = this.#asked
    this.#asked = undefined
    return of
  }

  #ask(of: PeerId, path: Path, joint: Path | undefined, cursor: Cursor, now: number): Pull {
    const pull: Pull = { kind: 'pull', call: integerBelow(this.#random, 2 ** 32), path, ...cursor }
    this.#asked = { pull, of, joint, endsAt: now + this.#timeoutMs }
    return pull
  }
}
