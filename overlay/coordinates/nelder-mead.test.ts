import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { seededRandom } from '../../base/random.ts'
import { type Cost, NelderMead } from './nelder-mead.ts'

describe('Nelder–Mead', () => {
  const bowl: Cost = x => x.reduce((sum, value, i) => sum + (value - i) ** 2, 1)
  const kinked: Cost = x => x.reduce((sum, value, i) => sum + Math.abs(value - i), 1)
  /** Rosenbrock's valley, with its floor at (1, 1). */
  const valley: Cost = ([x = 0, y = 0]) => (1 - x) ** 2 + 100 * (y - x * x) ** 2 + 0.001
  const rows: [name: string, cost: Cost, variables: number, lowest: number][] = [
    ['a bowl', bowl, 3, 1],
    ['a bowl of five variables', bowl, 5, 1],
    ['a kink', kinked, 3, 1],
    ['a curved valley', valley, 2, 0.001],
  ]
  for (const [name, cost, variables, lowest] of rows)
    test(`finds the bottom of ${name}`, () => {
      const start = new Array<number>(variables).fill(-2)
      const best = new NelderMead(variables).minimise(cost, start, 1, 400, seededRandom(1))
      assert(cost(best) < lowest * 1.01, `${cost(best)}`)
    })

  test('never ends worse than it began, and stops after its steps', () => {
    const simplex = new NelderMead(2)
    let calls = 0
    const counted: Cost = x => {
      calls++
      return valley(x)
    }
    const best = simplex.minimise(counted, [-1.2, 1], 0.5, 3, seededRandom(2))
    assert(valley(best) <= valley([-1.2, 1]))
    assert(calls <= 3 + 3 * 4, `${calls} evaluations`) // the first corners, then at most a shrink a step
  })

  test('keeps out of where the cost is infinite', () => {
    const walled: Cost = ([x = 0]) => (x < 0 ? Number.POSITIVE_INFINITY : x + 1)
    const [x = -1] = new NelderMead(1).minimise(walled, [5], 10, 200, seededRandom(3))
    assert(x >= 0 && x < 0.01, `${x}`)
  })
})
