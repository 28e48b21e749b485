// The last events that made no sense, for people: who wonders why a name shows nothing finds the reason here.
//
// Bounded twice, in number and in the length of each line, and printable, because strangers write them: anybody
// can set any bytes as the content of a name of theirs.

import type { Refusal } from './facts.ts'

export interface RefusedEvent {
  readonly block: number
  /** `ContenthashChanged`, or `unknown` for a log that names no event of ours. */
  readonly event: string
  readonly refusal: Refusal
  /** What it is about: a label if it is known, else a node, a peer key or a domain's hash. */
  readonly of: string
  readonly why: string
}

const countMax = 32
const lengthMax = 120

export interface RefusedList {
  add(event: RefusedEvent): void
  /** Oldest first. */
  list(): readonly RefusedEvent[]
  /** Forgets what came from blocks above `number`, which are no part of the chain any more. */
  rewindTo(number: number): void
}

function printable(text: string): string {
  return text.slice(0, lengthMax).replace(/[^\x20-\x7e]/g, '?')
}

export function createRefusedList(): RefusedList {
  let events: RefusedEvent[] = []
  return {
    add(event) {
      events.push({ ...event, of: printable(event.of), why: printable(event.why) })
      if (events.length > countMax) events.shift()
    },
    list: () => [...events],
    rewindTo(number) {
      events = events.filter(event => event.block <= number)
    },
  }
}
