// Content over real distances: edges in network namespaces with the round trips of cities, and a reader beside one that
// has never seen the site. What he waits for his first byte is compared with the way to the nearest holder.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { askEdge, type HoldersAnswer, holdersPath } from '../../cli/edge-interface.ts'
import type { NetworkEdge } from '../../cli/network.ts'
import { publishFolder } from '../../cli/publish/publish.ts'
import { quiet } from '../../cli/terminal.ts'
import { type Bed, bedMissing, openBed } from '../bed/bed.ts'
import { bedRtts } from '../bed/matrix.ts'
import { type BedNetwork, openBedNetwork } from '../bed/network.ts'
import { until } from './devnet.ts'
import { edgeView } from './reader.ts'

const run = promisify(execFile)
const size = 6
const { rtts } = bedRtts(size)
/** Edges that hold a site by duty: the default of `content.replicas`. */
const homes = 3
/**
 * By name: bytes of the page of a site. What TCP sends in the first flight (RFC 6928), in three flights, in five, and
 * more than comes in one stream.
 */
const pages = { small: 10_000, middle: 100_000, block: 256 * 1024, large: 3_000_000 }
/** It shows every edge what is coming: what a process does for the first time it does slowly. */
const rehearsal = { name: 'first', bytes: 10_000 }
/** Turns of warming, four edges each: by the second all distances are known, in the third all is wide. */
const warmedMin = 3 * 4
/** Each new root is looked up twice. */
const prefetchedMin = 2 * (Object.keys(pages).length + 1)

interface Visit {
  readonly page: string
  readonly text: string
  readonly isLate: boolean
}

/** Ms that threads of these processes were ready to run and another's turn it was, so far (proc(5), schedstat). */
function queuedMs(pids: readonly number[]): number {
  const threads = pids.flatMap(pid => readdirSync(`/proc/${pid}/task`).map(id => `/proc/${pid}/task/${id}`))
  const ns = threads.map(path => Number(readFileSync(`${path}/schedstat`, 'utf8').split(' ')[1]))
  return ns.reduce((sum, one) => sum + one, 0) / 1e6
}

describe('content on machines that are apart', { skip: bedMissing() }, () => {
  const stack = new AsyncDisposableStack()
  let bed: Bed
  let network: BedNetwork
  /** By name: its root, and its holders' addresses. */
  const sites = new Map<string, { readonly root: string; readonly held: readonly string[] }>()

  let publishing = 0
  async function publish(folder: string, name: string, bytes: number): Promise<void> {
    const walletFile = network.walletFiles[publishing++]!
    const site = join(folder, name)
    await mkdir(site)
    await writeFile(join(site, 'page.html'), randomBytes(bytes))
    await writeFile(join(site, 'other.html'), randomBytes(1000))
    const request = { folder: site, name, hidden: false, deadlineMs: 60_000 }
    const { root } = await publishFolder({ ...request, network: { ...network, walletFile } }, quiet)
    const found = await until(`${name} is held by its homes`, 20_000, async () => {
      const edge = network.edges[0]!
      const answer = await askEdge<HoldersAnswer>(edge, `${holdersPath}/${root}`, { timeoutMs: 5000 })
      return answer.holders.length >= homes ? answer.holders.map(({ address }) => address) : undefined
    })
    sites.set(name, { root, held: found })
  }

  /** Ms until the first byte of an answer, seen from the machine of the edge itself. */
  async function firstByteMs(edge: NetworkEdge, name: string, path: string): Promise<number> {
    const host = `${name}.${network.suffix}:${edge.httpPort}`
    const times = '%{time_starttransfer} %{time_pretransfer}'
    // A range, so that what the machine does afterwards does not count.
    const curl = ['curl', '-sS', '--fail', '--range', '0-0', '-o', '/dev/null', '-w', times]
    const [program, ...words] = [...bed.inside(edge.number), ...curl]
    const to = ['--resolve', `${host}:${edge.address}`, `http://${host}/${path}`]
    const { stdout } = await run(program!, [...words, ...to])
    const [first, asked] = stdout.split(' ').map(Number) as [number, number]
    return 1000 * (first - asked)
  }

  /** Undefined when the edge has become one of the homes meanwhile. */
  async function visit(edge: NetworkEdge, page: string): Promise<Visit | undefined> {
    const { root, held } = sites.get(page)!
    const rttTo = ({ number }: NetworkEdge): number => rtts[edge.number - 1]![number - 1]!
    const holders = network.edges.filter(({ address }) => held.includes(address))
    const nearest = holders.reduce((a, b) => (rttTo(b) < rttTo(a) ? b : a))
    const before = await edgeView(edge)
    if (before.holds.includes(root)) return undefined
    const onTheWay = [edge.pid, nearest.pid, bed.relayPid]
    const queuedBefore = queuedMs(onTheWay)
    const ms = await firstByteMs(edge, page, 'page.html')
    const busyMs = queuedMs(onTheWay) - queuedBefore
    const { counts } = await edgeView(edge)
    assert.ok(counts['fetch.heads']! > (before.counts['fetch.heads'] ?? 0))
    const figures = [ms, rttTo(nearest), busyMs].map(figure => figure.toFixed(0))
    const text = `${page} at edge ${edge.number}: ${figures[0]} ms, nearest ${figures[1]} ms, queued ${figures[2]} ms`
    return { page, text, isLate: ms > 1.3 * rttTo(nearest) + 20 + busyMs }
  }

  before(async () => {
    bed = await openBed(rtts)
    stack.defer(() => bed.close())
    network = await openBedNetwork(bed, size, stack)
    const folder = await mkdtemp(join(tmpdir(), 'inxt-sites-'))
    stack.defer(() => rm(folder, { recursive: true, force: true }))
    const all = [...Object.entries(pages), [rehearsal.name, rehearsal.bytes] as const]
    await Promise.all(all.map(([name, bytes]) => publish(folder, name, bytes)))
    await until('every edge has prepared itself', 60_000, async () => {
      const views = await Promise.all(network.edges.map(edgeView))
      const isReady = ({ counts }: (typeof views)[number]): boolean =>
        (counts['content.warmed'] ?? 0) >= warmedMin && (counts['content.prefetched'] ?? 0) >= prefetchedMin
      return views.every(isReady) || undefined
    })
  })
  after(() => stack.disposeAsync())

  test('the first byte of any page comes within 1.3 round trips to the nearest holder and 20 ms', async t => {
    for (const edge of network.edges) await firstByteMs(edge, rehearsal.name, 'other.html')
    const visits: Visit[] = []
    for (const page of Object.keys(pages)) {
      for (const edge of network.edges) {
        const made = sites.get(page)!.held.includes(edge.address) ? undefined : await visit(edge, page)
        if (made === undefined) continue
        visits.push(made)
        t.diagnostic(made.text)
      }
    }
    // An edge that found the nearest holder slow while all were publishing goes past it for half a minute at most.
    const late = visits.filter(({ isLate }) => isLate)
    assert.ok(late.length <= visits.length / 4, late.map(({ text }) => text).join('; '))
    for (const page of Object.keys(pages))
      assert.ok(
        visits.some(one => one.page === page && !one.isLate),
        page,
      )
  })
})
