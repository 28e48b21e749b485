import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { wideTuning } from '../../overlay/coordinates/options.ts'
import { Community } from './community.ts'
import { type Matrix, parseMatrix, syntheticMatrix } from './matrix.ts'
import { amongLiars, coldStart, smallNetwork, steadiness, systems } from './stories.ts'

const folder = join(import.meta.dirname, '../../../shared/data/latency')
const skip = existsSync(folder) ? false : 'the measured matrices are not at hand'
const read = (file: string): Matrix => parseMatrix(file, readFileSync(join(folder, file), 'utf8'))
const first = (matrix: Matrix, count: number): Matrix => matrix.part([...Array(count).keys()])

describe('coordinates on measured matrices', { skip }, () => {
  test('PCoord needs half the samples of Vivaldi, and both overlays together are best on near links', () => {
    const matrix = first(read('planetlab490_median.csv'), 100)
    const [vivaldi, pharos, pcoord, product] = (['vivaldi', 'pharos', 'pcoord', 'pharosPcoord'] as const).map(
      name => systems[name](matrix, 1),
    )
    assert.equal(vivaldi!.samples, 1000)
    assert(pharos!.samples > 1000 && pcoord!.samples === 512 && product!.samples <= 512)
    assert(pcoord!.median < 0.8 * vivaldi!.median, `${pcoord!.median} of ${vivaldi!.median}`)
    assert(product!.median < 0.063, `${product!.median}`)
    assert(product!.p90 < 0.32 && product!.hit20 > 0.49, `${product!.p90} ${product!.hit20}`)
    assert(product!.short < 0.7 * vivaldi!.short, `${product!.short} of ${vivaldi!.short}`)
  })

  test('from nothing: under .11 after 10 updates of 10 references', () => {
    const { median, samples } = coldStart(first(read('planetlab490_median.csv'), 200), 1)
    assert(samples === 100 && median <= 0.11, `${median}`)
  })

  for (const kind of ['random', 'repulsion'] as const)
    test(`a fifth of ${kind} liars leaves honest pairs under .11`, () => {
      const { median } = amongLiars(first(read('wonder242_min.csv'), 60), 1, kind, 0.2)
      assert(median <= 0.11, `${median}`)
    })

  for (const [file, count] of [
    ['aws21.csv', 5],
    ['aws21.csv', 12],
    ['wonder242_min.csv', 12],
  ] as const)
    test(`${count} peers of ${file} are under .15 after 60 s at a probe each 400 ms`, () => {
      const { median, samples } = smallNetwork(read(file), 1, count)
      assert(samples === 150 && median < 0.15, `${median}`)
    })

  test('both filters keep a coordinate steadier, and it is nearer to the truth', () => {
    const matrix = first(read('planetlab490_median.csv'), 30)
    const off = steadiness(matrix, 1, { latencyWindow: 1, updateShare: 1 }, 300)
    const on = steadiness(matrix, 1, { latencyWindow: 4, updateShare: 0.5 }, 300)
    assert(on.movementMsPerS < 0.6 * off.movementMsPerS, `${on.movementMsPerS} of ${off.movementMsPerS}`)
    assert(on.median < 0.8 * off.median, `${on.median} of ${off.median}`)
  })
})

describe('coordinates on any matrix', () => {
  const odd: [what: string, matrix: Matrix][] = [
    ['five peers', syntheticMatrix(5, 1)],
    ['every round trip the same', parseMatrix('flat', `${'30,30,30,30,30,30\n'.repeat(6)}`)],
    ['nobody measured anybody', parseMatrix('blank', ',,,,\n'.repeat(5))],
    ['one peer alone', parseMatrix('alone', '0,9,9,9,\n9,0,9,9,\n9,9,0,9,\n9,9,9,0,\n,,,,0\n')],
  ]
  for (const [what, matrix] of odd)
    test(`every system comes to an end: ${what}`, () => {
      for (const system of Object.values(systems)) {
        const { median, samples } = system(matrix, 1)
        assert(samples <= 2100 && !(median > 1), `${median}`)
      }
    })

  test('the same seed gives the same coordinates', () => {
    const play = (): string => {
      const community = new Community({
        ...{ matrix: syntheticMatrix(20, 1), seed: 5, tuning: wideTuning, periodMs: 1000 },
      })
      community.run(40)
      return community.nodes.map(node => Buffer.from(node.own()).toString('hex')).join()
    }
    assert.equal(play(), play())
  })
})
