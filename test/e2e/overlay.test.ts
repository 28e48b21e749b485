// The overlay for real: twelve edges as far apart as twelve cities, with a packet in a hundred lost, whose coordinates
// settle, who are cut in two and healed, and of whom a third is killed at once.
//
// What must survive is what the network knows: which edges hold which site, asked of every edge.

import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { delay } from '../../base/io/clock.ts'
import {
  askEdge,
  type EdgeStatus,
  type HoldersAnswer,
  holdersPath,
  statusPath,
} from '../../cli/edge-interface.ts'
import type { NetworkEdge } from '../../cli/network.ts'
import { publishFolder } from '../../cli/publish/publish.ts'
import { quiet } from '../../cli/terminal.ts'
import { type Bed, bedMissing, openBed } from '../bed/bed.ts'
import { bedRtts } from '../bed/matrix.ts'
import { type BedNetwork, openBedNetwork } from '../bed/network.ts'
import { until } from './devnet.ts'

const size = 12
const lostShare = 0.01
const { rtts } = bedRtts(size)
const publishers = 4
const sitesEach = 5
/** Edges that hold a site by duty: the default of `content.replicas`. */
const homes = 3
/** From the start of the last edge. */
const settledMs = 60_000
const errorMax = 0.15
const cutMs = 60_000

/** What `/inxt/status` says of distances. */
interface Foreseen {
  readonly address: string
  readonly members: readonly { readonly host: string; readonly rttMs?: { readonly predicted: number } }[]
}

const statusOf = (edge: NetworkEdge): Promise<EdgeStatus> => askEdge(edge, statusPath, { timeoutMs: 5000 })

/** Addresses of the edges that `edge` finds holding `root`. */
async function holdersAt(edge: NetworkEdge, root: string): Promise<ReadonlySet<string>> {
  const { holders } = await askEdge<HoldersAnswer>(edge, `${holdersPath}/${root}`, { timeoutMs: 5000 })
  return new Set(holders.map(({ address }) => address))
}

/** Resolves when every edge of `edges` sees exactly `addresses` alive, itself among them. */
async function meeting(
  edges: readonly NetworkEdge[],
  addresses: readonly string[],
  deadlineMs: number,
): Promise<void> {
  const wanted = [...addresses].sort().join()
  await until(`each of ${edges.length} edges sees ${addresses.length}`, deadlineMs, async () => {
    const seen = await Promise.all(edges.map(statusOf))
    const alive = seen.map(({ members }) => members.filter(({ standing }) => standing === 'alive'))
    return alive.every(
      some =>
        some
          .map(({ host }) => host)
          .sort()
          .join() === wanted,
    )
      ? true
      : undefined
  })
}

