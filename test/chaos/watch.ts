// What the edges themselves tell during a run: memory, and counts of what was dropped and fetched again.
//
// Memory is VmRSS from /proc, as a stranger reads it. Counts begin at 0 in each process, so the last ones of a process
// that was killed are added to what follows.

import { readFile } from 'node:fs/promises'
import { delay } from '../../base/io/clock.ts'
import { type ShakenEdge, viewOf } from './network.ts'

export interface Sample {
  /** Of the run. */
  readonly atMs: number
  readonly pid: number
  readonly residentBytes: number
}

export interface Watch {
  /** By number of the edge. */
  readonly samples: ReadonlyMap<number, readonly Sample[]>
  /** Of all edges together, over all their processes. */
  totals(): Readonly<Record<string, number>>
}

const everyMs = 2000

/** Until the signal. */
export function watchEdges(edges: readonly ShakenEdge[], signal: AbortSignal): Watch {
  const startedAt = performance.now()
  const samples = new Map<number, Sample[]>(edges.map(({ number }) => [number, []]))
  const counts = new Map<string, Readonly<Record<string, number>>>()
  const look = async (edge: ShakenEdge): Promise<void> => {
    const pid = edge.pid()
    if (pid === undefined) return
    const residentBytes = await residentOf(pid)
    if (residentBytes === undefined) return
    samples.get(edge.number)!.push({ atMs: performance.now() - startedAt, pid, residentBytes })
    const view = await viewOf(edge).catch(() => undefined)
    if (view !== undefined) counts.set(`${edge.number} ${pid}`, view.counts)
  }
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      await Promise.all(edges.map(look))
      await delay(everyMs, signal)
    }
  }
  void run()
  return {
    samples,
    totals() {
      const sums: Record<string, number> = {}
      for (const part of counts.values())
        for (const [name, count] of Object.entries(part)) sums[name] = (sums[name] ?? 0) + count
      return sums
    },
  }
}

async function residentOf(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const kib = /^VmRSS:\s+(\d+)/m.exec(status)?.[1]
  return kib === undefined ? undefined : 1024 * Number(kib)
}
