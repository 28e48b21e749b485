// A grid that stands still, for tests and figures of what travels along it: peers at given paths, with random
// references, each a real query machine, on a virtual network of given round trips.
//
// A peer that is down is silent. Others know of it once `noticeMs` went by, or sooner if they found out themselves.

import { createHash } from 'node:crypto'
import { type Random, sample, seededRandom, shuffle } from '../../base/random.ts'
import type { PeerId } from '../peer.ts'
import { peerIdOf } from '../peer.ts'
import type { Record } from '../records/record.ts'
import type { QueryEffect, QueryEvent, QueryTuning } from './ground.ts'
import { type GridKey, type Path, sibling } from './path.ts'
import { Queries } from './queries.ts'
import { decodeQuery, encodeQuery, type QueryMessage } from './queries-wire.ts'
import type { GridView, Leaf, Reference } from './view.ts'

export type TriePeer = {
  readonly index: number
  readonly reference: Reference
  queries: Queries
  readonly leaf: MemoryLeaf
  readonly createQueries: () => Queries
  isUp: boolean
  /** Without a place its path is empty, and it answers for nothing. */
  isPlaced: boolean
  downAt: number
  wakeSetAt: number
}

export type TrieOptions = {
  seed: number
  /** One for each peer. */
  paths: readonly Path[]
  tuning: QueryTuning
  gridKeyOf: (key: string) => GridKey
  refsMax?: number
  /** Between two peers, by index. */
  rttMs?: (a: number, b: number) => number
  /** Of frames that vanish. */
  lossShare?: number
  noticeMs?: number
  /** Through the codec and back; slower. */
  isCoded?: boolean
}

export class Trie {
  now = 1_000_000
  readonly peers: TriePeer[]
  readonly random: Random
  onTold: (peer: TriePeer, event: QueryEvent) => void = () => {}
  onSent: (from: TriePeer, to: TriePeer, message: QueryMessage) => void = () => {}
  /** Frames between two for which it holds vanish. */
  isCut: (from: number, to: number) => boolean = () => false
  readonly #options: TrieOptions
  readonly #byId = new Map<PeerId, TriePeer>()
  readonly #bySubtree = new Map<Path, number[]>()
  /** Latest first. */
  readonly #events: { at: number; action: () => void }[] = []

  constructor(options: TrieOptions) {
    this.#options = options
    this.random = seededRandom(options.seed)
    options.paths.forEach((path, index) => {
      for (let bits = 0; bits <= path.length; bits++) {
        const prefix = path.slice(0, bits)
        const members = this.#bySubtree.get(prefix)
        if (members) members.push(index)
        else this.#bySubtree.set(prefix, [index])
      }
    })
    this.peers = options.paths.map((path, index) => this.#createPeer(path, index))
    for (const peer of this.peers) this.#byId.set(peer.reference.peer, peer)
  }

  at(time: number, action: () => void): void {
    let low = 0
    let high = this.#events.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#events[middle]!.at > time) low = middle + 1
      else high = middle
    }
    this.#events.splice(low, 0, { at: time, action })
  }

  run(durationMs: number): void {
    const endAt = this.now + durationMs
    while (this.#events.length > 0 && this.#events.at(-1)!.at <= endAt) {
      const event = this.#events.pop()!
      this.now = event.at
      event.action()
    }
    this.now = endAt
  }

  peerOf(id: PeerId): TriePeer {
    return this.#byId.get(id)!
  }

  /** Those that answer for a grid key. */
  homesOf(bits: GridKey): TriePeer[] {
    return this.peers.filter(({ reference }) => bits.startsWith(reference.path))
  }

  setUp(index: number, isUp: boolean): void {
    const peer = this.peers[index]!
    peer.isUp = isUp
    peer.downAt = this.now
    if (isUp) this.do(peer, peer.queries.wake(this.now))
  }

