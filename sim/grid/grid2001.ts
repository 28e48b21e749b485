// The grid of 2001 (Aberer, CoopIS 2001 §5): how many exchanges build it, how many messages search it.
//
// 20,000 peers, depth 10, 20 references a level, recursion up to 2 deep with two partners each, 30 % online: each time
// a peer is looked for it is there with that chance. An exchange is one call of two peers, recursive ones included. In
// the search each peer is online or not for the whole of one search. A message is a question that reaches a peer that
// is online; contacts also counts attempts at those that are not. Unlike in the paper, peers begin meetings in turn,
// recursion and search pick the reference that agrees longest with what is looked for, where the paper picks any, and
// whoever has few references at a level takes those that its partner has below.

import { integerBelow, type Random, sample, seededRandom } from '../../base/random.ts'
import { byDepth, decide, type Meeter, type Rule } from '../../overlay/grid/exchange.ts'
import { commonBits, covers, type GridKey, type Path } from '../../overlay/grid/path.ts'
import type { Section } from './section.ts'

type Peer = {
  path: Path
  readonly references: Peer[][]
  isOnlineIn: number
  isOfflineIn: number
  askedIn: number
}

/** Of 2000 peers in small, so that a leaf has as many as it has in full. */
const depthBy = { small: 7, default: 10, full: 10 }
const referencesMax = 20
const recursionMax = 2
const fanOut = 2
const onlineShare = 0.3
/** The mean length of a path at which the paper stops, over the depth. */
const completeShare = 0.943

export const grid2001: Section = {
  name: '2001',
  isHeadline: true,
  story: 'Peers of whom 30 % are online build a grid of depth 10 by random meetings, and search it.',
  play(seed, size) {
    const peers = { small: 2000, default: 20_000, full: 20_000 }[size]
    const searches = size === 'small' ? 2000 : 10_000
    const random = seededRandom(seed)
    const depth = depthBy[size]
    const grid = new Grid(peers, depth, random)
    const exchangesPerPeer = grid.build() / peers
    const { messages, contacts, hops, found } = grid.search(searches)
    const messagesPerSearch = messages / found
    const successPercent = (100 * found) / searches
    const isPaperSize = size !== 'small'
    return {
      headline: { exchangesPerPeer, messagesPerSearch, successPercent },
      figures: [
        { name: 'exchanges per peer', value: exchangesPerPeer, min: 0, max: 62.5, paper: '62.5' },
        {
          name: 'messages per successful search',
          value: messagesPerSearch,
          min: 1,
          max: 5.56,
          paper: '5.56',
        },
        {
          ...{ name: 'successful, %', value: successPercent, paper: '99.97' },
          ...{ min: isPaperSize ? 99.97 : 95, max: 100 },
        },
        { name: 'contacts per successful search', value: contacts / found, min: 1, max: 30 },
        { name: 'hops of the way found', value: hops / found, min: 0, max: depth },
      ],
    }
  },
}

class Grid {
  readonly #peers: Peer[]
  readonly #random: Random
  readonly #depth: number
  readonly #rule: Rule
  #bits = 0
  #exchanges = 0

