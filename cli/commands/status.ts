// `inxt status`: what every edge sees, asked of each of them, and how one of them sees all others.

import { sizeText } from '../../base/bytes.ts'
import { Fault } from '../../base/fault.ts'
import { askEdge, type EdgeStatus, statusPath } from '../edge-interface.ts'
import { type NetworkEdge, readNetwork } from '../network.ts'
import { createTerminal, durationText, type Terminal } from '../terminal.ts'

interface StatusOptions {
  data: string
  json: boolean
  /** Whose view of the members is shown; the first that answers without it. */
  edge?: string
}

interface Seen {
  readonly edge: NetworkEdge
  /** Undefined: it did not answer. */
  readonly status: EdgeStatus | undefined
}

/** Fault config/invalid for an edge that there is not. */
export async function status(options: StatusOptions): Promise<void> {
  const network = await readNetwork(options.data)
  const seen = await Promise.all(
    network.edges.map(async edge => ({
      edge,
      status: await askEdge<EdgeStatus>(edge, statusPath, { timeoutMs: 3000 }).catch(() => undefined),
    })),
  )
  const chosen = chooseEdge(seen, options.edge)
  if (options.json) {
    const edges = seen.map(({ edge, status }) => ({
      ...edge,
      reachable: status !== undefined,
      members: [],
      ...status,
    }))
    process.stdout.write(`${JSON.stringify({ rpc: network.rpc, edges }, null, 2)}\n`)
    return
  }
  const terminal = createTerminal()
  terminal.line()
  printEdges(terminal, seen)
  terminal.line(`\n  the chain is at ${network.rpc}`)
  if (chosen === undefined) terminal.line('  No edge answers: `npm start` starts the devnet.')
  if (chosen?.status) printMembers(terminal, chosen.edge, chosen.status)
  printProblems(terminal, seen, 'domains', ({ domains }) =>
    domains.problems.map(({ domain, site, what }) => `${domain}${site === '' ? '' : ` (${site})`} ${what}`),
  )
  printProblems(terminal, seen, 'zones', ({ zones }) =>
    zones.problems.map(({ site, what }) => `${site}: ${what}`),
  )
  printProblems(terminal, seen, 'certificates', ({ certificates }) =>
    certificates.problems.map(({ host, what }) => `${host}: ${what}`),
  )
  printLetters(terminal, seen)
  terminal.line()
}

const lettersMax = 20

function chooseEdge(seen: readonly Seen[], wanted: string | undefined): Seen | undefined {
  if (wanted === undefined) return seen.find(({ status }) => status !== undefined)
  const chosen = seen.find(({ edge }) => `${edge.number}` === wanted || edge.address === wanted)
  if (chosen) return chosen
  throw new Fault('config/invalid', `--edge ${wanted}: there is no such edge`, {
    hint: `There are ${seen.map(({ edge }) => edge.number).join(', ')}.`,
  })
}

function printEdges(terminal: Terminal, seen: readonly Seen[]): void {
  const head = ['edge', 'address', 'state', 'sees', 'block', 'names', 'sites', 'blocks', 'path', 'references']
  terminal.table(
    [...head, 'keys', 'frames/s', 'memory', 'up'],
    seen.map(({ edge, status }) => {
      const number = `${edge.number}`
      if (status === undefined) {
        const state = isRunning(edge.pid) ? `no answer from process ${edge.pid}` : 'not running'
        return [number, edge.address, terminal.paint('red', state)]
      }
      const { address, ipv6, content, chain, frames, grid } = status
      return [
        number,
        ipv6 ? `${address}, ${ipv6}` : address,
        // It answers, but DNS leads nobody to it: it left the Roll, or flaps.
        status.serving.includes(address)
          ? terminal.paint('green', 'serving')
          : terminal.paint('yellow', 'up, not named'),
        `${status.serving.length} of ${seen.length}`,
        chain.healthy ? `${chain.height}` : terminal.paint('yellow', `${chain.height} (chain silent)`),
        `${status.names}`,
        `${content.holds.length}`,
        `${content.blocks} (${sizeText(content.bytes)})`,
        grid.path === '' ? 'all' : grid.path,
        // Replicas of the own path stand behind the references to each of its levels.
        [...grid.references, grid.replicas === 1 ? '1 replica' : `${grid.replicas} replicas`].join(', '),
        `${grid.records.records}`,
        `${frames.sentPerS} out, ${frames.receivedPerS} in`,
        sizeText(status.memoryBytes),
        durationText(Date.now() - status.startedAt),
      ]
    }),
  )
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function printMembers(terminal: Terminal, edge: NetworkEdge, status: EdgeStatus): void {
  const misfit = `${Math.round(100 * status.coordinate.error)} %`
  const cluster = status.coordinate.cluster === '' ? '' : `, in cluster ${status.coordinate.cluster}`
  terminal.line()
  terminal.line(`  as edge ${edge.number} sees them (its coordinate is off by ${misfit}${cluster}):`)
  if (status.stretch > 1)
    terminal.line(
      terminal.paint('yellow', `  It doubts itself, and waits ${status.stretch} times as long as usual.`),
    )
  terminal.line()
  const ms = (value: number | null): string => (value === null ? '' : `${value.toFixed(1)} ms`)
  const colours = { alive: 'green', suspect: 'yellow', dead: 'red', left: 'dim' } as const
  terminal.table(
    ['member', 'address', 'standing', 'measured', 'predicted'],
    status.members.slice(1).map(({ peer, host, standing, isRouted, rttMs }) => {
      const colour = colours[standing as keyof typeof colours] ?? 'dim'
      return [
        peer.slice(-8),
        host,
        terminal.paint(colour, standing === 'alive' && !isRouted ? 'alive, flapping' : standing),
        ms(rttMs.measured),
        standing === 'alive' ? ms(rttMs.predicted) : '',
      ]
    }),
  )
}

/** Who was given the keys of which hosts, the last ones of all edges. */
function printLetters(terminal: Terminal, seen: readonly Seen[]): void {
  const numbers = new Map(seen.map(({ edge, status }) => [status?.peer, `edge ${edge.number}`]))
  const rows = seen
    .flatMap(({ edge, status }) =>
      (status?.certificates.letters ?? []).map(letter => ({ ...letter, from: edge.number })),
    )
    .sort((a, b) => b.at - a.at)
    .slice(0, lettersMax)
  if (rows.length === 0) return
  terminal.line('\n  keys of certificates that edges were given:\n')
  terminal.table(
    ['host', 'to', 'by', 'ago'],
    rows.map(({ host, peer, from, at }) => {
      const to = numbers.get(peer) ?? peer.slice(-8)
      return [host, to, `edge ${from}`, durationText(Date.now() - at)]
    }),
  )
}

/** Each problem once, with the edges that have it. */
function printProblems(
  terminal: Terminal,
  seen: readonly Seen[],
  of: string,
  problemsOf: (status: EdgeStatus) => readonly string[],
): void {
  const edgesWith = new Map<string, number[]>()
  for (const { edge, status } of seen) {
    for (const line of status === undefined ? [] : problemsOf(status))
      edgesWith.set(line, [...(edgesWith.get(line) ?? []), edge.number])
  }
  if (edgesWith.size === 0) return
  terminal.line(`\n  ${of} with which something is wrong:\n`)
  for (const [line, edges] of edgesWith) {
    const at = edges.length === seen.length ? '' : terminal.paint('dim', ` at edge ${edges.join(', ')}`)
    terminal.line(`  ${terminal.paint('yellow', line)}${at}`)
  }
}