  /** Up again, with what was on its disk and nothing else. */
  restart(index: number): void {
    const peer = this.peers[index]!
    peer.queries = peer.createQueries()
    this.setUp(index, true)
  }

  /** Carries out what a machine returned. */
  do(peer: TriePeer, effects: readonly QueryEffect[]): void {
    for (const effect of effects) {
      if (effect.do === 'tell') {
        this.onTold(peer, effect.event)
        continue
      }
      const to = this.#byId.get(effect.to)!
      this.onSent(peer, to, effect.message)
      const isLost = this.random.next() < (this.#options.lossShare ?? 0)
      if (isLost || !to.isUp || this.isCut(peer.index, to.index)) continue
      const message = this.#options.isCoded ? decodeQuery(encodeQuery(effect.message)) : effect.message
      this.at(this.now + this.#rttMs(peer.index, to.index) / 2, () => {
        if (to.isUp) this.do(to, to.queries.receive(message, peer.reference.peer, this.now))
      })
    }
    this.#setWake(peer)
  }

  #rttMs(a: number, b: number): number {
    return this.#options.rttMs?.(a, b) ?? 2
  }

  #setWake(peer: TriePeer): void {
    const wakeAt = Math.max(peer.queries.wakeAt(), this.now)
    if (wakeAt >= peer.wakeSetAt || wakeAt === Number.POSITIVE_INFINITY) return
    peer.wakeSetAt = wakeAt
    this.at(wakeAt, () => {
      if (peer.wakeSetAt !== wakeAt) return
      peer.wakeSetAt = Number.POSITIVE_INFINITY
      if (peer.isUp) this.do(peer, peer.queries.wake(this.now))
    })
  }

  #createPeer(path: Path, index: number): TriePeer {
    const { gridKeyOf, rttMs, tuning } = this.#options
    const id = idOf(index)
    const reference = { peer: id, path, host: '10.0.0.1', port: 1 + (index % 60_000), revision: 1 }
    const leaf = new MemoryLeaf(gridKeyOf)
    const random = seededRandom(Math.imul(this.#options.seed, 0x9e3779b1) ^ (index + 1))
    const view = this.#createView(reference, index)
    const rtt = (peer: PeerId): number => rttMs?.(index, this.#byId.get(peer)!.index) ?? 2
    const createQueries = () => new Queries({ view, leaf, random, tuning, gridKeyOf, rttMs: rtt })
    const queries = createQueries()
    const peer = {
      index,
      reference,
      queries,
      createQueries,
      leaf,
      isUp: true,
      isPlaced: true,
      downAt: 0,
      wakeSetAt: Number.POSITIVE_INFINITY,
    }
    this.at(this.now, () => this.#setWake(peer))
    return peer
  }

  #createView(self: Reference, index: number): GridView {
    const { refsMax = 10, noticeMs = 30_000 } = this.#options
    const levels = Array.from({ length: self.path.length }, (_, i) =>
      this.#spread(sibling(self.path, i + 1), refsMax),
    )
    const others = (this.#bySubtree.get(self.path) ?? []).filter(other => other !== index)
    const found = new Map<PeerId, number>()
    const isListed = (other: number): boolean => {
      const { downAt, isUp, reference } = this.peers[other]!
      const foundAt = found.get(reference.peer)
      return !(foundAt !== undefined && this.now - foundAt < 60_000) && (isUp || this.now - downAt < noticeMs)
    }
    const list = (indexes: readonly number[]): Reference[] =>
      indexes.filter(isListed).map(other => this.peers[other]!.reference)
    return {
      self: () => (this.peers[index]!.isPlaced ? self : { ...self, path: '' }),
      isPlaced: () => this.peers[index]!.isPlaced,
      guides: () => list(sample(this.random, [...this.peers.keys()], 8).filter(other => other !== index)),
      references: level => list(levels[level - 1] ?? []),
      replicas: () => list(others),
      answered: peer => void found.delete(peer),
      silent: (peer, now) => void found.set(peer, now),
    }
  }

  /** Random peers of a subtree, spread over its next two bits. */
  #spread(prefix: Path, countMax: number): number[] {
    const quarters = ['00', '01', '10', '11'].map(bits => this.#bySubtree.get(prefix + bits) ?? [])
    const all = this.#bySubtree.get(prefix) ?? []
    const chosen = new Set(
      quarters.flatMap(quarter => sample(this.random, quarter, Math.floor(countMax / 4))),
    )
    for (const index of sample(this.random, all, countMax)) if (chosen.size < countMax) chosen.add(index)
    return shuffle(this.random, [...chosen])
  }
}

/** All records in memory, without bounds. */
export class MemoryLeaf implements Leaf {
  readonly #gridKeyOf: (key: string) => GridKey
  readonly #byKey = new Map<string, Map<PeerId, Record>>()
  #sorted: { bits: GridKey; key: string }[] | undefined

  constructor(gridKeyOf: (key: string) => GridKey) {
    this.#gridKeyOf = gridKeyOf
  }

  get(key: string, now: number): Record[] {
    return [...(this.#byKey.get(key)?.values() ?? [])].filter(({ expiresAt }) => expiresAt > now)
  }

  put(record: Record): 'stored' | 'known' | 'stale' {
    const records = this.#byKey.get(record.key) ?? new Map<PeerId, Record>()
    const known = records.get(record.publisher)?.sequence ?? -1
    if (known >= record.sequence) return known === record.sequence ? 'known' : 'stale'
    if (!this.#byKey.has(record.key)) this.#sorted = undefined
    this.#byKey.set(record.key, records.set(record.publisher, record))
    return 'stored'
  }

  range(from: GridKey, to: GridKey | undefined, countMax: number, now: number): Record[] {
    const records: Record[] = []
    for (const { bits, key } of this.#inOrder()) {
      if (records.length >= countMax || (to !== undefined && bits >= to)) break
      if (bits >= from) records.push(...this.get(key, now))
    }
    return records.slice(0, countMax)
  }

  count(prefix: Path): number {
    return this.#inOrder().filter(({ bits }) => bits.startsWith(prefix)).length
  }

  keepOnly(prefix: Path): void {
    for (const { bits, key } of this.#inOrder()) if (!bits.startsWith(prefix)) this.#byKey.delete(key)
    this.#sorted = undefined
  }

  #inOrder(): { bits: GridKey; key: string }[] {
    this.#sorted ??= [...this.#byKey.keys()]
      .map(key => ({ bits: this.#gridKeyOf(key), key }))
      .sort((a, b) => (a.bits < b.bits ? -1 : 1))
    return this.#sorted
  }
}

const ids: PeerId[] = []

/** The same id for the same index, in every world. */
function idOf(index: number): PeerId {
  return (ids[index] ??= peerIdOf(createHash('sha256').update(`peer ${index}`).digest()))
}

/** `count` paths on the 2^depth leaves of a full trie, as even as can be. */
export function evenPaths(count: number, depth: number): Path[] {
  return Array.from({ length: count }, (_, i) =>
    depth === 0 ? '' : (i % 2 ** depth).toString(2).padStart(depth, '0'),
  )
}

/** A record that nobody checks. */
export function unsignedRecord(key: string, sequence = 1, publisher = idOf(0), expiresAt = 2 ** 47): Record {
  return { key, value: Uint8Array.of(1), publisher, sequence, expiresAt, signature: new Uint8Array(64) }
}

/** 64 bits of the key's hash, the same for the same key; spread evenly. */
export function hashedGridKey(key: string): GridKey {
  const known = hashed.get(key)
  if (known !== undefined) return known
  const bits = createHash('sha256').update(key).digest().readBigUInt64BE().toString(2).padStart(64, '0')
  hashed.set(key, bits)
  return bits
}
const hashed = new Map<string, GridKey>()
