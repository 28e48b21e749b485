// Comparisons: two replicas find out what one has and the other has not, and mend it (anti-entropy, Demers 1987 §1.3).
//
// A slice of the path is compared at a time: a hash over it first, which is all when both have the same; then the list
// of items, eight bytes of hash and the sequence for each record, from which both sides know what is missing. Slices
// are chosen so that each has at most some hundred records, so a frame is bounded whatever the store holds; the walk
// goes on where it stopped. Replicas that are new to us, as all are at our own start, are walked through without a
// pause, a few of them: that is how a partition heals. Rejected: a tree of hashes over the whole store, which must be
// kept up to date at every put and says the same.

import { createHash } from 'node:crypto'
import { concatBytes, equalBytes } from '../../base/bytes.ts'
import { sample } from '../../base/random.ts'
import { Budget } from '../budget.ts'
import type { PeerId } from '../peer.ts'
import { publicKeyOf } from '../peer.ts'
import type { Record } from '../records/record.ts'
import { type Ground, type QueryEffect, send } from './ground.ts'
import { boundAfter, covers, type GridKey, pathBitsMax } from './path.ts'
import {
  type Items,
  itemBytes,
  itemsMax,
  recordBytes,
  recordsBytesMax,
  type Summary,
  type Trade,
} from './queries-wire.ts'

type Slice = { readonly from: GridKey; readonly to: GridKey | '' }
type Walk = {
  readonly id: number
  readonly peer: PeerId
  /** To the end of the path without a pause. */
  readonly isWhole: boolean
  slice: Slice
  isTrading: boolean
  /** What differed before the last trade in this slice: a peer that takes nothing does not keep us here. */
  differing: number
  endsAt: number
}

/** Comparisons a second with peers that we do not know as replicas; a new one may know us first. */
const strangersPerSecond = 4
const answerMs = 2000
const none = new Uint8Array(0)

export class Reconciling {
  readonly #ground: Ground
  readonly #took: (record: Record) => void
  #walk: Walk | undefined
  /** Where the next comparison begins. */
  #cursor: GridKey = ''
  #path = ''
  #nextAt = 0
  /** Replicas of the last time; who is not among them has just appeared. */
  #met = new Set<PeerId>()
  #strangers: Budget | undefined
  /** Who is to be walked through. */
  #newcomers: PeerId[] = []

  constructor(ground: Ground, took: (record: Record) => void) {
    this.#ground = ground
    this.#took = took
  }

  /** Replicas may have changed: who is new is compared with at once. */
  replicasChanged(now: number): void {
    this.#nextAt = Math.min(this.#nextAt, now)
  }