  constructor(count: number, depth: number, random: Random) {
    this.#random = random
    this.#depth = depth
    this.#rule = byDepth(depth)
    this.#peers = Array.from({ length: count }, () => {
      return { path: '', references: [], isOnlineIn: -1, isOfflineIn: -1, askedIn: -1 }
    })
  }

  build(): number {
    const peers = this.#peers
    for (let i = 0; this.#bits < completeShare * this.#depth * peers.length; i++) {
      const a = peers[i % peers.length]!
      const b = peers[integerBelow(this.#random, peers.length)]!
      if (a !== b) this.#exchange(a, b, 0)
    }
    return this.#exchanges
  }

  #exchange(a: Peer, b: Peer, recursion: number): void {
    this.#exchanges++
    const common = commonBits(a.path, b.path)
    for (let level = 0; level < common; level++) this.#share(a, b, level)
    const isDiverged = common < a.path.length && common < b.path.length
    if (!isDiverged) this.#grow(a, b)
    this.#refer(a, b)
    this.#refer(b, a)
    if (!isDiverged) return
    if (recursion >= recursionMax) return
    const ofA = this.#onlineOf(a.references[common]!, b.path)
    const ofB = this.#onlineOf(b.references[common]!, a.path)
    for (const peer of ofB) if (peer !== a) this.#exchange(a, peer, recursion + 1)
    for (const peer of ofA) if (peer !== b) this.#exchange(b, peer, recursion + 1)
  }

  /** Who has not enough at a level that both share, takes from the other. */
  #share(a: Peer, b: Peer, level: number): void {
    const [ofA, ofB] = [a.references[level]!, b.references[level]!]
    if (ofA.length === referencesMax && ofB.length === referencesMax) return
    const union = [...new Set([...ofA, ...ofB])]
    a.references[level] = union.length <= referencesMax ? union : sample(this.#random, union, referencesMax)
    b.references[level] =
      union.length <= referencesMax ? [...union] : sample(this.#random, union, referencesMax)
  }

  #grow(a: Peer, b: Peer): void {
    const bits = a.path.length + b.path.length
    const after = decide(asMeeter(a), asMeeter(b), this.#random.next(), this.#rule)
    this.#bits += after.a.length + after.b.length - bits
    a.path = after.a
    b.path = after.b
  }

  /** Where the two part, the other is a reference, and so are those that it refers to below. */
  #refer(peer: Peer, other: Peer): void {
    const level = commonBits(peer.path, other.path)
    if (level >= peer.path.length || level >= other.path.length) return
    const references = (peer.references[level] ??= [])
    if (references.length < referencesMax) {
      const below = other.references.slice(level + 1).flat()
      const more = new Set([...references, other, ...sample(this.#random, below, referencesMax)])
      peer.references[level] = [...more].slice(0, referencesMax)
    } else if (!references.includes(other)) references[integerBelow(this.#random, referencesMax)] = other
  }

  #onlineOf(references: readonly Peer[], path: Path): Peer[] {
    const online = references.filter(() => this.#random.next() < onlineShare)
    return online.sort((a, b) => commonBits(b.path, path) - commonBits(a.path, path)).slice(0, fanOut)
  }

  search(count: number): { messages: number; contacts: number; hops: number; found: number } {
    const total = { messages: 0, contacts: 0, hops: 0, found: 0 }
    for (let i = 0; i < count; i++) {
      let from: Peer
      do from = this.#peers[integerBelow(this.#random, this.#peers.length)]!
      while (!this.#isOnline(from, i))
      const key = this.#key()
      const before = { ...total }
      if (this.#query(from, key, i, total, 0)) total.found++
      else Object.assign(total, before)
    }
    return total
  }

  #key(): GridKey {
    const depth = this.#depth
    return integerBelow(this.#random, 2 ** depth)
      .toString(2)
      .padStart(depth, '0')
  }

  /** Depth first, longest match first, each peer asked once. When nobody of the level answers, those below are asked,
   *  who have others for that level; whoever began asks anyone in the end. */
  #query(
    at: Peer,
    key: string,
    search: number,
    total: { messages: number; contacts: number; hops: number },
    hops: number,
  ): boolean {
    if (covers(at.path, key)) {
      total.hops += hops
      return true
    }
    at.askedIn = search
    const common = commonBits(at.path, key)
    const nearer = [...(at.references[common] ?? [])]
    nearer.sort((a, b) => commonBits(b.path, key) - commonBits(a.path, key))
    const aside = at.references.slice(common + 1).flat()
    const anyone = hops === 0 ? at.references.slice(0, common).reverse().flat() : []
    for (const peer of [...nearer, ...aside, ...anyone]) {
      if (peer.askedIn === search) continue
      total.contacts++
      if (!this.#isOnline(peer, search)) continue
      total.messages++
      if (this.#query(peer, key, search, total, hops + 1)) return true
    }
    return false
  }

  #isOnline(peer: Peer, search: number): boolean {
    if (peer.isOnlineIn !== search && peer.isOfflineIn !== search) {
      if (this.#random.next() < onlineShare) peer.isOnlineIn = search
      else peer.isOfflineIn = search
    }
    return peer.isOnlineIn === search
  }
}

function asMeeter({ path }: Peer): Meeter {
  return { path, zeros: 0, ones: 0, peers: 0, gone: [0, 0] }
}
