// What a node knows about distances: Pharos's two overlays, each fitted by PCoord, fed by membership's probes.
//
// Every answered probe brings a round trip and the other's coordinate. After every few of them the peer refits its
// base position to those it measured last, and its local position to those of them that bear its label; so references
// change all the time, which is worth more than measuring the same ones again (docs/protocols/coordinates.md). All is
// bounded, and what comes from the wire is refused and counted when it is absurd.
// Rejected: fixed neighbours (as in all the papers), and asking anybody for samples that its probes do not bring.

import { isFault } from '../../base/fault.ts'
import type { Random } from '../../base/random.ts'
import type { PeerId } from '../peer.ts'
import { Clusters } from './clusters.ts'
import {
  type Coordinate,
  decodeCoordinate,
  dimensions,
  distanceMs,
  encodeCoordinate,
  isPlaced,
  type Label,
  noLabel,
  type Position,
} from './coordinate.ts'
import { LatencyFilter } from './latency-filter.ts'
import { type CoordinatesTuning, rttMaxMs } from './options.ts'
import { PCoord, type Reference } from './pcoord.ts'
import { steadied } from './update-filter.ts'

export type CoordinatesOptions = { tuning: CoordinatesTuning; random: Random; self: PeerId }

/** `sample` is the number of the last measurement. */
type Link = { filter: LatencyFilter; rttMs: number; measuredAt: number; sample: number }
type Known = { coordinate: Coordinate; heardAt: number; link?: Link }
type Measured = Known & { readonly link: Link }
type References = { readonly base: Reference[]; readonly local: Reference[] }

export type CoordinatesFigures = {
  /** The median relative misfit to the last references; 1 before the first fit. */
  error: number
  movementMsPerS: number
  samples: number
  refused: { malformed: number; stale: number; rtt: number }
  cluster: Label
  /** Members known, self included; 0 without a cluster. */
  clusterSize: number
}

export class Coordinates {
  /** As last fitted; what is published follows them, see update-filter.ts. */
  #base: Position
  #local: Position
  #own: Coordinate
  #ownBytes: Uint8Array
  readonly #self: PeerId
  readonly #tuning: CoordinatesTuning
  readonly #pcoord: PCoord
  readonly #clusters: Clusters
  /** The one known for longest gives way; who still lives is heard again. */
  readonly #known = new Map<PeerId, Known>()
  /** Who was measured last, in a ring. Not who was heard last: nobody comes in here by pinging often. */
  readonly #measured: Known[] = []
  /** Who bears each label; of the own one, whose turn it is to be measured comes first. */
  readonly #bearers = new Map<Label, Set<PeerId>>()
  #samples = 0
  #unfitted = 0
  #wantedAt = 0
  #fittedAt = 0
  #movementMsPerS = 0
  readonly #refused = { malformed: 0, stale: 0, rtt: 0 }

  constructor({ tuning, random, self }: CoordinatesOptions) {
    this.#self = self
    this.#tuning = tuning
    this.#pcoord = new PCoord(random, dimensions + 1)
    this.#clusters = new Clusters(self, random, tuning)
    // Not all in one point, where no direction leads out.
    const point = Array.from({ length: dimensions + 1 }, (_, i) => (i < dimensions ? random.next() - 0.5 : 1))
    const position = { point, error: 1 }
    this.#base = this.#local = position
    this.#own = { madeAtS: 0, label: noLabel, base: position, local: position }
    this.#ownBytes = encodeCoordinate(this.#own)
  }

  /** What membership sends along: 59 bytes, not to be written to. */
  own(): Uint8Array {
    return this.#ownBytes
  }

