// The thread of judging.ts: one publication in, one judgement out.

import { parentPort, workerData } from 'node:worker_threads'
import { judgePublication, type PublishedFiles } from '../publication.ts'

const { files, nowS } = workerData as { files: PublishedFiles; nowS: number }
parentPort?.postMessage(judgePublication(files, nowS))
