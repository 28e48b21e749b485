// A leaf without bounds, checks or disk, for simulations of the trie: a sorted list.

import { gridKeyOf } from '../../overlay/grid/key.ts'
import type { GridKey, Path } from '../../overlay/grid/path.ts'
import type { Leaf } from '../../overlay/grid/view.ts'
import type { Record } from '../../overlay/records/record.ts'

type Item = { readonly place: GridKey; readonly record: Record }

export class PlainLeaf implements Leaf {
  #items: Item[] = []
  readonly #placeOf: (key: string) => GridKey

  /** `placeOf` may remember what `gridKeyOf` computes. */
  constructor(placeOf: (key: string) => GridKey = gridKeyOf) {
    this.#placeOf = placeOf
  }

  get(key: string): Record[] {
    return this.#between(this.#placeOf(key), undefined)
      .filter(({ record }) => record.key === key)
      .map(({ record }) => record)
  }

  put(record: Record): 'stored' | 'known' | 'stale' {
    const place = this.#placeOf(record.key)
    let at = this.#first(place)
    for (; this.#items[at]?.place === place; at++) {
      const { record: known } = this.#items[at]!
      if (known.key !== record.key || known.publisher !== record.publisher) continue
      if (known.sequence >= record.sequence) return known.sequence === record.sequence ? 'known' : 'stale'
      this.#items[at] = { place, record }
      return 'stored'
    }
    this.#items.splice(at, 0, { place, record })
    return 'stored'
  }

  range(from: GridKey, to: GridKey | undefined, countMax: number): Record[] {
    return this.#between(from, to, countMax).map(({ record }) => record)
  }

  count(prefix: Path): number {
    return this.#end(prefix) - this.#first(prefix)
  }

  keepOnly(prefix: Path): void {
    this.#items = this.#items.slice(this.#first(prefix), this.#end(prefix))
  }

  all(): readonly Record[] {
    return this.#items.map(({ record }) => record)
  }

  #between(from: GridKey, to: GridKey | undefined, countMax = Number.POSITIVE_INFINITY): Item[] {
    const start = this.#first(from)
    const end = to === undefined ? this.#items.length : this.#first(to)
    return this.#items.slice(start, Math.min(end, start + countMax))
  }

  /** The index of the first at or after `place`. */
  #first(place: GridKey): number {
    let [low, high] = [0, this.#items.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#items[middle]!.place < place) low = middle + 1
      else high = middle
    }
    return low
  }

  /** '~' comes after '0' and '1'. */
  #end(prefix: Path): number {
    return this.#first(`${prefix}~`)
  }
}
