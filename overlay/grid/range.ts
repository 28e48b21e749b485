// Ranges: all records with a grid key in [from, to), each partition asked exactly once (P-Grid, Datta 2005 §4).
//
// Whoever is responsible for a subtree takes what it has itself and hands on the sibling subtrees below that meet the
// range, each to one reference. All at once is the shower: as fast as the trie is deep. One after the other, until
// there is enough, is the min-max traversal: right for "the first hundred". Answers come back along the way and are
// merged in order at each peer, so every frame is bounded and nobody is answered by more than the few it asked. It is
// complete when each subtree handed on has answered so: the covered key space is counted where it was divided.

import type { PeerId } from '../peer.ts'
import type { Record } from '../records/record.ts'
import type { Ground, QueryEffect } from './ground.ts'
import { send } from './ground.ts'
import type { Hops, Quest } from './hops.ts'
import { answerOf } from './lookup.ts'
import { boundAfter, commonBits, covers, type GridKey, keyBitsMax, type Path, sibling } from './path.ts'
import { type Answer, recordBytes, recordsBytesMax, type Sweep } from './queries-wire.ts'
import { hopsFrom } from './route.ts'
import type { Reference } from './view.ts'

type Result = {
  records: readonly Record[]
  next: GridKey | ''
  isComplete: boolean
  partitions: number
  hops: number
}
type Finish = (result: Result, now: number) => QueryEffect[]
type Task = Pick<Sweep, 'prefix' | 'from' | 'to' | 'countMax' | 'isInOrder' | 'fuel'> & { endsAt: number }
/** A subtree that somebody else has to answer for; at level 0: what this peer answers for itself. */
type Piece = { readonly level: number; readonly prefix: Path; result: Result | undefined }

const nothing: Result = { records: [], next: '', isComplete: false, partitions: 0, hops: 0 }
/** Answers of 64 KiB are cut anyway. */
const countMaxMax = 500

export class Ranges {
  readonly #ground: Ground
  readonly #hops: Hops

  constructor(ground: Ground, hops: Hops) {
    this.#ground = ground
    this.#hops = hops
  }

  begin(
    range: { from: GridKey; to: GridKey | ''; countMax: number; isInOrder: boolean },
    now: number,
    finish: Finish,
  ): QueryEffect[] {
    const { rangeFuel, rangeMs } = this.#ground.tuning
    return this.#sweep({ ...range, prefix: '', fuel: rangeFuel, endsAt: now + rangeMs }, finish, now)
  }

  receive(sweep: Sweep, sender: PeerId, now: number): QueryEffect[] {
    const { guests, tuning, view } = this.#ground
    const { fuel, id, matched, waitMs } = sweep
    const { path } = view.self()
    if (!view.isPlaced() || commonBits(path, sweep.prefix) < Math.min(matched, path.length))
      return [send(sender, answerOf(id, { outcome: 'astray' }, 0))]
    if (!guests.enter(sender)) return [send(sender, answerOf(id, { outcome: 'refused' }, 0))]
    const finish: Finish = (result, at) => {
      guests.leave(sender)
      return [send(sender, answerOf(id, { ...result, outcome: 'here' }, at - now))]
    }
    const endsAt = now + Math.min(waitMs, tuning.rangeMs)
    return this.#sweep({ ...sweep, fuel: Math.min(fuel, tuning.rangeFuel), endsAt }, finish, now)
  }

