// Fuzzing by coverage: inputs that reach what none has reached are kept, and changed further.
//
// Inputs run in batches, and after each V8 is asked what ran for the first time. Only then the batch is halved until
// the inputs that did it are found; the longer nothing is new, the larger the batches, so that asking costs little in
// the long run. What comes out must be nothing or a Fault; all else is a finding, told once for each place and made
// small.

import { isFault } from '../../base/fault.ts'
import { integerBelow, type Random } from '../../base/random.ts'
import type { Block, Coverage } from './coverage.ts'
import { type Mutator, pick } from './mutators.ts'

/** What is fuzzed. Another suite adds one by the same four fields. */
export interface Target {
  readonly name: string
  readonly seeds: readonly Uint8Array[]
  readonly mutators: readonly Mutator[]
  /** May throw a Fault; anything else it throws, or to take longer than `runMsMax`, is a finding. */
  readonly run: (bytes: Uint8Array) => void
}

export interface Finding {
  readonly what: string
  readonly input: Uint8Array
}

export interface Outcome {
  readonly executions: number
  readonly corpus: readonly Uint8Array[]
  readonly findings: readonly Finding[]
}

export interface LoopOptions {
  readonly random: Random
  readonly coverage: Coverage
  /** Asked before each batch, with the inputs run so far. */
  readonly goesOn: (executions: number) => boolean
  /** Milliseconds, from anywhere. */
  readonly now: () => number
  /** Told of every finding at once. */
  readonly onFinding?: (finding: Finding) => void
}

const runMsMax = 250
const batchMax = 2048
const changesMax = 6
const findingsMax = 50

export function fuzz(target: Target, options: LoopOptions): Outcome {
  const { random, coverage, now } = options
  const corpus: Uint8Array[] = target.seeds.map(seed => new Uint8Array(seed))
  const findings = new Map<string, Finding>()
  let executions = 0
  const run = (inputs: readonly Uint8Array[]): void => {
    for (const input of inputs) {
      executions++
      const what = complaintOf(target, input, now)
      if (what === undefined || findings.has(what) || findings.size >= findingsMax) continue
      const finding = { what, input: smaller(input, other => complaintOf(target, other, now) === what) }
      findings.set(what, finding)
      options.onFinding?.(finding)
    }
  }
  /** Those of `inputs` that reach some of `blocks`, each of which one of them reached. */
  const reaching = (inputs: readonly Uint8Array[], blocks: readonly Block[]): Uint8Array[] => {
    if (blocks.length === 0) return []
    if (inputs.length === 1) return [...inputs]
    const [first, second] = [inputs.slice(0, inputs.length >> 1), inputs.slice(inputs.length >> 1)]
    run(first)
    const byFirst = coverage.again(blocks)
    const others = blocks.filter(block => !byFirst.includes(block))
    return [...reaching(first, byFirst), ...reaching(second, others)]
  }
  run(corpus)
  coverage.fresh()
  for (let size = 64; options.goesOn(executions); ) {
    const inputs = Array.from({ length: size }, () => changed(corpus, target.mutators, random))
    run(inputs)
    const blocks = coverage.fresh()
    corpus.push(...reaching(inputs, blocks))
    size = blocks.length > 0 ? 64 : Math.min(batchMax, 2 * size)
  }
  return { executions, corpus, findings: [...findings.values()] }
}

/** Half of the time one of the latest: what was just reached has neighbours that were not. */
function changed(corpus: readonly Uint8Array[], mutators: readonly Mutator[], random: Random): Uint8Array {
  const latest = Math.min(corpus.length, 32)
  const isLatest = random.next() < 0.5
  const at = isLatest ? corpus.length - 1 - integerBelow(random, latest) : integerBelow(random, corpus.length)
  let bytes = new Uint8Array(corpus[at]!)
  for (let left = 1 + integerBelow(random, changesMax); left > 0; left--) {
    bytes = new Uint8Array(pick(random, mutators)(bytes, random, pick(random, corpus)))
  }
  return bytes
}

/** What a run did that it may not, with the place in our code; undefined when all is well. */
function complaintOf(target: Target, input: Uint8Array, now: () => number): string | undefined {
  // A run that was slow because the machine was busy is quick when it is repeated.
  for (let tries = 3; tries > 0; tries--) {
    const startedAt = now()
    try {
      target.run(input)
    } catch (error) {
      return isFault(error) ? undefined : textOf(error)
    }
    if (now() - startedAt <= runMsMax) return undefined
  }
  return `took longer than ${runMsMax} ms`
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return `threw ${String(error)}`
  const place = /\/((?:base|resolver|edge|content|overlay|cli|test)\/[^\s)]+)/.exec(error.stack ?? '')?.[1]
  return `${error.name}: ${error.message.split('\n')[0]} at ${place}`
}

/** `input` without the octets that `isSame` does not need, by ever smaller pieces. */
function smaller(input: Uint8Array, isSame: (input: Uint8Array) => boolean): Uint8Array {
  let small = input
  for (let size = small.length >> 1; size > 0; size >>= 1) {
    for (let at = 0; at < small.length; ) {
      const shorter = new Uint8Array(Buffer.concat([small.subarray(0, at), small.subarray(at + size)]))
      if (isSame(shorter)) small = shorter
      else at += size
    }
  }
  return small
}
