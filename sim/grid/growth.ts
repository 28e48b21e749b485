// The machines themselves: a forest grows out of nothing, records are stored, a third of it is killed at once.
//
// Real structure machines through the real codec (see `forest.ts`), devnet tuning, 5 to 10 ms one way. Lost is a record
// that nobody has who answers for it; a level is empty when its peer knows nobody of the other side. A minute of churn
// follows.

import { integerBelow } from '../../base/random.ts'
import { devnetGridTuning } from '../../overlay/grid/structure-options.ts'
import type { Record } from '../../overlay/records/record.ts'
import { mean } from '../scenario.ts'
import { Forest } from './forest.ts'
import type { Section } from './section.ts'

const copies = 3
const deltaMax = 150
const churnMs = 60_000

export const growth: Section = {
  name: 'growth',
  story: 'Machines start at once, divide as records come, and a third of them is killed at one moment.',
  play(seed, size) {
    const { machines, records } =
      size === 'small' ? { machines: 30, records: 400 } : { machines: 120, records: 2400 }
    const forest = new Forest({ seed, size: machines, tuning: { ...devnetGridTuning, deltaMax } })
    for (const tree of forest.trees) forest.start(tree)
    forest.run(5000)
    const unplaced = forest.running().filter(({ machine }) => !machine.isPlaced()).length
    const all = Array.from({ length: records }, (_, i) => recordOf(i, forest.trees[0]!.id))
    for (const record of all) forest.store(record, copies)
    forest.run(60_000)
    const paths = new Set(forest.running().map(({ machine }) => machine.self().path))
    const sizes = [...paths].map(path => forest.running().filter(t => t.machine.self().path === path).length)
    const lostBefore = lost(forest, all)
    const frames = forest.trees.reduce((sum, tree) => sum + tree.sentFrames, 0)
    const doomed = forest.running().filter((_, i) => i % 3 === seed % 3)
    for (const tree of doomed) forest.kill(tree)
    const healedMs = forest.runUntil(() => lost(forest, all) === 0 && emptyLevels(forest) === 0, 10_000, 500)
    forest.run(15_000)
    const [lostAfter, emptyAfter] = [lost(forest, all), emptyLevels(forest)]
    const churn = churned(forest, all)
    return {
      figures: [
        { name: 'machines without a place after 5 s', value: unplaced, min: 0, max: 0 },
        { name: 'partitions', value: paths.size, min: 2, max: machines / 5 },
        { name: 'least peers of a partition', value: Math.min(...sizes), min: 3, max: machines },
        { name: 'mean peers of a partition', value: mean(sizes), min: 5, max: 20 },
        { name: 'records lost while dividing', value: lostBefore, min: 0, max: 0 },
        { name: 'frames per machine in a minute', value: frames / machines, min: 0, max: 600 },
        { name: 'seconds until all is reachable after the loss', value: healedMs / 1000, min: 0, max: 10 },
        { name: 'records lost', value: lostAfter, min: 0, max: 0 },
        { name: 'levels without a live reference', value: emptyAfter, min: 0, max: 0 },
        { name: 'records out of reach in churn, %', value: churn.worstPercent, min: 0, max: 0.5 },
        { name: 'records lost after it', value: churn.lost, min: 0, max: 0 },
      ],
    }
  },
}

export function recordOf(i: number, publisher: string): Record {
  const keys = [
    `holder/${i}`,
    `name/inxt/site${i}`,
    `client/4/${((i * 7919) % 65536).toString(2).padStart(16, '0')}`,
    `peer/${i}`,
  ]
  const signature = new Uint8Array(64)
  new DataView(signature.buffer).setUint32(0, i + 1)
  return { key: keys[i % 4]!, value: new Uint8Array(16), publisher, sequence: 1, expiresAt: 2e14, signature }
}

/** 10 % of the machines a minute leave for 30 s and come back with what is on their disk, one in four with nothing. */
function churned(forest: Forest, records: readonly Record[]): { worstPercent: number; lost: number } {
  const stepMs = 60_000 / (0.1 * forest.running().length)
  let worst = 0
  for (const endAt = forest.now + churnMs; forest.now < endAt; forest.run(stepMs)) {
    const running = forest.running()
    const tree = running[integerBelow(forest.random, running.length)]!
    forest.kill(tree)
    if (integerBelow(forest.random, 4) === 0) tree.leaf.keepOnly('2')
    forest.at(forest.now + 30_000, () => forest.start(tree))
    worst = Math.max(worst, lost(forest, records))
  }
  forest.run(35_000)
  return { worstPercent: (100 * worst) / records.length, lost: lost(forest, records) }
}

function lost(forest: Forest, records: readonly Record[]): number {
  return records.filter(({ key }) => !forest.homesOf(key).some(({ leaf }) => leaf.get(key).length > 0)).length
}

function emptyLevels(forest: Forest): number {
  return forest.running().reduce((sum, { machine }) => {
    const live = (level: number) =>
      machine
        .references(level)
        .some(({ peer }) => forest.trees.some(tree => tree.id === peer && tree.isRunning))
    return sum + [...machine.self().path].filter((_, i) => !live(i + 1)).length
  }, 0)
}