  /** An answered probe; what is refused is counted. */
  observe(peer: PeerId, rttMs: number, coordinate: Uint8Array, now: number): void {
    if (!(rttMs > 0 && rttMs <= rttMaxMs)) {
      this.#refused.rtt++
      return
    }
    const known = this.#hear(peer, coordinate, now)
    if (!known) return
    const { latencyWindow, samplesPerFit } = this.#tuning
    const filter = known.link?.filter ?? new LatencyFilter(latencyWindow)
    known.link = { filter, rttMs: filter.add(rttMs), measuredAt: now, sample: this.#samples }
    this.#measured[this.#samples++ % measuredMax] = known
    if (++this.#unfitted >= samplesPerFit) this.#fit(now)
  }

  /** A coordinate that was heard without a measurement. */
  place(peer: PeerId, coordinate: Uint8Array, now: number): void {
    this.#hear(peer, coordinate, now)
  }

  /** Round trip from here in ms: measured where that is fresh, else predicted; undefined while nothing is known. */
  predictMs(peer: PeerId, now: number): number | undefined {
    return this.measuredMs(peer, now) ?? this.between(this.#self, peer, now)
  }

  /** Round trip from here in ms as last measured and filtered; undefined unless that is fresh. */
  measuredMs(peer: PeerId, now: number): number | undefined {
    const link = this.#known.get(peer)?.link
    return link && now - link.measuredAt <= this.#tuning.staleMs ? link.rttMs : undefined
  }

  /** Predicted round trip in ms between two peers, of which one may be this; undefined while nothing is known. */
  between(a: PeerId, b: PeerId, now: number): number | undefined {
    const from = this.of(a, now)
    const to = this.of(b, now)
    if (!from || !to || !isPlaced(from.base) || !isPlaced(to.base)) return undefined
    if (a === b) return 0
    return this.#isLocal(from, to)
      ? distanceMs(from.local.point, to.local.point)
      : distanceMs(from.base.point, to.base.point)
  }

  /** Whom to measure next beside the round robin: the members of the own cluster, in turn. */
  wanted(now: number): PeerId | undefined {
    const mates = this.#bearers.get(this.#own.label)
    if (now < this.#wantedAt || this.#own.label === noLabel || !mates || mates.size < this.#tuning.clusterMin)
      return undefined
    this.#wantedAt = now + this.#tuning.wantedIntervalMs
    const [mate] = mates
    mates.delete(mate!)
    mates.add(mate!) // its turn is over, also if it never answers
    return mate
  }

  forget(peer: PeerId): void {
    const known = this.#known.get(peer)
    if (!known) return
    this.#unlist(peer, known.coordinate.label)
    delete known.link // its places in the ring are empty now
    this.#known.delete(peer)
  }

  figures(): CoordinatesFigures {
    return {
      error: this.#own.base.error,
      movementMsPerS: this.#movementMsPerS,
      samples: this.#samples,
      refused: { ...this.#refused },
      cluster: this.#own.label,
      clusterSize: this.#own.label === noLabel ? 0 : this.#sizeOf(this.#own.label) + 1,
    }
  }

  /** Undefined when it is refused. */
  #hear(peer: PeerId, bytes: Uint8Array, now: number): Known | undefined {
    if (peer === this.#self) return undefined
    const coordinate = this.#decode(bytes)
    if (!coordinate) return undefined
    const before = this.#known.get(peer)?.coordinate
    if (before && coordinate.madeAtS < before.madeAtS) {
      this.#refused.stale++
      return undefined
    }
    if (before?.label !== coordinate.label) {
      if (before) this.#unlist(peer, before.label)
      this.#list(peer, coordinate.label)
    }
    return this.#keep(peer, coordinate, now)
  }

  #keep(peer: PeerId, coordinate: Coordinate, heardAt: number): Known {
    const known = this.#known.get(peer)
    if (known) return Object.assign(known, { coordinate, heardAt })
    const added = { coordinate, heardAt }
    this.#known.set(peer, added)
    if (this.#known.size > this.#tuning.peersMax) this.forget(this.#known.keys().next().value!)
    return added
  }

  #list(peer: PeerId, label: Label): void {
    const bearers = this.#bearers.get(label)
    if (bearers) bearers.add(peer)
    else this.#bearers.set(label, new Set([peer]))
  }

  #unlist(peer: PeerId, label: Label): void {
    const bearers = this.#bearers.get(label)
    bearers?.delete(peer)
    if (bearers?.size === 0) this.#bearers.delete(label)
  }

  #sizeOf(label: Label): number {
    return this.#bearers.get(label)?.size ?? 0
  }

  #decode(bytes: Uint8Array): Coordinate | undefined {
    try {
      return decodeCoordinate(bytes)
    } catch (error) {
      if (!isFault(error)) throw error
      this.#refused.malformed++
      return undefined
    }
  }

  /** As last heard, or as this peer says it of itself; undefined unless that is fresh. */
  of(peer: PeerId, now: number): Coordinate | undefined {
    if (peer === this.#self) return this.#own
    const known = this.#known.get(peer)
    return known && now - known.heardAt <= this.#tuning.staleMs ? known.coordinate : undefined
  }

  #isLocal(from: Coordinate, to: Coordinate): boolean {
    return (
      from.label === to.label &&
      from.label !== noLabel &&
      this.#sizeOf(from.label) >= this.#tuning.clusterMin &&
      isPlaced(from.local) &&
      isPlaced(to.local)
    )
  }

  #fit(now: number): void {
    this.#unfitted = 0
    const { base, label, local } = this.#own
    const newest = this.#newest(now)
    const references = this.#references(newest)
    this.#base = this.#pcoord.refit(this.#base, references.base)
    this.#clusters.review(
      this.#base,
      newest.map(({ coordinate }) => coordinate),
      this.#known.size,
    )
    const isMember = this.#clusters.label !== noLabel && this.#clusters.label === label
    // Mates stand in some order already in the base: to start from there saves half of the way.
    this.#local = isMember ? this.#pcoord.refit(this.#local, references.local) : this.#base
    const { updateShare } = this.#tuning
    this.#publish({
      madeAtS: Math.floor(now / 1000),
      label: this.#clusters.label,
      base: steadied(base, this.#base, updateShare),
      local: isMember ? steadied(local, this.#local, updateShare) : this.#local,
    })
    const movedMs = Math.hypot(...this.#own.base.point.map((value, i) => value - base.point[i]!))
    if (this.#fittedAt > 0 && now > this.#fittedAt)
      this.#movementMsPerS = (1000 * movedMs) / (now - this.#fittedAt)
    this.#fittedAt = now
  }

  #publish(coordinate: Coordinate): void {
    this.#own = coordinate
    this.#ownBytes = encodeCoordinate(coordinate)
  }

