// Judging what strangers publish, on a thread of its own: it takes seconds for a large zone, and whoever answers DNS
// has none to spare.
//
// A thread for each judgement, one after the other: it takes some 100 ms to start and nothing while there is nothing
// to judge, and what a hostile zone makes of its memory or time ends with it.

import { Worker } from 'node:worker_threads'
import type { Judgement, PublishedFiles } from '../publication.ts'

export type Judge = (files: PublishedFiles, nowS: number) => Promise<Judgement>

const patienceMs = 60_000
const memoryMb = 512

/** Never rejects; judgements wait for each other. `signal` ends the one under way. */
export function createJudge(signal: AbortSignal): Judge {
  let last: Promise<unknown> = Promise.resolve()
  return (files, nowS) => {
    const next = last.then(() => judgeApart(files, nowS, signal))
    last = next
    return next
  }
}

function judgeApart(files: PublishedFiles, nowS: number, signal: AbortSignal): Promise<Judgement> {
  if (signal.aborted) return Promise.resolve({ refusal: 'broken', why: 'nobody waits for its judgement' })
  return new Promise(resolve => {
    const worker = new Worker(new URL('./judge-thread.ts', import.meta.url), {
      workerData: { files, nowS },
      resourceLimits: { maxOldGenerationSizeMb: memoryMb },
    })
    const end = (judgement: Judgement): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
      resolve(judgement)
      void worker.terminate()
    }
    const stop = (): void => end({ refusal: 'broken', why: 'nobody waits for its judgement' })
    const late = (): void => end({ refusal: 'too large', why: `not judged within ${patienceMs / 1000} s` })
    const timer = setTimeout(late, patienceMs)
    signal.addEventListener('abort', stop)
    worker.once('message', end)
    worker.once('error', error => end({ refusal: 'broken', why: `could not be judged: ${error.message}` }))
    worker.once('exit', () => end({ refusal: 'broken', why: 'its judgement broke off' }))
  })
}
