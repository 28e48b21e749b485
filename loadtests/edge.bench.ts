// What an idle edge costs: resident memory, and the share of a core over twenty seconds, of every edge of a devnet
// that has published its welcome site and been left alone. `npm run bench -- loadtests/edge`, `--json` for one object.
//
// Read from /proc, as a stranger would: memory is VmRSS, of which the part that is shared with other processes (the
// binary of Node) is told beside it, because twelve edges on one machine pay for it once.

import { readFileSync } from 'node:fs'
import { delay } from '../base/io/clock.ts'
import { type Devnet, onDevnet } from './devnet.ts'

/** A start leaves work behind: records are placed, sites fetched, code compiled, garbage not yet collected. */
const restMs = 20_000
const spanMs = 20_000
/** USER_HZ, which Linux fixes at 100 for what /proc tells. */
const ticksPerSecond = 100
const mib = 1024 * 1024

const isJson = process.argv.includes('--json')

interface Usage {
  readonly residentBytes: number
  readonly sharedBytes: number
  readonly cpuMs: number
}

function usageOf(pid: number): Usage {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const bytes = (field: string): number =>
    1024 * Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1])
  // Fields 14 and 15 of proc_pid_stat(5); the name before them is in parentheses and may hold anything.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')
  const ticks = Number(fields[11]) + Number(fields[12])
  return {
    residentBytes: bytes('VmRSS'),
    sharedBytes: bytes('RssFile'),
    cpuMs: (ticks * 1000) / ticksPerSecond,
  }
}

async function measure(network: Devnet): Promise<void> {
  await delay(restMs)
  const before = network.edges.map(({ pid }) => usageOf(pid))
  const startedAt = performance.now()
  await delay(spanMs)
  const elapsedMs = performance.now() - startedAt
  const edges = network.edges.map(({ address, pid }, i) => {
    const { residentBytes, sharedBytes, cpuMs } = usageOf(pid)
    const corePercent = (100 * (cpuMs - before[i]!.cpuMs)) / elapsedMs
    return { address, residentBytes, sharedBytes, corePercent }
  })
  if (isJson) return console.log(JSON.stringify({ edges }))
  for (const { address, residentBytes, sharedBytes, corePercent } of edges) {
    const memory = `${(residentBytes / mib).toFixed(0)} MiB resident, ${(sharedBytes / mib).toFixed(0)} of them shared`
    console.log(`  ${address}  ${memory}  ${corePercent.toFixed(2)} % of a core`)
  }
}

// Ports and a network number that no other devnet has by default.
const ports = ['--dns-port', '5390', '--http-port', '8090', '--overlay-port', '4091', '--chain-port', '8590']
await onDevnet(['--network', '77', ...ports], measure)
