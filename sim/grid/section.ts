// A section of the grid's figures: one experiment, played on a seed at a size, beside what its paper has.
//
// Sections are not scenarios: they have sizes, and the four figures of `--json` are picked from several of them.

import type { Figure } from '../scenario.ts'

/** `small` is the cut that the unit tests play, `full` the paper's size. */
export type Size = 'small' | 'default' | 'full'

export type Headline = {
  exchangesPerPeer: number
  messagesPerSearch: number
  successPercent: number
  hopsMean: number
}

export type Section = {
  readonly name: string
  /** One sentence. */
  readonly story: string
  /** It gives some of the headline; the others are not played for `--json` alone. */
  readonly isHeadline?: true
  play(seed: number, size: Size): { figures: readonly Figure[]; headline?: Partial<Headline> }
}
