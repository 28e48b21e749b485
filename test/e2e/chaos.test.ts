// A cut of `npm run chaos`: holders that die in mid-body and freeze, then some seconds of everything.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { type Published, type Replica, type ShakenEdge, suffix, viewOf } from '../chaos/network.ts'
import { type Ground, openGround, shake } from '../chaos/run.ts'
import type { SiteFile } from '../chaos/sites.ts'
import { until } from './devnet.ts'

const homes = 3

describe('chaos', () => {
  const stack = new AsyncDisposableStack()
  const said: string[] = []
  let ground: Ground

  before(async () => {
    const options = { edges: 6, sizeShare: 1, storeShare: 1.5, sites: ['film', 'reel', 'pages'] }
    ground = await openGround({ ...options, say: line => said.push(line) }, stack)
  })
  after(() => stack.disposeAsync())

  /** All that hold a site, its homes among them, and one that holds nothing of it. */
  async function parted(
    name: string,
  ): Promise<{ site: Published; holders: ShakenEdge[]; outsider: ShakenEdge }> {
    const site = ground.sites.find(site => site.name === name)!
    const [{ root }] = site.replicas() as [Replica]
    const { edges } = ground.network
    return until(`${homes} edges hold ${name}`, 20_000, async () => {
      const views = await Promise.all(edges.map(viewOf))
      const holds = views.map(({ content }) => content.holds.includes(root))
      const holders = edges.filter((_, i) => holds[i])
      const outsider = edges.find((_, i) => !holds[i])
      return holders.length >= homes && outsider !== undefined ? { site, holders, outsider } : undefined
    })
  }

  async function open(edge: ShakenEdge, { name }: Published, { path }: SiteFile): Promise<IncomingMessage> {
    const headers = { host: `${name}.${suffix}:${edge.httpPort}` }
    const asked = get({ host: edge.address, port: edge.httpPort, path: `/${path}`, headers, agent: false })
    const [response] = (await once(asked, 'response')) as [IncomingMessage]
    assert.equal(response.statusCode, 200)
    return response
  }

  test('holders are killed five times in mid-body of 64 MB through an edge that holds nothing', async () => {
    const { site, holders, outsider } = await parted('film')
    const file = site.files[0]!
    const given = async (edge: ShakenEdge): Promise<number> =>
      viewOf(edge).then(
        ({ counts }) => counts['blocks.given'] ?? 0,
        () => -1,
      )
    const restarts: Promise<void>[] = []
    let [bytes, kills] = [0, 0]
    const seen = new Map<ShakenEdge, number>()
    for await (const part of await open(outsider, site, file)) {
      assert(part.equals(file.bytes.subarray(bytes, bytes + part.length)), `wrong bytes after ${bytes}`)
      bytes += part.length
      if (kills === 5 || bytes < (kills + 1) * 10_000_000) continue
      // The one that gave most since it was last looked at; another must live.
      const living = await until('two holders live', 20_000, async () => {
        const counts = await Promise.all(holders.map(given))
        const living = holders
          .map((edge, i) => ({ edge, count: counts[i]! }))
          .filter(({ count }) => count >= 0)
        return living.length >= 2 ? living : undefined
      })
      const growth = ({ edge, count }: (typeof living)[number]): number => count - (seen.get(edge) ?? 0)
      const [{ edge: victim }] = living.sort((a, b) => growth(b) - growth(a)) as [(typeof living)[number]]
      for (const { edge, count } of living) seen.set(edge, count)
      await victim.kill()
      seen.set(victim, 0)
      restarts.push(victim.start())
      kills++
    }
    assert.deepEqual([bytes, kills], [file.bytes.length, 5])
    await Promise.all(restarts)
  })

  test('all holders are frozen but one', async () => {
    const { site, holders, outsider } = await parted('reel')
    const file = site.files[0]!
    const [living, ...frozen] = holders.reverse()
    assert(living !== undefined && frozen.length >= homes - 1)
    try {
      for (const edge of frozen) process.kill(edge.pid()!, 'SIGSTOP')
      let bytes = 0
      for await (const part of await open(outsider, site, file)) {
        assert(part.equals(file.bytes.subarray(bytes, bytes + part.length)), `wrong bytes after ${bytes}`)
        bytes += part.length
      }
      assert.equal(bytes, file.bytes.length)
    } finally {
      for (const edge of frozen) process.kill(edge.pid()!, 'SIGCONT')
    }
  })

  test('eight seconds of all faults: every reader is served', async () => {
    const options = {
      seed: 3,
      spanMs: 8000,
      peaceMs: 0,
      readers: 5,
      publishEveryMs: 2000,
      say: (line: string) => said.push(line),
    }
    const { phases, havoc, errors, publications } = await shake(ground, options)
    const { requests, failures, wrongBytes } = phases.faults
    assert.deepEqual([...failures, ...errors, ...ground.crashes], [])
    assert.equal(wrongBytes, 0)
    assert(requests > 30, `${requests} requests`)
    // One that breaks off because an edge is killed is tried again, if there is time.
    assert(publications.changes + Object.keys(publications.failed).length > 0, 'nothing was published')
    assert(
      Object.keys(havoc).some(what => !what.includes('left out')),
      said.join('\n'),
    )
  })
})
