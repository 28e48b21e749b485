// The figures of a run as text: tables for docs/chaos.md.

import type { Publications } from './publisher.ts'
import type { Figures } from './readers.ts'
import type { ChaosReport } from './run.ts'
import type { Sample } from './watch.ts'

/** What edges count that tells of faults and of their mending. */
const told = [
  'blocks.fetched',
  'blocks.given',
  'blocks.disk',
  'blocks.unkept',
  'content.lies',
  'fetch.failing',
  'fetch.lying',
  'fetch.lacking',
  'fetch.doubted',
  'steward.failed.content/missing',
  'steward.failed.store/full',
  'store.corrupt',
  'store.evicted',
  'store.unread',
  'store.unerased',
]

export function reportText({ plan, phases, havoc, watch, publications }: ChaosReport): string {
  const totals = watch.totals()
  const counted = Object.entries(havoc).sort(([a], [b]) => (a < b ? -1 : 1))
  return [
    `faults (edges ${plan.liars.join(' and ')} are the liars): ${list(counted)}`,
    '',
    '| | requests | failures | wrong bytes | MB | connections refused | moved | reopened | head p50 | p99 | max |',
    '|---|---|---|---|---|---|---|---|---|---|---|',
    ...Object.entries(phases).map(([name, figures]) => phaseRow(name, figures)),
    '',
    `requests while there were faults: ${list(Object.entries(phases.faults.byManner))}`,
    publicationsText(publications),
    '',
    '| edge | processes | MiB after a quarter | half | at the end | most |',
    '|---|---|---|---|---|---|',
    ...[...watch.samples].map(([number, samples]) => memoryRow(number, samples)),
    '',
    `counts of all edges: ${list(told.map(name => [name, totals[name] ?? 0]))}`,
  ].join('\n')
}

function list(entries: readonly (readonly [string, number])[]): string {
  return entries.map(([name, count]) => `${name} ${count}`).join(', ')
}

function phaseRow(name: string, figures: Figures): string {
  const { requests, failures, wrongBytes, bytes, vain, moved, reopened, headMs } = figures
  const at = (share: number): string => `${quantile(headMs, share).toFixed(1)} ms`
  const counts = [requests, failures.length, wrongBytes, Math.round(bytes / 1e6), vain, moved, reopened]
  return `| ${[name, ...counts, at(0.5), at(0.99), at(1)].join(' | ')} |`
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
}

function publicationsText({ changes, freshSites, failed, tookMs }: Publications): string {
  const times = [0.5, 1].map(share => `${(quantile(tookMs, share) / 1000).toFixed(1)} s`)
  const broken = list(Object.entries(failed)) || 'none'
  const took = `p50 ${times[0]}, max ${times[1]}`
  return `published: ${changes} versions, ${freshSites} new sites, ${took}; broke off: ${broken}`
}

function memoryRow(number: number, samples: readonly Sample[]): string {
  const endMs = samples.at(-1)?.atMs ?? 0
  const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(0)
  const at = (share: number): string =>
    mib(samples.find(({ atMs }) => atMs >= share * endMs)?.residentBytes ?? 0)
  const most = Math.max(0, ...samples.map(({ residentBytes }) => residentBytes))
  const processes = new Set(samples.map(({ pid }) => pid)).size
  return `| ${[number, processes, at(0.25), at(0.5), at(1), mib(most)].join(' | ')} |`
}
