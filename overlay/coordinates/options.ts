// The knobs of coordinates, with a reason beside each number.

import type { ClusterTuning } from './clusters.ts'

export type CoordinatesTuning = ClusterTuning & {
  /** Whose coordinates are kept; one takes about 400 bytes. */
  peersMax: number
  /** To how many each of the two positions is fitted. */
  referencesMax: number
  samplesPerFit: number
  /** Between two probes inside the own cluster. */
  wantedIntervalMs: number
  /** Measurements of one link of which the least counts. */
  latencyWindow: number
  /** How far the published coordinate follows each fit, 0 to 1; 1 is no filter. */
  updateShare: number
  /** After this what was heard or measured counts no more. */
  staleMs: number
}

/** Farther than any route on Earth by a factor of 30: a round trip beyond it is a stopped process. */
export const rttMaxMs = 10_000

export const wideTuning: CoordinatesTuning = {
  peersMax: 4096,
  referencesMax: 32,
  samplesPerFit: 16,
  wantedIntervalMs: 1000,
  latencyWindow: 4,
  updateShare: 0.5,
  staleMs: 600_000,
  clustersMax: 4,
  clusterMin: 32,
}

/** Five to twelve peers on one machine or test bed: few references, so a position is fitted sooner. */
export const devnetTuning: CoordinatesTuning = { ...wideTuning, samplesPerFit: 8 }
