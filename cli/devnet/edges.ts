// The edges of a devnet as child processes: their configuration, their start, their end.
//
// Each is `inxt edge` with a folder of its own, as an operator would run it. The IPC channel carries one message,
// "ready" or the fault that prevented it; when the channel closes because the parent died, the edge stops by itself.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { open } from 'node:fs/promises'
import { flushCompileCache } from 'node:module'
import { join } from 'node:path'
import { Fault } from '../../base/fault.ts'
import { delay } from '../../base/io/clock.ts'
import type { EdgePlan } from './plan.ts'
import type { Word } from './word.ts'

export interface RunningEdge {
  readonly plan: EdgePlan
  readonly pid: number
  /** Resolves with what ended it: `SIGKILL`, `code 1`. */
  readonly ended: Promise<string>
  stop(): Promise<void>
}

const door = join(import.meta.dirname, '..', 'inxt.mjs')
/**
 * V8's young generation may grow to three parts of 16 MiB that an idle edge never gives back. With parts of 4 MiB
 * it is a quarter smaller (`npm run bench -- loadtests/edge`) and answers a request with 6 % more work; with 2 MiB it
 * would be 15 %.
 */
const diet = ['--max-semi-space-size=4']
/** With an arena for each of its dozen threads, glibc keeps 4 MiB more of what they freed. */
const thrift = { MALLOC_ARENA_MAX: '2' }
const startDeadlineMs = 30_000
const stopDeadlineMs = 10_000

let prepared: Promise<void> | undefined

/**
 * An edge whose files were never stripped and compiled does so itself, and keeps the 20 MiB of the stripper for as long
 * as it lives. So they are all loaded here once, and what came of it is written to where the edges look.
 */
async function prepareEdges(): Promise<void> {
  await Promise.all([import('../commands/edge.ts'), import('../../registry-contract/io/operator.ts')])
  flushCompileCache()
}

export interface Surroundings {
  readonly preset?: 'devnet' | 'internet'
  /** Words before the command, for an edge in a place of its own: `['ip', 'netns', 'exec', name]`. */
  readonly inside?: readonly string[]
}

/** Resolves when the edge serves. Throws the Fault that the edge met; nothing is left running then. */
export async function startEdge(plan: EdgePlan, surroundings: Surroundings = {}): Promise<RunningEdge> {
  const { preset = 'devnet', inside = [] } = surroundings
  await (prepared ??= prepareEdges())
  const log = await open(plan.logFile, 'a')
  const edge = [door, 'edge', '--preset', preset, '--data', plan.folder, '--config', plan.configFile]
  const [program, ...words] = [...inside, process.execPath, ...diet, ...edge]
  const child = spawn(program!, words, {
    stdio: ['ignore', log.fd, log.fd, 'ipc'],
    detached: true,
    env: { ...thrift, ...process.env },
  })
  await log.close()
  const ended = once(child, 'exit').then(([code, signal]) => (signal as string | null) ?? `code ${code}`)
  try {
    await readiness(child, plan, ended)
  } catch (error) {
    child.kill('SIGKILL')
    await ended
    throw error
  }
  return { plan, pid: child.pid!, ended, stop: () => stop(child, ended) }
}

async function readiness(child: ChildProcess, plan: EdgePlan, ended: Promise<string>): Promise<void> {
  const over = new AbortController()
  const word = await Promise.race([
    once(child, 'message').then(([word]) => word as Word),
    ended.then(how => `ended with ${how}`),
    delay(startDeadlineMs, over.signal).then(() => `is not up after ${startDeadlineMs / 1000} s`),
  ])
  over.abort()
  if (typeof word === 'string') {
    throw new Fault('net/unreachable', `edge ${plan.number} ${word}`, {
      hint: `Its log says why: ${plan.logFile}`,
    })
  }
  if ('fault' in word) throw new Fault(word.fault.code, `edge ${plan.number}: ${word.fault.what}`, word.fault)
}

async function stop(child: ChildProcess, ended: Promise<string>): Promise<void> {
  child.kill('SIGTERM')
  const over = new AbortController()
  const late = await Promise.race([
    ended.then(() => false),
    delay(stopDeadlineMs, over.signal).then(() => true),
  ])
  over.abort()
  if (late) child.kill('SIGKILL')
  await ended
}