describe('the overlay on machines that are apart', { skip: bedMissing() }, () => {
  const stack = new AsyncDisposableStack()
  let bed: Bed
  let network: BedNetwork
  let startedAt: number
  /** By root: who held it before anything failed. */
  const holders = new Map<string, ReadonlySet<string>>()

  /** Resolves when every edge finds, for every root, at least those that held it and are among `living`. */
  const finding = (
    edges: readonly NetworkEdge[],
    living: ReadonlySet<string>,
    deadlineMs: number,
  ): Promise<boolean> =>
    until('every edge finds every holder', deadlineMs, async () => {
      for (const edge of edges) {
        const missing = await Promise.all(
          [...holders].map(async ([root, held]) => {
            const found = await holdersAt(edge, root)
            return [...held].filter(address => living.has(address) && !found.has(address))
          }),
        )
        const count = missing.flat().length
        if (count > 0) throw new Error(`${edge.address} misses ${count} records`)
      }
      return true
    })
  const addresses = (edges: readonly NetworkEdge[]): string[] => edges.map(({ address }) => address)

  before(async () => {
    bed = await openBed(rtts)
    stack.defer(() => bed.close())
    await bed.lose(lostShare)
    network = await openBedNetwork(bed, size, stack)
    startedAt = performance.now()
  })
  after(() => stack.disposeAsync())

  test('every edge meets every other', () => meeting(network.edges, addresses(network.edges), 30_000))

  test('sites are published, and every edge finds their holders', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'inxt-sites-'))
    stack.defer(() => rm(folder, { recursive: true, force: true }))
    const publishing = network.walletFiles.slice(0, publishers).map(async (walletFile, publisher) => {
      for (let i = 0; i < sitesEach; i++) {
        const name = `site-${publisher}-${i}`
        const site = join(folder, name)
        await mkdir(site)
        await writeFile(join(site, 'index.html'), `<h1>${name}</h1>`)
        const request = {
          folder: site,
          name,
          network: { ...network, walletFile },
          hidden: false,
          deadlineMs: 30_000,
        }
        const { root } = await publishFolder(request, quiet)
        holders.set(root, new Set())
      }
    })
    await Promise.all(publishing)
    for (const root of holders.keys()) {
      const found = await until(`${root} is held by its homes`, 20_000, async () => {
        const found = await holdersAt(network.edges[0]!, root)
        return found.size >= homes ? found : undefined
      })
      holders.set(root, found)
    }
    await finding(network.edges, new Set(addresses(network.edges)), 10_000)
  })

  test('within a minute the round trip of a pair is predicted to 15 %, in the median', async () => {
    const rows = new Map(network.edges.map(({ address, number }) => [address, rtts[number - 1]!]))
    const numbers = new Map(network.edges.map(({ address, number }) => [address, number]))
    let median = Number.NaN
    const predicting = until(
      'the median error is below .15',
      settledMs - (performance.now() - startedAt),
      async () => {
        const seen = (await Promise.all(network.edges.map(statusOf))) as unknown as Foreseen[]
        const errors = seen.flatMap(({ address, members }) =>
          members.flatMap(({ host, rttMs }) => {
            if (host === address) return []
            const trueMs = rows.get(address)![numbers.get(host)! - 1]!
            return [rttMs === undefined ? 1 : Math.abs(rttMs.predicted - trueMs) / trueMs]
          }),
        )
        median = errors.sort((a, b) => a - b)[errors.length >> 1]!
        if (errors.length < size * (size - 1)) throw new Error(`only ${errors.length} pairs`)
        if (median >= errorMax) throw new Error(`it is ${median.toFixed(3)}`)
        return true
      },
    )
    await predicting
  })

  test('cut in two for a minute, it loses no record', async t => {
    const [four, eight] = [network.edges.slice(0, 4), network.edges.slice(4)]
    const healsAt = performance.now() + cutMs
    await bed.partition([four.map(({ number }) => number)])
    await Promise.all([meeting(four, addresses(four), cutMs), meeting(eight, addresses(eight), cutMs)])
    await delay(healsAt - performance.now())
    await bed.heal()
    const healedAt = performance.now()
    await meeting(network.edges, addresses(network.edges), 60_000)
    t.diagnostic(`all met again after ${Math.round(performance.now() - healedAt)} ms`)
    await finding(network.edges, new Set(addresses(network.edges)), 30_000)
    t.diagnostic(`all records found after ${Math.round(performance.now() - healedAt)} ms`)
  })

  test('when a third is killed at once, what the others hold is found within ten seconds', async t => {
    const victims = expendable(network.edges, [...holders.values()])
    const survivors = network.edges.filter(edge => !victims.includes(edge))
    for (const { pid } of victims) process.kill(pid, 'SIGKILL')
    const killedAt = performance.now()
    await finding(survivors, new Set(addresses(survivors)), 10_000)
    t.diagnostic(`all records found after ${Math.round(performance.now() - killedAt)} ms`)
  })
})

/** A third of the edges, such that every site keeps a holder: bytes that nobody has are not the overlay's to find. */
function expendable(edges: readonly NetworkEdge[], held: readonly ReadonlySet<string>[]): NetworkEdge[] {
  const victims: NetworkEdge[] = []
  for (const edge of edges) {
    const gone = new Set([...victims, edge].map(({ address }) => address))
    if (victims.length < edges.length / 3 && held.every(holders => holders.difference(gone).size > 0))
      victims.push(edge)
  }
  assert.equal(victims.length, edges.length / 3)
  return victims
}
