// Nelder–Mead: the lowest point of a function of a few variables, from its values alone (Computer Journal 7, 1965).
//
// A simplex of n + 1 points tumbles downhill: its worst corner is reflected through the others, stretched when that
// pays, pulled in when it does not. It needs no derivative, and so does not mind the kinks of an L1 loss. All buffers
// are made once, so that a fit leaves nothing to collect. Rejected: gradient descent with a step size to tune.

import type { Random } from '../../base/random.ts'

export type Cost = (x: readonly number[]) => number

export class NelderMead {
  readonly #corners: number[][]
  readonly #costs: number[]
  readonly #centre: number[]
  readonly #reflected: number[]
  readonly #tried: number[]

  constructor(variables: number) {
    const zeros = (length: number): number[] => new Array<number>(length).fill(0)
    this.#corners = Array.from({ length: variables + 1 }, () => zeros(variables))
    this.#costs = zeros(variables + 1)
    this.#centre = zeros(variables)
    this.#reflected = zeros(variables)
    this.#tried = zeros(variables)
  }

  /** The best corner found; valid until the next call. `size` is the first simplex's edge; its directions are
   *  chance's. */
  minimise(
    cost: Cost,
    start: readonly number[],
    size: number,
    stepsMax: number,
    random: Random,
  ): readonly number[] {
    const corners = this.#corners
    const costs = this.#costs
    for (let i = 0; i < corners.length; i++) {
      const corner = corners[i]!
      assign(corner, start)
      if (i > 0) corner[i - 1]! += random.next() < 0.5 ? size : -size
      costs[i] = cost(corner)
    }
    for (let step = 0; step < stepsMax; step++) {
      const [best, second, worst] = this.#rank()
      // A ten-thousandth of the cost is far below what the measurements are worth.
      if (costs[worst]! - costs[best]! <= 1e-4 * costs[best]!) break
      this.#tumble(cost, best, second, worst)
    }
    return corners[this.#rank()[0]]!
  }

  /** The indexes of the best, the second worst and the worst corner. */
  #rank(): [best: number, second: number, worst: number] {
    const costs = this.#costs
    let best = 0
    let worst = 0
    for (let i = 1; i < costs.length; i++) {
      if (costs[i]! < costs[best]!) best = i
      if (costs[i]! > costs[worst]!) worst = i
    }
    let second = best
    for (let i = 0; i < costs.length; i++) if (i !== worst && costs[i]! > costs[second]!) second = i
    return [best, second, worst]
  }

  #tumble(cost: Cost, best: number, second: number, worst: number): void {
    const costs = this.#costs
    this.#findCentre(worst)
    const reflected = this.#along(worst, -1, this.#reflected)
    const costReflected = cost(reflected)
    if (costReflected < costs[best]!) {
      const stretched = this.#along(worst, -2, this.#tried)
      const costStretched = cost(stretched)
      if (costStretched < costReflected) this.#replace(worst, stretched, costStretched)
      else this.#replace(worst, reflected, costReflected)
    } else if (costReflected < costs[second]!) this.#replace(worst, reflected, costReflected)
    else {
      const pulled = this.#along(worst, costReflected < costs[worst]! ? -0.5 : 0.5, this.#tried)
      const costPulled = cost(pulled)
      if (costPulled < Math.min(costReflected, costs[worst]!)) this.#replace(worst, pulled, costPulled)
      else this.#shrink(cost, best)
    }
  }

  #findCentre(worst: number): void {
    const centre = this.#centre.fill(0)
    for (let i = 0; i <= centre.length; i++)
      if (i !== worst)
        for (let d = 0; d < centre.length; d++) centre[d]! += this.#corners[i]![d]! / centre.length
  }

  /** `into` becomes the point at `factor` times the way from the centre to the worst corner. */
  #along(worst: number, factor: number, into: number[]): number[] {
    const centre = this.#centre
    const corner = this.#corners[worst]!
    for (let d = 0; d < into.length; d++) into[d] = centre[d]! + factor * (corner[d]! - centre[d]!)
    return into
  }

  #replace(worst: number, point: readonly number[], cost: number): void {
    assign(this.#corners[worst]!, point)
    this.#costs[worst] = cost
  }

  #shrink(cost: Cost, best: number): void {
    const target = this.#corners[best]!
    for (let i = 0; i < this.#corners.length; i++) {
      if (i === best) continue
      const corner = this.#corners[i]!
      for (let d = 0; d < corner.length; d++) corner[d] = (corner[d]! + target[d]!) / 2
      this.#costs[i] = cost(corner)
    }
  }
}

function assign(to: number[], from: readonly number[]): void {
  for (let d = 0; d < to.length; d++) to[d] = from[d]!
}