  /** Who was measured last, newest first, each once. */
  #newest(now: number): Measured[] {
    const oldest = now - this.#tuning.staleMs
    const newest: Measured[] = []
    for (let sample = this.#samples - 1; sample >= this.#samples - this.#measured.length; sample--) {
      const known = this.#measured[sample % measuredMax]!
      if (isMeasured(known) && known.link.sample === sample && known.link.measuredAt >= oldest)
        newest.push(known)
    }
    return newest
  }

  /** In the base at most a third are mates, or the near would outweigh the far. */
  #references(newest: readonly Measured[]): References {
    const { referencesMax } = this.#tuning
    const references: References = { base: [], local: [] }
    const { base, local } = references
    const label = this.#own.label
    let mates = 0
    for (const { coordinate, link } of newest) {
      const { rttMs } = link
      const isMate = label !== noLabel && coordinate.label === label
      if (isMate && local.length < referencesMax) local.push({ position: coordinate.local, rttMs })
      if (base.length < referencesMax && (!isMate || ++mates <= referencesMax / 3))
        base.push({ position: coordinate.base, rttMs })
    }
    return references
  }
}

/** Enough for both sets of references, and to judge by where each of four clusters stands. */
const measuredMax = 128

function isMeasured(known: Known): known is Measured {
  return known.link !== undefined
}
