// A scenario: a named story that is played on a seed and comes back with figures, each within bounds or not.
//
// Figures are periods, frames and members, never wall time. `paper` says what the SWIM paper or a re-run of it has,
// so the table is read without looking anything up. A figure out of bounds names the line that replays it.

export type Figure = {
  readonly name: string
  readonly value: number
  readonly min: number
  readonly max: number
  readonly paper?: string
  /** A mean of chances: over several seeds it is the mean of all that has to keep the bounds. */
  readonly isMean?: true
}

export type Outcome = { readonly figures: readonly Figure[]; readonly hash: string }

export type Scenario = {
  readonly name: string
  /** One sentence. */
  readonly story: string
  play(seed: number): Outcome
}

function isWithin({ min, max }: Figure, value: number): boolean {
  return value >= min && value <= max // false for NaN
}

/** What is wrong, with the line that replays it; empty when all is well. A broken check counts as well. */
export function complaintsOf(
  scenario: Scenario,
  seed: number,
  isOneOfMany = false,
): { outcome?: Outcome; complaints: string[] } {
  const replay = `replay: npm run sim -- swim --scenario ${scenario.name} --seed ${seed}`
  try {
    const outcome = scenario.play(seed)
    const complaints = outcome.figures
      .filter(figure => !isWithin(figure, figure.value) && !(figure.isMean && isOneOfMany))
      .map(
        ({ name, value, min, max }) =>
          `${scenario.name}: ${name} is ${value}, not ${min} to ${max}; ${replay}`,
      )
    return { outcome, complaints }
  } catch (error) {
    return { complaints: [`${scenario.name}: ${(error as Error).message}; ${replay}`] }
  }
}

/** What is wrong with the means over several seeds. */
export function complaintsOfMeans(scenario: Scenario, outcomes: readonly Outcome[]): string[] {
  return (outcomes[0]?.figures ?? []).flatMap((figure, i) => {
    const value = mean(outcomes.map(outcome => outcome.figures[i]!.value))
    if (!figure.isMean || isWithin(figure, value)) return []
    return [`${scenario.name}: ${figure.name} is ${value} over all seeds, not ${figure.min} to ${figure.max}`]
  })
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** The value that `share` of all are at or below; `Infinity` of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.POSITIVE_INFINITY
}
