// Items by a number, least first (a binary heap). Nothing is ever removed from the middle: whoever changes the number
// of an item adds it again, and recognises the old entry by its number when it comes up.

export interface Heap<T> {
  add(order: number, item: T): void
  least(): { readonly order: number; readonly item: T } | undefined
  takeLeast(): void
}

interface Entry<T> {
  readonly order: number
  readonly item: T
}

export function createHeap<T>(): Heap<T> {
  const entries: Entry<T>[] = []
  const swap = (a: number, b: number): void => {
    const entry = entries[a]!
    entries[a] = entries[b]!
    entries[b] = entry
  }
  const isLess = (a: number, b: number): boolean => entries[a]!.order < entries[b]!.order
  return {
    add(order, item) {
      let at = entries.push({ order, item }) - 1
      for (let above = (at - 1) >> 1; at > 0 && isLess(at, above); above = (at - 1) >> 1) {
        swap(at, above)
        at = above
      }
    },
    least: () => entries[0],
    takeLeast() {
      const last = entries.pop()
      if (last === undefined || entries.length === 0) return
      entries[0] = last
      for (let at = 0; ; ) {
        let least = at
        for (const below of [2 * at + 1, 2 * at + 2]) {
          if (below < entries.length && isLess(below, least)) least = below
        }
        if (least === at) return
        swap(at, least)
        at = least
      }
    },
  }
}
