// Popularity: keys that many ask for are kept by more peers, so that they are found in less hops (Beehive, NSDI 2004).
//
// A key at level l is kept by every peer that shares l bits with it. Beehive's closed form spends a number of copies
// where they save most hops; its solution is a rule that each home can follow alone: as wide as the share of all
// look-ups divided by the number of copies stays over one bound, so half the share is one level deeper. Counts travel
// to the home along the trie, once an interval; the number of all look-ups is what peers report of their own, times
// the number of peers, which the depth of the path tells. Copies go down the trie like a shower, again when a record
// changes, and expire when nobody renews them. Rejected: passive caching alone (Beehive §4: 1.54 hops against 0.98).

import { Budget } from '../budget.ts'
import type { PeerId } from '../peer.ts'
import type { Copies } from './copies.ts'
import { type Ground, type QueryEffect, send } from './ground.ts'
import { commonBits, covers, type GridKey } from './path.ts'
import { type Copy, type Hits, hitsMax } from './queries-wire.ts'
import { wayTo } from './route.ts'

type Standing = { rate: number; level: number; spreadAt: number }

/** In intervals: copies live four, and are renewed after two, so one lost shower is not felt. */
const copyIntervals = 4
const renewIntervals = 2
/** A record that changes all the time is not sent after all its copies each time. */
const respreadMs = 1000
/** Keys counted in one interval; what is asked for less is not popular. */
const countedMax = 16_384
const reportsMax = 64
const sendersMax = 256
/** Records of one popular key in a copy. */
const recordsPerCopyMax = 32
/** Asked for less often in an interval, a key is not popular but lucky. */
const rateSpreadMin = 2
/** A rate under which a key is forgotten: one look-up three intervals ago. */
const rateMin = 0.1

export class Popularity {
  readonly #ground: Ground
  readonly #copies: Copies
  /** Of this interval; those of our own keys are added to `#standings` at its end. */
  readonly #counts = new Map<string, number>()
  /** Keys that this peer decides about. */
  readonly #standings = new Map<string, Standing>()
  readonly #changed = new Set<string>()
  readonly #budgets = new Map<PeerId, Budget>()
  #asked = 0
  #reports: number[] = []
  #askedMean: number | undefined
  #intervalAt: number | undefined

  constructor(ground: Ground, copies: Copies) {
    this.#ground = ground
    this.#copies = copies
  }

  /** This peer began a look-up. */
  asked(): void {
    this.#asked++
  }

