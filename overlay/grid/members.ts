// The live members as the structure sees them: only they are asked, believed to exist and kept as references.

import { type Random, sample } from '../../base/random.ts'
import type { Address } from '../address.ts'
import type { PeerId } from '../peer.ts'
import type { Reference } from './view.ts'

export type Member = Address & { readonly id: PeerId }

export class Members {
  readonly #list: () => readonly Member[]
  #ids: { of: readonly Member[]; set: Set<PeerId> } = { of: [], set: new Set() }

  /** `list` returns the same array until something changes. */
  constructor(list: () => readonly Member[]) {
    this.#list = list
  }

  get all(): readonly Member[] {
    return this.#list()
  }

  get count(): number {
    return this.all.length
  }

  has(peer: PeerId): boolean {
    if (this.#ids.of !== this.all) this.#ids = { of: this.all, set: new Set(this.all.map(({ id }) => id)) }
    return this.#ids.set.has(peer)
  }

  /** Some of them, with what is known of their places. */
  some(countMax: number, known: (peer: PeerId) => Reference | undefined, random: Random): Reference[] {
    return sample(random, this.all, countMax).map(
      ({ id: peer, host, port }) => known(peer) ?? { peer, host, port, path: '', revision: 0 },
    )
  }
}
