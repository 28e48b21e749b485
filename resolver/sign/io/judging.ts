// Judging what strangers publish, on a thread of its own: it takes seconds for a large zone, and whoever answers DNS
// has none to spare.
//
// A thread for each judgement: it takes some 100 ms to start and nothing while there is nothing to judge, and what a
// hostile zone makes of its memory or time ends with it. There are two lines, of one thread each. In the quick one a
// zone has seconds; what takes longer begins anew in the slow one, where only its like wait for it. So nobody holds up
// the zones of all others by one that is made to take long.

import { Worker } from 'node:worker_threads'
import type { Judgement, PublishedFiles } from '../publication.ts'

export interface Patience {
  /** It took long before: to the slow line at once. */
  readonly isSlow: boolean
  /** Told when it goes to the slow line. */
  onSlow(): void
}

/** Never rejects. */
export type Judge = (files: PublishedFiles, nowS: number, patience?: Patience) => Promise<Judgement>

export interface Lines {
  readonly quickMs: number
  readonly slowMs: number
  /** Waiting in the slow line, each with its files: 4 MiB at most (zones.bytesMax). */
  readonly slowMax: number
}

const memoryMb = 512
const usual: Lines = { quickMs: 5000, slowMs: 60_000, slowMax: 8 }
const patient: Patience = { isSlow: false, onSlow: () => {} }

/** `signal` ends the judgements under way. */
export function createJudge(signal: AbortSignal, { quickMs, slowMs, slowMax }: Lines = usual): Judge {
  const [quick, slow] = [createLine(), createLine()]
  return async (files, nowS, { isSlow, onSlow } = patient) => {
    const within = (ms: number) => () => judgeApart({ files, nowS }, ms, signal)
    const judgement = isSlow ? undefined : await quick.join(within(quickMs))
    if (judgement !== undefined) return judgement
    if (slow.length() >= slowMax) return tooSlow('too many that take long wait to be judged')
    onSlow()
    return (await slow.join(within(slowMs))) ?? tooSlow(`not judged within ${slowMs / 1000} s`)
  }
}

function tooSlow(why: string): Judgement {
  return { refusal: 'too slow', why }
}

/** One after the other. */
function createLine() {
  let last: Promise<unknown> = Promise.resolve()
  let length = 0
  return {
    join<T>(task: () => Promise<T>): Promise<T> {
      length++
      const next = last.then(task).finally(() => length--)
      last = next
      return next
    },
    length: (): number => length,
  }
}

/** Undefined when it takes longer. */
function judgeApart(
  workerData: { readonly files: PublishedFiles; readonly nowS: number },
  patienceMs: number,
  signal: AbortSignal,
): Promise<Judgement | undefined> {
  if (signal.aborted) return Promise.resolve({ refusal: 'broken', why: 'nobody waits for its judgement' })
  return new Promise(resolve => {
    const worker = new Worker(new URL('./judge-thread.ts', import.meta.url), {
      workerData,
      resourceLimits: { maxOldGenerationSizeMb: memoryMb },
    })
    const end = (judgement: Judgement | undefined): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
      resolve(judgement)
      void worker.terminate()
    }
    const stop = (): void => end({ refusal: 'broken', why: 'nobody waits for its judgement' })
    const timer = setTimeout(end, patienceMs, undefined)
    signal.addEventListener('abort', stop)
    worker.once('message', end)
    worker.once('error', error => end({ refusal: 'broken', why: `could not be judged: ${error.message}` }))
    worker.once('exit', () => end({ refusal: 'broken', why: 'its judgement broke off' }))
  })
}