  /** This peer answered for a key, as its home or from a copy. */
  hit(key: string, count = 1): void {
    if (this.#counts.size < countedMax || this.#counts.has(key))
      this.#counts.set(key, (this.#counts.get(key) ?? 0) + count)
  }

  /** A record under this key is new here. */
  changed(key: string): void {
    if (this.#standings.has(key)) this.#changed.add(key)
  }

  reported({ asked, counts }: Hits): void {
    if (this.#reports.length < reportsMax) this.#reports.push(asked)
    for (const [key, count] of counts) this.hit(key, count)
  }

  copied(copy: Copy, from: PeerId, now: number): QueryEffect[] {
    const { gridKeyOf, tuning, view } = this.#ground
    const { path } = view.self()
    const bits = gridKeyOf(copy.key)
    const records = copy.records.filter(({ key }) => key === copy.key)
    const isOurs = !covers(path, bits) && commonBits(path, bits) >= copy.level
    if (!isOurs || records.length === 0 || !this.#mayBring(from, now)) return []
    this.#copies.keep(copy.key, records, now + copyIntervals * tuning.popularityIntervalMs, now)
    if (copy.isLast) return []
    const last = view.replicas().map(({ peer }) => send(peer, { ...copy, records, isLast: true }))
    return [...this.#down({ ...copy, records }, Math.max(copy.level, copy.matched)), ...last]
  }

  wake(now: number): QueryEffect[] {
    const { random, tuning } = this.#ground
    const effects = [...this.#changed].flatMap(key => {
      const standing = this.#standings.get(key)
      if (standing && now - standing.spreadAt < respreadMs) return []
      this.#changed.delete(key)
      return standing ? this.#spread(key, standing, now) : []
    })
    // Peers do not all report at the same moment.
    this.#intervalAt ??= now + random.next() * tuning.popularityIntervalMs
    if (now < this.#intervalAt) return effects
    this.#intervalAt = now + tuning.popularityIntervalMs
    return [...effects, ...this.#endInterval(now)]
  }

  wakeAt(): number {
    let wakeAt = this.#intervalAt ?? 0
    for (const key of this.#changed)
      wakeAt = Math.min(wakeAt, (this.#standings.get(key)?.spreadAt ?? 0) + respreadMs)
    return wakeAt
  }

  #endInterval(now: number): QueryEffect[] {
    const { gridKeyOf, view } = this.#ground
    const { path, peer: self } = view.self()
    const homes = [self, ...view.replicas().map(({ peer }) => peer)].sort()
    const batches = new Map<PeerId, [string, number][]>()
    const mine = new Map<string, number>()
    for (const [key, count] of this.#counts) {
      const bits = gridKeyOf(key)
      const to = covers(path, bits)
        ? keeperOf(bits, homes)
        : wayTo(this.#ground, bits, true).candidates[0]?.peer
      if (to === self) mine.set(key, count)
      else if (to !== undefined) batches.set(to, [...(batches.get(to) ?? []), [key, count]])
    }
    this.#counts.clear()
    const asked = Math.min(this.#asked, 0xffff)
    const total = this.#lookupsOfAll(homes.length * 2 ** path.length)
    const reports = [...batches].map(([to, counts]) =>
      send(to, { kind: 'hits', asked, counts: mostOf(counts) }),
    )
    return [...reports, ...this.#judge(mine, total, now)]
  }

  /** The look-ups of all peers in an interval; the median of the reports, so that one liar moves nothing. */
  #lookupsOfAll(peers: number): number {
    const asked = [this.#asked, ...this.#reports]
    const middle = asked.sort((a, b) => a - b)[asked.length >> 1]!
    const mean = asked.reduce((sum, value) => sum + Math.min(value, 4 * middle + 4), 0) / asked.length
    this.#askedMean = this.#askedMean === undefined ? mean : (this.#askedMean + mean) / 2
    this.#asked = 0
    this.#reports = []
    return Math.max(1, this.#askedMean * peers)
  }

  #judge(counts: ReadonlyMap<string, number>, total: number, now: number): QueryEffect[] {
    const { tuning, view } = this.#ground
    const depth = view.self().path.length
    for (const key of counts.keys())
      if (!this.#standings.has(key) && this.#standings.size < countedMax)
        this.#standings.set(key, { rate: 0, level: depth, spreadAt: Number.NEGATIVE_INFINITY })
    const effects: QueryEffect[] = []
    for (const [key, standing] of this.#standings) {
      standing.rate = (standing.rate + (counts.get(key) ?? 0)) / 2
      const share = standing.rate < rateSpreadMin ? 0 : standing.rate / total
      const level = levelOf(share, tuning.everywhereShare)
      const isWider = level < Math.min(standing.level, depth)
      standing.level = Math.min(level, depth)
      const renewMs = renewIntervals * tuning.popularityIntervalMs
      if (isWider || (level < depth && now - standing.spreadAt >= renewMs))
        effects.push(...this.#spread(key, standing, now))
      if (standing.rate < rateMin) this.#standings.delete(key)
    }
    return effects
  }

  #spread(key: string, standing: Standing, now: number): QueryEffect[] {
    const { leaf, view } = this.#ground
    if (standing.level >= view.self().path.length) return []
    standing.spreadAt = now
    const records = leaf.get(key, now).slice(0, recordsPerCopyMax)
    if (records.length === 0) return []
    const { level } = standing
    return this.#down({ kind: 'copy', level, matched: level, isLast: false, key, records }, level)
  }

  /** To one peer of each sibling subtree below `level`; it goes on from there. */
  #down(copy: Copy, level: number): QueryEffect[] {
    const { view } = this.#ground
    const effects: QueryEffect[] = []
    for (let below = level + 1; below <= view.self().path.length; below++) {
      const next = view.references(below)[0]
      if (next) effects.push(send(next.peer, { ...copy, matched: below, isLast: false }))
    }
    return effects
  }

  #mayBring(from: PeerId, now: number): boolean {
    if (!this.#budgets.has(from) && this.#budgets.size >= sendersMax) this.#budgets.clear()
    const budget = this.#budgets.get(from) ?? new Budget(this.#ground.tuning.copiesPerSecond, now)
    this.#budgets.set(from, budget)
    return budget.take(now)
  }
}

/** The least level at which the copies, 2^-level of all peers, are worth it. */
export function levelOf(share: number, everywhereShare: number): number {
  return share > 0 ? Math.max(0, Math.ceil(Math.log2(everywhereShare / share))) : Number.POSITIVE_INFINITY
}

/** Which of the homes decides about a key; they agree when they know each other. */
function keeperOf(bits: GridKey, homes: readonly PeerId[]): PeerId {
  return homes[Number.parseInt(bits.slice(-16), 2) % homes.length]!
}

function mostOf(counts: [string, number][]): [string, number][] {
  const most = counts.length > hitsMax ? counts.sort((a, b) => b[1] - a[1]).slice(0, hitsMax) : counts
  return most.map(([key, count]) => [key, Math.min(count, 0xffff)])
}
