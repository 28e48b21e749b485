// What is measured of coordinates, story by story; each is a function of matrix and seed, so that a test plays a
// small cut of what the command prints in full.

import { sample, seededRandom } from '../../base/random.ts'
import { decodeCoordinate } from '../../overlay/coordinates/coordinate.ts'
import { type CoordinatesTuning, devnetTuning, wideTuning } from '../../overlay/coordinates/options.ts'
import { type Accuracy, accuracyOf } from './accuracy.ts'
import { Community } from './community.ts'
import { jitter } from './jitter.ts'
import { lies } from './lies.ts'
import type { Matrix } from './matrix.ts'
import { pcoord, pharos, pharosPcoord, type Trial, vivaldi } from './systems.ts'

export type Row = Accuracy & {
  /** Probes that each peer made, on average. */
  readonly samples: number
}

/** The budget of the reference: 16 rounds of 32. */
export const samplesPerPeer = 512
const periodMs = 1000
/** What all peers together may know of each other; about a gigabyte. */
const pairsMax = 1_000_000

export const systems = {
  vivaldi: (matrix, seed) => judged(matrix, seed, vivaldi(matrix, seed)),
  pharos: (matrix, seed) => judged(matrix, seed, pharos(matrix, seed)),
  pcoord: (matrix, seed) => judged(matrix, seed, pcoord(matrix, seed)),
  pharosPcoordFixed: (matrix, seed) => judged(matrix, seed, pharosPcoord(matrix, seed)),
  /** The product: what a node runs, clusters and all. */
  pharosPcoord: (matrix, seed) => {
    const peersMax = Math.min(wideTuning.peersMax, Math.floor(pairsMax / matrix.size))
    const community = new Community({ matrix, seed, tuning: { ...wideTuning, peersMax }, periodMs })
    community.runSamples(samplesPerPeer)
    return rowOf(matrix, seed, community)
  },
} as const satisfies Record<string, (matrix: Matrix, seed: number) => Row>

/** PCoord from nothing: 10 updates of 10 random references. */
export function coldStart(matrix: Matrix, seed: number): Row {
  return judged(matrix, seed, pcoord(matrix, seed, { references: 10, rounds: 10, areFixed: false }))
}

/** The product among liars; the figures are of honest pairs. */
export function amongLiars(matrix: Matrix, seed: number, kind: 'random' | 'repulsion', share: number): Row {
  const liars = Math.round(matrix.size * share)
  const order = sample(seededRandom(seed), [...Array(matrix.size).keys()], matrix.size)
  const mixed = matrix.part(order)
  const community = new Community({
    ...{ matrix: mixed, seed, tuning: wideTuning, periodMs },
    lies: lies(kind, liars),
  })
  community.runSamples(samplesPerPeer)
  const honest = [...Array(matrix.size).keys()].slice(liars)
  return rowOf(mixed, seed, community, honest)
}

/** `count` peers of the matrix on one period of 400 ms, as the devnet has, for `seconds`. */
export function smallNetwork(matrix: Matrix, seed: number, count: number, seconds = 60): Row {
  const members = sample(seededRandom(seed), [...Array(matrix.size).keys()], count)
  const part = matrix.part(members)
  const community = new Community({ matrix: part, seed, tuning: devnetTuning, periodMs: 400 })
  community.run(Math.floor((1000 * seconds) / 400))
  return rowOf(part, seed, community)
}

export type Filters = Pick<CoordinatesTuning, 'latencyWindow' | 'updateShare'>

/** Published movement and error while routes jitter, over the second half of `periods`. */
export function steadiness(
  matrix: Matrix,
  seed: number,
  filters: Filters,
  periods = 600,
): Row & { movementMsPerS: number } {
  const tuning = { ...wideTuning, ...filters }
  const community = new Community({ matrix, seed, tuning, periodMs, jitter })
  community.run(periods / 2)
  let movedMs = 0
  let before = places(community)
  for (let period = 0; period < periods / 2; period++) {
    community.period()
    const after = places(community)
    after.forEach((point, i) => {
      movedMs += Math.hypot(...point.map((value, d) => value - before[i]![d]!))
    })
    before = after
  }
  const movementMsPerS = movedMs / matrix.size / ((periods / 2) * (periodMs / 1000))
  return { ...rowOf(matrix, seed, community), movementMsPerS }
}

/** The mean of several seeds, figure by figure. */
export function meanRow<R extends Row>(rows: readonly R[]): R {
  const names = Object.keys(rows[0]!) as (keyof R)[]
  const mean = (name: keyof R): number => rows.reduce((sum, row) => sum + Number(row[name]), 0) / rows.length
  return Object.fromEntries(names.map(name => [name, mean(name)])) as R
}

function places(community: Community): (readonly number[])[] {
  return community.nodes.map(node => decodeCoordinate(node.own()).base.point)
}

function judged(matrix: Matrix, seed: number, { predict, samplesPerPeer: samples }: Trial): Row {
  return { ...accuracyOf(matrix, predict, seededRandom(seed)), samples }
}

function rowOf(matrix: Matrix, seed: number, community: Community, peers?: readonly number[]): Row {
  const accuracy = accuracyOf(matrix, community.predict(), seededRandom(seed), peers)
  return { ...accuracy, samples: community.samplesPerPeer() }
}
