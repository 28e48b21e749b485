// Lifeguard's tables for this machine: the same cells and seeds for each configuration, so that ratios compare.
//
// The paper's Interval grid is 9 counts × 6 durations × 8 gaps, ten repeats each; `cells` takes an even share of it by
// going round in steps of about 0.618 of it, so that every count, duration and gap has its turn. The Threshold runs
// that find the times of detection are the counts × the two durations that outlast a suspicion.

import { quantile } from '../scenario.ts'
import { type Cell, lifeguardTuning, playInterval, playThreshold, swimTuning } from './experiment.ts'

const counts = [1, 4, 8, 12, 16, 20, 24, 28, 32]
const durationsMs = [128, 512, 2048, 8192, 16_384, 32_768]
const gapsMs = [1, 4, 16, 64, 256, 1024, 4096, 16_384]
const grid = counts.flatMap(frozen =>
  durationsMs.flatMap(durationMs => gapsMs.map(gapMs => ({ frozen, durationMs, gapMs }))),
)
export const gridSize = grid.length

/** `inxt` is Lifeguard with what this machine adds. */
export const configurations = {
  swim: swimTuning,
  lifeguard: lifeguardTuning,
  inxt: { ...lifeguardTuning, isExtended: true },
  inxtFast: { ...lifeguardTuning, isExtended: true, suspicionAlpha: 4 },
} as const
export type Configuration = keyof typeof configurations

/** Has no factor in common with 432, so the round meets every cell once. */
const step = 265

/** An even share of the grid, 0 to 1, each cell with a seed of its own. */
export function cells(share: number, seed: number): Cell[] {
  return Array.from({ length: Math.round(share * gridSize) }, (_, i) => {
    const place = (i * step) % gridSize
    return { ...grid[place]!, seed: Math.imul(seed, 1_000_003) + place }
  })
}

export type Row = {
  readonly fp: number
  readonly fpHealthy: number
  readonly frames: number
  readonly bytes: number
  readonly firstMs: readonly number[]
}

export function playRow(of: Configuration, share: number, repeats: number, seed: number): Row {
  const tuning = configurations[of]
  const row = { fp: 0, fpHealthy: 0, frames: 0, bytes: 0, firstMs: [] as number[] }
  for (const cell of cells(share, seed)) {
    const found = playInterval(cell, tuning)
    row.fp += found.fp
    row.fpHealthy += found.fpHealthy
    row.frames += found.frames
    row.bytes += found.bytes
  }
  for (const cell of thresholdCells(repeats, seed)) {
    row.firstMs.push(...playThreshold(cell, tuning))
  }
  return row
}

function thresholdCells(repeats: number, seed: number): Cell[] {
  return Array.from({ length: repeats }, (_, repeat) =>
    counts.flatMap(frozen =>
      [16_384, 32_768].map(durationMs => ({
        ...{ frozen, durationMs, gapMs: 0, seed: Math.imul(seed + repeat, 1_000_003) + frozen + durationMs },
      })),
    ),
  ).flat()
}

export type Figures = {
  fpPercent: number
  fpHealthyPercent: number
  firstDetectMedianMs: number
  swimFirstDetectMedianMs: number
  messagesPercent: number
}

/** Percent are of the plain SWIM of the same run. */
export function figuresOf(row: Row, swim: Row): Figures {
  return {
    fpPercent: (100 * row.fp) / swim.fp,
    fpHealthyPercent: (100 * row.fpHealthy) / swim.fpHealthy,
    firstDetectMedianMs: quantile(row.firstMs, 0.5),
    swimFirstDetectMedianMs: quantile(swim.firstMs, 0.5),
    messagesPercent: (100 * row.frames) / swim.frames,
  }
}
