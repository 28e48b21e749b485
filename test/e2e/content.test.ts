// Content over real distances: edges in network namespaces with the round trips of cities, and a reader beside one that
// has never seen the site. What he waits for his first byte is compared with the way to the nearest holder.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
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
/** A byte goes out when its whole block is here, and TCP sends no more than 14 kB in the first flight (RFC 6928). */
const pageBytes = 10_000

describe('content on machines that are apart', { skip: bedMissing() }, () => {
  const stack = new AsyncDisposableStack()
  let bed: Bed
  let network: BedNetwork
  /** By name: its root, and its holders' addresses. */
  const sites = new Map<string, { readonly root: string; readonly held: readonly string[] }>()

  async function publish(folder: string, name: string): Promise<void> {
    const site = join(folder, name)
    await mkdir(site)
    await writeFile(join(site, 'page.html'), randomBytes(pageBytes))
    await writeFile(join(site, 'other.html'), randomBytes(pageBytes))
    const request = { folder: site, name, network, hidden: false, deadlineMs: 30_000 }
    const { root } = await publishFolder(request, quiet)
    const found = await until(`${name} is held by its homes`, 20_000, async () => {
      const edge = network.edges[0]!
      const answer = await askEdge<HoldersAnswer>(edge, `${holdersPath}/${root}`, { timeoutMs: 5000 })
      return answer.holders.length >= homes ? answer.holders.map(({ address }) => address) : undefined
    })
    sites.set(name, { root, held: found })
  }

  /** Ms until the first byte of an answer, seen from the machine of the edge itself. */
  async function firstByteMs(edge: NetworkEdge, name: string, path: string): Promise<number> {
    const host = `${name}.${network.suffix}`
    const curl = ['curl', '-sS', '--fail', '-o', '/dev/null', '-w', '%{time_starttransfer} %{time_connect}']
    const [program, ...words] = [...bed.inside(edge.number), ...curl]
    const to = [
      '--resolve',
      `${host}:${edge.httpPort}:${edge.address}`,
      `http://${host}:${edge.httpPort}/${path}`,
    ]
    const { stdout } = await run(program!, [...words, ...to])
    const [whole, connected] = stdout.split(' ').map(Number) as [number, number]
    return 1000 * (whole - connected)
  }

  before(async () => {
    bed = await openBed(rtts)
    stack.defer(() => bed.close())
    network = await openBedNetwork(bed, size, stack)
    const folder = await mkdtemp(join(tmpdir(), 'inxt-sites-'))
    stack.defer(() => rm(folder, { recursive: true, force: true }))
    for (const name of ['first', 'second', 'third']) await publish(folder, name)
    await until('every edge has prepared itself', 40_000, async () => {
      const views = await Promise.all(network.edges.map(edgeView))
      const isReady = ({ counts }: (typeof views)[number]): boolean =>
        (counts['content.warmed'] ?? 0) > 0 && (counts['content.prefetched'] ?? 0) >= 6
      return views.every(isReady) || undefined
    })
  })
  after(() => stack.disposeAsync())

  test('the first byte of a site that an edge has not comes by one stream from the nearest holder', async t => {
    // What a process does for the first time it does slowly: one site shows every edge what is coming.
    for (const edge of network.edges) await firstByteMs(edge, 'first', 'other.html')
    sites.delete('first')
    const within: string[] = []
    for (const [name, { root, held }] of sites) {
      const numbers = network.edges
        .filter(({ address }) => held.includes(address))
        .map(({ number }) => number)
      for (const edge of network.edges.filter(({ address }) => !held.includes(address))) {
        const rttMs = Math.min(...numbers.map(number => rtts[edge.number - 1]![number - 1]!))
        const before = await edgeView(edge)
        if (before.holds.includes(root)) continue // it has become one of the homes meanwhile
        const ms = await firstByteMs(edge, name, 'page.html')
        const { counts } = await edgeView(edge)
        assert.ok(counts['fetch.heads']! > (before.counts['fetch.heads'] ?? 0))
        const told = `${name} at edge ${edge.number}: ${ms.toFixed(0)} ms, nearest ${rttMs.toFixed(0)} ms`
        t.diagnostic(told)
        if (ms <= 1.3 * rttMs + 20) within.push(told)
      }
    }
    // How many keep to it says how busy this machine is; that none does would say that the way is longer.
    assert.ok(within.length > 0)
  })
})
