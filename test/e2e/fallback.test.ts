// Whatever fails, readers are served: a holder dies in mid-body, an edge dies under load.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { NetworkEdge } from '../../cli/network.ts'
import { type Devnet, type Place, ran, reservePlace, startDevnet, until } from './devnet.ts'
import { edgeView, fetchSite, insiderAndOutsider, publish, sha256 } from './reader.ts'
import { curlArgs, digShort, toolsMissing } from './tools.ts'

describe('fallback', { skip: toolsMissing() }, () => {
  let place: Place
  let devnet: Devnet
  let data: string
  const killed = new Set<string>()

  before(async () => {
    place = await reservePlace()
    data = join(place.folder, '.inxt')
    devnet = await startDevnet(place)
  })
  after(async () => {
    await devnet?.stop()
    await place?.remove()
  })

  async function living(): Promise<NetworkEdge[]> {
    return (await devnet.network()).edges.filter(({ address }) => !killed.has(address))
  }

  function kill(edge: NetworkEdge): void {
    killed.add(edge.address)
    process.kill(edge.pid, 'SIGKILL')
  }

  const blocksSent = async (edge: NetworkEdge): Promise<number> =>
    (await edgeView(edge)).counts['blocks.given'] ?? 0

  test('the holder dies while a client downloads 50 MB through an edge that is fetching it', async () => {
    const folder = join(place.folder, 'large')
    await mkdir(folder)
    const bytes = randomBytes(50_000_000)
    await writeFile(join(folder, 'large.bin'), bytes)
    const { root } = await publish(data, folder, 'large')
    const { holders, outsider } = await insiderAndOutsider(await devnet.network(), root)
    const sentBefore = await Promise.all(holders.map(blocksSent))
    const target = join(place.folder, 'downloaded.bin')
    const words = ['-o', target, '--limit-rate', '12M', '-w', '%{http_code} %{num_connects} %{size_download}']
    const download = ran('curl', curlArgs(outsider, 'large.inxt', '/large.bin', ...words))
    await until('a tenth has arrived', 20_000, async () => {
      const size = (await stat(target).catch(() => undefined))?.size ?? 0
      return size > 5_000_000 ? true : undefined
    })
    const sent = (await Promise.all(holders.map(blocksSent))).map((count, i) => count - sentBefore[i]!)
    const blocksInAll = Math.ceil(bytes.length / (256 * 1024))
    const fetched = sent.reduce((sum, count) => sum + count, 0)
    assert(fetched > 10 && fetched < 0.8 * blocksInAll, `the fetch is not under way: ${sent}`)
    const victim = holders[sent.indexOf(Math.max(...sent))]!
    kill(victim)
    const { code, stdout, stderr } = await download
    assert.equal(code, 0, stderr)
    assert.equal(stdout, '200 1 50000000')
    assert.equal(sha256(await readFile(target)), sha256(bytes))
    const others = holders.filter(({ address }) => address !== victim.address)
    const later = await Promise.all(others.map(blocksSent))
    const before = others.map(other => sentBefore[holders.indexOf(other)]! + sent[holders.indexOf(other)]!)
    assert(
      later.some((count, i) => count > before[i]!),
      `another holder took over: ${before} → ${later}`,
    )
  })

  test('an edge dies under 200 requests a second: DNS forgets it, and no reader sees a failure', async () => {
    const edges = await living()
    const expected = (await fetchSite(edges[0]!, 'welcome.inxt', '/')).body
    const [dnsEdge, victim] = edges as [NetworkEdge, NetworkEdge]
    await until('DNS names the victim', 10_000, async () =>
      (await digShort(dnsEdge.address, dnsEdge.dnsPort, 'welcome.inxt')).includes(victim.address)
        ? true
        : undefined,
    )
    const failed: string[] = []
    let retried = 0
    /** A client as browsers are: resolves, then tries the addresses of the answer one after the other. */
    const visit = async (turn: number): Promise<void> => {
      const answer = named.length > 0 ? named : edges.map(({ address }) => address)
      const order = answer.map((_, i) => answer[(i + turn) % answer.length]!)
      for (const address of order) {
        try {
          const got = await fetchSite({ address, httpPort: dnsEdge.httpPort }, 'welcome.inxt', '/')
          if (got.status === 200 && got.body.equals(expected)) return
          failed.push(`${address}: status ${got.status}`)
          return
        } catch {
          retried++
        }
      }
      failed.push(`none of ${order}`)
    }
    let named = await digShort(dnsEdge.address, dnsEdge.dnsPort, 'welcome.inxt')
    const startedAt = performance.now()
    let killedAt = 0
    let forgottenMs = Number.POSITIVE_INFINITY
    let sent = 0
    const running: Promise<void>[] = []
    await until('ten seconds of load', 20_000, async () => {
      const elapsedMs = performance.now() - startedAt
      while (sent < elapsedMs / 5) running.push(visit(sent++))
      if (killedAt === 0 && elapsedMs > 2000) {
        kill(victim)
        killedAt = performance.now()
      }
      if (killedAt > 0 && forgottenMs === Number.POSITIVE_INFINITY) {
        const answers = await Promise.all(
          edges
            .filter(edge => edge !== victim)
            .map(edge => digShort(edge.address, edge.dnsPort, 'welcome.inxt')),
        )
        named = answers[0]!
        if (answers.every(answer => !answer.includes(victim.address)))
          forgottenMs = performance.now() - killedAt
      }
      return elapsedMs > 10_000 ? true : undefined
    })
    await Promise.all(running)
    assert.deepEqual(failed, [])
    assert(sent >= 2000, `${sent} requests`)
    assert(retried > 0, 'the victim was never asked after its death: the test shows nothing')
    assert(forgottenMs < 5000, `forgotten after ${forgottenMs} ms`)
  })
})
