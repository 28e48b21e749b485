// What happens next: a binary heap of actions by time, and by order of arrival within one instant, so that two runs
// never differ in how they break a tie.

type Event = { readonly at: number; readonly order: number; readonly action: () => void }

export class Heap {
  readonly #events: Event[] = []
  #order = 0

  push(at: number, action: () => void): void {
    const events = this.#events
    events.push({ at, order: this.#order++, action })
    for (let i = events.length - 1; i > 0; ) {
      const parent = (i - 1) >> 1
      if (!before(events[i]!, events[parent]!)) break
      ;[events[i], events[parent]] = [events[parent]!, events[i]!]
      i = parent
    }
  }

  nextAt(): number {
    return this.#events[0]?.at ?? Number.POSITIVE_INFINITY
  }

  pop(): Event | undefined {
    const events = this.#events
    const first = events[0]
    const last = events.pop()
    if (first === undefined || last === undefined || events.length === 0) return first
    events[0] = last
    for (let i = 0; ; ) {
      const left = 2 * i + 1
      const right = left + 1
      let least = i
      if (left < events.length && before(events[left]!, events[least]!)) least = left
      if (right < events.length && before(events[right]!, events[least]!)) least = right
      if (least === i) return first
      ;[events[i], events[least]] = [events[least]!, events[i]!]
      i = least
    }
  }
}

function before(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