  #sweep(task: Task, finish: Finish, now: number): QueryEffect[] {
    const { view } = this.#ground
    const { path } = view.self()
    const countMax = Math.min(task.countMax, countMaxMax)
    // Without a place all of it is somebody else's.
    if (!view.isPlaced())
      return this.#atOnce({ ...task, countMax }, [{ level: 1, prefix: '', result: undefined }], finish, now)
    const own = task.prefix.length > path.length ? task.prefix : path // asked about a part of what is ours
    const pieces: Piece[] = []
    for (let level = task.prefix.length + 1; level <= path.length; level++) {
      const prefix = sibling(path, level)
      if (meets(prefix, task)) pieces.push({ level, prefix, result: undefined })
    }
    const result = meets(own, task) ? this.#own(task, own, now) : undefined
    pieces.push({ level: 0, prefix: own, result })
    pieces.sort((a, b) => (a.prefix < b.prefix ? -1 : 1))
    const all = { ...task, countMax }
    return task.isInOrder
      ? this.#oneByOne(all, pieces, 0, finish, now)
      : this.#atOnce(all, pieces, finish, now)
  }

  /** What this peer has of the range itself. */
  #own({ countMax, from, to }: Task, path: Path, now: number): Result {
    const { gridKeyOf, leaf } = this.#ground
    const end = boundAfter(path)
    const low = laterOf(from, path)
    const high = to === '' || (end !== undefined && end < to) ? end : to
    const records = leaf.range(low, high, Math.min(countMax, countMaxMax) + 1, now)
    return bounded({ ...nothing, records, isComplete: true, partitions: 1 }, countMax, gridKeyOf)
  }

  #atOnce(task: Task, pieces: Piece[], finish: Finish, now: number): QueryEffect[] {
    const away = pieces.filter(({ level }) => level > 0)
    let open = away.length
    const done = (at: number): QueryEffect[] => {
      const parts = pieces.map(({ level, result }) => result ?? (level > 0 ? nothing : undefined))
      return finish(merged(parts, task.countMax, this.#ground.gridKeyOf), at)
    }
    if (open === 0) return done(now)
    // A piece one level up is twice as large; what the largest do not need, nobody else could use.
    const fuelOf = (piece: Piece): number => Math.floor(task.fuel / 2 ** (1 + away.indexOf(piece)))
    away.sort((a, b) => a.level - b.level)
    return away.flatMap(piece =>
      this.#ask(task, piece, Math.max(1, fuelOf(piece)), now, (result, at) => {
        piece.result = result
        return --open === 0 ? done(at) : []
      }),
    )
  }

  #oneByOne(task: Task, pieces: Piece[], index: number, finish: Finish, now: number): QueryEffect[] {
    const { gridKeyOf } = this.#ground
    const before = pieces
      .slice(0, index)
      .map(({ level, result }) => result ?? (level > 0 ? nothing : undefined))
    const soFar = merged(before, task.countMax, gridKeyOf)
    const piece = pieces[index]
    if (!piece || soFar.next !== '') return finish(soFar, now)
    if (soFar.records.length >= task.countMax)
      return finish({ ...soFar, next: laterOf(piece.prefix, task.from) }, now)
    if (piece.level === 0) return this.#oneByOne(task, pieces, index + 1, finish, now)
    const rest = { ...task, countMax: task.countMax - soFar.records.length }
    return this.#ask(rest, piece, Math.max(1, Math.floor(task.fuel / 2)), now, (result, at) => {
      piece.result = result
      return this.#oneByOne(task, pieces, index + 1, finish, at)
    })
  }

  #ask(task: Task, piece: Piece, fuel: number, now: number, finish: Finish): QueryEffect[] {
    const { rttMs, view } = this.#ground
    const target = laterOf(piece.prefix, task.from)
    const candidates = (view.isPlaced() ? view.references(piece.level) : view.guides())
      .filter(({ path }) => covers(path, piece.prefix))
      .map(peer => {
        const shared = meets(peer.path, task) ? keyBitsMax : commonBits(peer.path, target)
        return { peer, shared, wayMs: rttMs(peer.peer) }
      })
      .sort((a, b) => b.shared - a.shared || a.wayMs - b.wayMs)
      .map(({ peer }) => peer)
    const quest = new Errand(task, piece, target, finish)
    return this.#hops.begin({ quest, candidates, width: 1, fuel, endsAt: task.endsAt }, now)
  }
}

class Errand implements Quest {
  readonly #task: Task
  readonly #piece: Piece
  readonly #target: GridKey
  readonly #finish: Finish
  #result = nothing

  constructor(task: Task, piece: Piece, target: GridKey, finish: Finish) {
    this.#task = task
    this.#piece = piece
    this.#target = target
    this.#finish = finish
  }

  frame(leg: { id: number; fuel: number; waitMs: number }): Sweep {
    const { countMax, from, isInOrder, to } = this.#task
    const { prefix } = this.#piece
    return { kind: 'sweep', ...leg, prefix, matched: prefix.length, from, to, countMax, isInOrder }
  }

  /** A shower goes as deep as the trie, a traversal through as many leaves as the piece may have. */
  hopsBeyond({ path }: Reference): number {
    const bits = Math.max(0, path.length - this.#piece.prefix.length)
    return 2 + (this.#task.isInOrder ? 2 ** Math.min(bits, 16) : hopsFrom(path, this.#target))
  }

  take({ hops, isComplete, next, outcome, partitions, records }: Answer): 'done' | 'more' {
    if (outcome !== 'here') return 'more'
    this.#result = { records, next, isComplete, partitions, hops: hops + 1 }
    return 'done'
  }

  end(now: number): QueryEffect[] {
    return this.#finish(this.#result, now)
  }
}

function laterOf(a: GridKey, b: GridKey): GridKey {
  if (a > b) return a
  return b
}

function meets(prefix: Path, { from, to }: { from: GridKey; to: GridKey | '' }): boolean {
  const end = boundAfter(prefix)
  return (to === '' || prefix < to) && (end === undefined || end > from)
}

/** Parts in order as one; what comes after a part that was cut is left for the next time. */
function merged(
  parts: readonly (Result | undefined)[],
  countMax: number,
  gridKeyOf: Ground['gridKeyOf'],
): Result {
  let sum: Result = { ...nothing, isComplete: true }
  for (const part of parts) {
    if (!part) continue
    const isCut = sum.next !== ''
    sum = {
      records: isCut ? sum.records : [...sum.records, ...part.records],
      next: isCut ? sum.next : part.next,
      isComplete: sum.isComplete && part.isComplete,
      partitions: Math.min(sum.partitions + part.partitions, 0xffff),
      hops: Math.max(sum.hops, part.hops),
    }
  }
  return bounded(sum, countMax, gridKeyOf)
}

/** At most `countMax` records and a frame's bytes; never between two records of one grid key, unless there are no
 *  others. */
function bounded(result: Result, countMax: number, gridKeyOf: Ground['gridKeyOf']): Result {
  const { records } = result
  let room = recordsBytesMax
  let count = 0
  while (count < Math.min(records.length, countMax) && (room -= recordBytes(records[count]!)) >= 0) count++
  if (count === records.length) return result
  const cutKey = gridKeyOf(records[count]!.key)
  let whole = count
  while (whole > 0 && gridKeyOf(records[whole - 1]!.key) === cutKey) whole--
  if (whole > 0) return { ...result, records: records.slice(0, whole), next: cutKey }
  return { ...result, records: records.slice(0, count), next: `${cutKey}0`.slice(0, keyBitsMax) }
}
