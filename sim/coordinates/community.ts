// A community: real `Coordinates` machines that probe each other over a matrix, as membership makes them do.
//
// Each period every peer probes the next of its round robin, and whom its coordinates want besides. Every answered
// probe is a sample and is counted, also those by which clusters come about. Predictions are judged through the
// coordinates that the peers publish: an onlooker hears them all and predicts as any peer would.

import { createHash } from 'node:crypto'
import { type Random, seededRandom, shuffle } from '../../base/random.ts'
import { Coordinates } from '../../overlay/coordinates/coordinates.ts'
import type { CoordinatesTuning } from '../../overlay/coordinates/options.ts'
import { type PeerId, peerIdOf } from '../../overlay/peer.ts'
import type { Predict } from './accuracy.ts'
import type { Lies } from './lies.ts'
import type { Matrix } from './matrix.ts'

export type CommunityOptions = {
  matrix: Matrix
  seed: number
  tuning: CoordinatesTuning
  periodMs: number
  /** Peers with the lowest numbers lie. */
  lies?: Lies
  /** What a probe takes when the route takes this long. */
  jitter?: (rttMs: number, random: Random) => number
}

export class Community {
  now = 1_000_000
  readonly nodes: readonly Coordinates[]
  readonly samples: number[]
  readonly #options: CommunityOptions
  readonly #random: Random
  readonly #ids: readonly PeerId[]
  readonly #indexes: ReadonlyMap<PeerId, number>
  readonly #orders: readonly number[][]
  readonly #places: number[]

  constructor(options: CommunityOptions) {
    const { matrix, seed, tuning } = options
    const everybody = Array.from({ length: matrix.size }, (_, i) => i)
    this.#options = options
    this.#random = seededRandom(seed)
    this.#ids = everybody.map(i => peerIdOf(createHash('sha256').update(`${seed} ${i}`).digest()))
    this.#indexes = new Map(this.#ids.map((id, i) => [id, i]))
    this.nodes = this.#ids.map(
      (self, i) => new Coordinates({ tuning, random: seededRandom(seed * 4096 + i), self }),
    )
    this.samples = everybody.map(() => 0)
    this.#orders = everybody.map(i => shuffle(this.#random, matrix.others(i)))
    this.#places = everybody.map(() => 0)
  }

  /** One period; nobody takes more than `samplesMax` samples in all. */
  period(samplesMax = Number.POSITIVE_INFINITY): void {
    this.now += this.#options.periodMs
    for (const i of shuffle(this.#random, [...this.samples.keys()])) {
      const next = this.#next(i)
      if (next !== undefined && this.samples[i]! < samplesMax) this.#probe(i, next)
      const wanted = this.samples[i]! < samplesMax ? this.nodes[i]!.wanted(this.now) : undefined
      if (wanted !== undefined) this.#probe(i, this.#indexes.get(wanted)!)
    }
  }

  run(periods: number, samplesMax?: number): void {
    for (let period = 0; period < periods; period++) this.period(samplesMax)
  }

  /** Runs until everybody who can measure somebody has taken so many samples. */
  runSamples(samples: number): void {
    for (let period = 0; period < samples; period++) this.period(samples)
  }

  samplesPerPeer(): number {
    return this.samples.reduce((sum, count) => sum + count, 0) / this.samples.length
  }

  /** As an onlooker predicts it now. */
  predict(): Predict {
    const tuning = { ...this.#options.tuning, peersMax: this.nodes.length }
    const self = peerIdOf(createHash('sha256').update('onlooker').digest())
    const onlooker = new Coordinates({ tuning, random: this.#random, self })
    const now = this.now
    this.nodes.forEach((node, i) => {
      onlooker.place(this.#ids[i]!, node.own(), now)
    })
    return (i, j) => onlooker.between(this.#ids[i]!, this.#ids[j]!, now)
  }

  /** The round robin of membership: everybody once, in random order, then again in another. */
  #next(i: number): number | undefined {
    const order = this.#orders[i]!
    if (this.#places[i]! >= order.length) {
      shuffle(this.#random, order)
      this.#places[i] = 0
    }
    return order[this.#places[i]!++]
  }

  #probe(i: number, j: number): void {
    const { matrix, lies, jitter } = this.#options
    const rttMs = matrix.rttMs(i, j)
    if (!(rttMs > 0)) return
    this.samples[i]!++
    const isLiar = lies !== undefined && j < lies.liars
    const tookMs = (jitter ? jitter(rttMs, this.#random) : rttMs) + (isLiar ? lies.delayMs(this.#random) : 0)
    this.nodes[j]!.place(this.#ids[i]!, this.#said(i, j), this.now)
    this.nodes[i]!.observe(this.#ids[j]!, tookMs, this.#said(j, i), this.now)
  }

  /** What `from` tells `to` about itself. */
  #said(from: number, to: number): Uint8Array {
    const own = this.nodes[from]!.own()
    const { lies } = this.#options
    return lies && from < lies.liars
      ? lies.coordinate(from, this.nodes[to]!.own(), this.now, this.#random)
      : own
  }
}