  wake(now: number): QueryEffect[] {
    const { random, tuning, view } = this.#ground
    if (this.#walk && this.#walk.endsAt <= now) this.#walk = undefined
    if (this.#walk || now < this.#nextAt) return []
    const replicas = view.replicas().map(({ peer }) => peer)
    const { path } = view.self()
    if (path !== this.#path) this.#met.clear()
    this.#path = path
    this.#newcomers = this.#newcomers.filter(peer => replicas.includes(peer))
    const strangers = replicas.filter(peer => !this.#met.has(peer))
    for (const peer of sample(random, strangers, tuning.newcomersMax - this.#newcomers.length))
      this.#newcomers.push(peer)
    this.#met = new Set(replicas)
    const stranger = this.#newcomers.shift()
    const pauseMs = this.#newcomers.length > 0 ? 0 : tuning.compareIntervalMs * (0.75 + random.next() / 2)
    this.#nextAt = now + pauseMs
    const peer = stranger ?? sample(random, replicas, 1)[0]
    if (peer === undefined) return []
    const isWhole = stranger !== undefined
    if (isWhole || !this.#cursor.startsWith(path)) this.#cursor = path
    const slice = this.#sliceAt(this.#cursor)
    this.#walk = {
      id: this.#ground.newId(),
      peer,
      isWhole,
      slice,
      isTrading: false,
      differing: Number.POSITIVE_INFINITY,
      endsAt: 0,
    }
    return this.#compare(this.#walk, now)
  }

  wakeAt(): number {
    return this.#walk ? this.#walk.endsAt : this.#nextAt
  }

  summarised({ from, hash, id, to }: Summary, sender: PeerId, now: number): QueryEffect[] {
    if (!this.#mayAsk(sender, now)) return []
    const mine = this.#records({ from, to }, now)
    const isSame = mine.to === to && equalBytes(hashOf(mine.items), hash)
    const items = isSame ? none : concatBytes(mine.items)
    return [send(sender, { kind: 'items', id, isSame, to: mine.to, items })]
  }

  listed({ id, isSame, items, to }: Items, sender: PeerId, now: number): QueryEffect[] {
    const walk = this.#walk
    if (walk?.id !== id || walk.peer !== sender || walk.isTrading) return []
    if (isSame) return this.#goOn(walk, walk.slice.to, now)
    const { from } = walk.slice
    walk.slice = { from, to: isWithin(to, walk.slice.to) ? to : walk.slice.to }
    const mine = this.#records(walk.slice, now)
    walk.slice = { from, to: mine.to }
    const { lacking, wants } = difference(mine.records, items)
    const differing = lacking.length + wants.length
    if (differing === 0 || differing >= walk.differing) return this.#goOn(walk, mine.to, now)
    walk.differing = differing
    walk.isTrading = true
    walk.endsAt = now + answerMs
    return [
      send(sender, {
        kind: 'trade',
        id,
        ...walk.slice,
        isReply: false,
        wants: concatBytes(wants),
        records: cut(lacking),
      }),
    ]
  }

  traded({ from, id, isReply, records, to, wants }: Trade, sender: PeerId, now: number): QueryEffect[] {
    for (const record of records) this.#put(record, now)
    const walk = this.#walk
    if (isReply) {
      if (walk?.id !== id || walk.peer !== sender || !walk.isTrading) return []
      walk.isTrading = false
      return this.#compare(walk, now) // again, until the hashes agree: not all may have fitted one frame
    }
    if (!this.#mayAsk(sender, now)) return []
    const asked = new Set<string>()
    for (let at = 0; at < wants.length; at += 8) asked.add(hex(wants.subarray(at, at + 8)))
    const wanted = this.#records({ from, to }, now).records.filter(record =>
      asked.has(hex(itemOf(record).subarray(0, 8))),
    )
    return [send(sender, { kind: 'trade', id, from, to, isReply: true, wants: none, records: cut(wanted) })]
  }

  #compare(walk: Walk, now: number): QueryEffect[] {
    const { items, to } = this.#records(walk.slice, now)
    walk.slice = { from: walk.slice.from, to }
    walk.endsAt = now + answerMs
    return [send(walk.peer, { kind: 'summary', id: walk.id, ...walk.slice, hash: hashOf(items) })]
  }

  #goOn(walk: Walk, at: GridKey | '', now: number): QueryEffect[] {
    const { path } = this.#ground.view.self()
    const isAtEnd = at === '' || !at.startsWith(path)
    this.#cursor = isAtEnd ? path : at
    if (isAtEnd || !walk.isWhole) {
      this.#walk = undefined
      return this.#nextAt <= now ? this.wake(now) : []
    }
    walk.slice = this.#sliceAt(at)
    walk.differing = Number.POSITIVE_INFINITY
    return this.#compare(walk, now)
  }

  #mayAsk(sender: PeerId, now: number): boolean {
    if (this.#ground.view.replicas().some(({ peer }) => peer === sender)) return true
    this.#strangers ??= new Budget(strangersPerSecond, now)
    return this.#strangers.take(now)
  }

  #put(record: Record, now: number): void {
    const { gridKeyOf, leaf, view } = this.#ground
    if (covers(view.self().path, gridKeyOf(record.key)) && leaf.put(record, now) === 'stored')
      this.#took(record)
  }

  /** From `at` to the end of the largest subtree around it that has not too many records. */
  #sliceAt(at: GridKey): Slice {
    const { leaf, tuning, view } = this.#ground
    const place = at.padEnd(pathBitsMax, '0')
    let bits = view.self().path.length
    while (bits < pathBitsMax && leaf.count(place.slice(0, bits)) > tuning.sliceRecordsMax) bits++
    return { from: at, to: boundAfter(place.slice(0, bits)) ?? '' }
  }

  /** What this peer has of a slice, as much as one list of items can say, and where that ends. */
  #records({ from, to }: Slice, now: number): { records: Record[]; items: Uint8Array[]; to: GridKey | '' } {
    const { gridKeyOf, leaf } = this.#ground
    const all = leaf.range(from, to === '' ? undefined : to, itemsMax + 1, now)
    const end = all.length > itemsMax ? gridKeyOf(all.at(-1)!.key) : to
    const records = all.length > itemsMax ? all.filter(({ key }) => gridKeyOf(key) < end) : all
    return { records, items: records.map(itemOf).sort(Buffer.compare), to: end }
  }
}

/** `a` ends before `b`; empty ends last. */
function isWithin(a: GridKey | '', b: GridKey | ''): boolean {
  return a !== '' && (b === '' || a < b)
}

/** A record is immutable, and compared again and again. */
const known = new WeakMap<Record, Uint8Array>()

/** Eight bytes that name key and publisher, six of sequence. */
function itemOf(record: Record): Uint8Array {
  const item = known.get(record) ?? new Uint8Array(itemBytes)
  if (known.has(record)) return item
  const digest = createHash('sha256')
    .update(record.key)
    .update('\0')
    .update(publicKeyOf(record.publisher))
    .digest()
  item.set(digest.subarray(0, 8))
  Buffer.from(item.buffer).writeUIntBE(record.sequence, 8, 6)
  known.set(record, item)
  return item
}

function hashOf(items: readonly Uint8Array[]): Uint8Array {
  return createHash('sha256').update(concatBytes(items)).digest().subarray(0, 8)
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/** What the other lacks of mine, and the names of what I lack of theirs. */
function difference(mine: readonly Record[], theirs: Uint8Array): { lacking: Record[]; wants: Uint8Array[] } {
  const sequences = new Map<string, number>()
  for (let at = 0; at < theirs.length; at += itemBytes)
    sequences.set(
      hex(theirs.subarray(at, at + 8)),
      Buffer.from(theirs.subarray(at + 8, at + 14)).readUIntBE(0, 6),
    )
  const lacking: Record[] = []
  for (const record of mine) {
    const name = hex(itemOf(record).subarray(0, 8))
    const sequence = sequences.get(name) ?? -1
    if (sequence < record.sequence) lacking.push(record)
    if (sequence <= record.sequence) sequences.delete(name)
  }
  return { lacking, wants: [...sequences.keys()].map(name => Buffer.from(name, 'hex')) }
}

/** As many as one frame carries. */
function cut(records: readonly Record[]): Record[] {
  let room = recordsBytesMax - wantsBytes
  return records.filter(record => (room -= recordBytes(record)) >= 0)
}

/** A full list of wants beside the records stays within the frame: 56 + 16 KiB would not. */
const wantsBytes = 16 * 1024
