// Whose turn it is among domains of which nothing is proven: anybody may claim anything, and a look-up costs time.
//
// Three lanes take turns, so that none can stand in another's way: domains that somebody asked us for (which resolvers
// do as soon as a parent names us, and hardly ever before), claims that were never looked at, and those that were and
// came to nothing. Among new claims every owner has a turn before one has two, the latest claim's first: 200,000 claims
// of one owner are one claim ahead of the next owner's, and a flood that is over delays nobody who comes later.
// Rejected: first come, first served, which is a queue that an attacker fills.

import { createHeap } from './heap.ts'

export interface Strangers {
  /** A domain that somebody asked for; forgotten when too many wait. */
  ask(domain: string): void
  /** A new claim of `owner`. */
  claim(domain: string, owner: string): void
  /** To be looked at again, not before `dueAt`; what was said of the domain before does not count any more. */
  again(domain: string, dueAt: number): void
  /** The next one; `isOpen` says of a domain whether it is still to be looked up, and why not is no matter. */
  take(now: number, isOpen: (domain: string, dueAt?: number) => boolean): string | undefined
  /** When `take` may have one: 0 for at once. */
  dueAt(): number
}

interface Owner {
  readonly id: string
  readonly waiting: string[]
  turns: number
  /** Of the entry that counts. */
  order: number
}

const askedMax = 256
/** Claims are counted below it: 2^40 at the 42 a second that Ethereum has room for are 800 years. */
const turnWeight = 2 ** 40

export function createStrangers(): Strangers {
  const asked = new Set<string>()
  const owners = new Map<string, Owner>()
  /** By turns had, then latest first. */
  const turns = createHeap<Owner>()
  const waiting = createHeap<string>()
  let sequence = 0
  let lane = 0

  const line = (owner: Owner): void => {
    owner.order = owner.turns * turnWeight - sequence++
    turns.add(owner.order, owner)
  }
  const lanes = [
    function takeAsked(_now: number, isOpen: (domain: string) => boolean): string | undefined {
      for (const domain of asked) {
        asked.delete(domain)
        if (isOpen(domain)) return domain
      }
      return undefined
    },
    function takeClaimed(
      _now: number,
      isOpen: (domain: string, dueAt?: number) => boolean,
    ): string | undefined {
      for (let first = turns.least(); first !== undefined; first = turns.least()) {
        turns.takeLeast()
        const owner = first.item
        if (first.order !== owner.order) continue
        let domain = owner.waiting.pop()
        while (domain !== undefined && !isOpen(domain, 0)) domain = owner.waiting.pop()
        owner.turns++
        if (owner.waiting.length > 0) line(owner)
        else owners.delete(owner.id)
        if (domain !== undefined) return domain
      }
      return undefined
    },
    function takeAgain(now: number, isOpen: (domain: string, dueAt?: number) => boolean): string | undefined {
      for (let first = waiting.least(); first !== undefined && first.order <= now; first = waiting.least()) {
        waiting.takeLeast()
        if (isOpen(first.item, first.order)) return first.item
      }
      return undefined
    },
  ]

  return {
    ask(domain) {
      if (asked.size < askedMax) asked.add(domain)
    },
    claim(domain, id) {
      const known = owners.get(id)
      // A list of one takes a fifth of an empty one that grew, and a flood of claims is of owners with one each.
      const owner = known ?? { id, waiting: [domain], turns: 0, order: 0 }
      if (known === undefined) owners.set(id, owner)
      else known.waiting.push(domain)
      if (owner !== turns.least()?.item) line(owner)
    },
    again: (domain, dueAt) => waiting.add(dueAt, domain),
    take(now, isOpen) {
      for (let i = 0; i < lanes.length; i++) {
        const domain = lanes[lane]!(now, isOpen)
        lane = (lane + 1) % lanes.length
        if (domain !== undefined) return domain
      }
      return undefined
    },
    dueAt: () =>
      asked.size > 0 || owners.size > 0 ? 0 : (waiting.least()?.order ?? Number.POSITIVE_INFINITY),
  }
}
