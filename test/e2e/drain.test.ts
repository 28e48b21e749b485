// An edge that is told to stop under load: the network forgets it at once, whoever still comes is served, what is under
// way finishes, and a second word makes it quick. One that is killed takes only its own readers with it.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Word } from '../../cli/devnet/word.ts'
import type { NetworkEdge } from '../../cli/network.ts'
import {
  type Devnet,
  type Place,
  projectRoot,
  type Ran,
  ran,
  reservePlace,
  startDevnet,
  until,
} from './devnet.ts'
import { edgeView, fetchSite, publish } from './reader.ts'
import { curlArgs, digShort, toolsMissing } from './tools.ts'

/** More than the kernel takes off an edge's hands at once. */
const fileBytes = 12_000_000
const [leaveMs, drainMs] = [2000, 20_000]

describe('an edge that goes', { skip: toolsMissing() }, () => {
  let place: Place
  let devnet: Devnet
  let edges: readonly NetworkEdge[]
  let leaver: NetworkEdge
  let child: ChildProcess
  const others = (): NetworkEdge[] => edges.filter(edge => edge !== leaver)

  before(async () => {
    place = await reservePlace()
    devnet = await startDevnet(place)
    edges = (await devnet.network()).edges
    leaver = edges.at(-1)!
    const folder = join(place.folder, 'site')
    await mkdir(folder)
    await writeFile(join(folder, 'large.bin'), randomBytes(fileBytes))
    await publish(join(place.folder, '.inxt'), folder, 'large')
    process.kill(leaver.pid, 'SIGTERM')
    await forgotten()
  })
  after(async () => {
    child?.kill('SIGKILL')
    await devnet?.stop()
    await place?.remove()
  })

  const named = async (edge: NetworkEdge): Promise<boolean> =>
    (await digShort(edge.address, edge.dnsPort, 'large.inxt')).includes(leaver.address)
  const forgotten = (): Promise<true> =>
    until('no other names it', 5000, async () =>
      (await Promise.all(others().map(named))).includes(true) ? undefined : true,
    )

  /** The same edge as an operator would run it, with time to leave; until the others name it. */
  async function start(leaveMs: number): Promise<void> {
    const folder = join(place.folder, '.inxt', `edge-${leaver.number}`)
    const words = ['edge', '--preset', 'devnet', '--data', folder, '--config', join(folder, 'edge.json')]
    words.push('--set', `edge.leaveMs=${leaveMs}`, '--set', `http.drainMs=${drainMs}`)
    const door = join(projectRoot, 'cli', 'inxt.mjs')
    child = await until('the old one has given up its folder', 20_000, async () => {
      const started = spawn(process.execPath, [door, ...words], {
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      })
      const [word] = await Promise.race([once(started, 'message'), once(started, 'exit')])
      return typeof word === 'object' && word !== null && 'ready' in (word as Word) ? started : undefined
    })
    await until('the others name it', 30_000, async () =>
      (await Promise.all(others().map(named))).includes(false) ? undefined : true,
    )
  }

  /** `count` downloads at once through one edge, each of about eight seconds; curl's words of each. */
  function downloads(edge: NetworkEdge, count: number): Promise<Ran> {
    const words = ['-Z', '--parallel-immediate', '--parallel-max', `${count}`, '--limit-rate', '1500k']
    words.push('-o', '/dev/null', '-w', '%{http_code} %{size_download}\\n')
    return ran('curl', curlArgs(edge, 'large.inxt', `/large.bin?[1-${count}]`, ...words))
  }
  const whole = ({ code, stdout, stderr }: Ran, count: number): void => {
    assert.equal(code, 0, stderr)
    assert.deepEqual(
      stdout.trim().split('\n'),
      Array.from({ length: count }, () => `200 ${fileBytes}`),
    )
  }
  const begun = async (edge: NetworkEdge, count: number): Promise<true> => {
    const before = (await edgeView(edge)).counts['http.requests'] ?? 0
    return until(`${count} downloads have begun`, 10_000, async () =>
      ((await edgeView(edge)).counts['http.requests'] ?? 0) >= before + count ? true : undefined,
    )
  }

  test('leaves DNS at once, serves who still comes, finishes a hundred downloads, and ends with 0', async t => {
    await start(leaveMs)
    const count = 100
    const beginning = begun(leaver, count)
    const running = downloads(leaver, count)
    await beginning
    const gone = once(child, 'exit')
    const toldAt = performance.now()
    child.kill('SIGTERM')
    await forgotten()
    const forgottenMs = performance.now() - toldAt
    const late = await fetchSite(leaver, 'large.inxt', '/large.bin')
    assert.equal(late.body.length, fileBytes, 'who has an older answer is served')
    const failed: string[] = []
    while (child.exitCode === null) {
      const [address] = await digShort(others()[0]!.address, leaver.dnsPort, 'large.inxt')
      const got = await fetchSite({ address: address!, httpPort: leaver.httpPort }, 'welcome.inxt', '/')
      if (got.status !== 200) failed.push(`${address}: ${got.status}`)
    }
    const [code] = await gone
    const goneMs = performance.now() - toldAt
    assert.deepEqual(failed, [], 'who asks DNS now sees nothing of it')
    assert.equal(code, 0)
    whole(await running, count)
    assert(goneMs >= leaveMs && goneMs < leaveMs + drainMs, `${goneMs} ms`)
    t.diagnostic(`forgotten after ${Math.round(forgottenMs)} ms, gone after ${Math.round(goneMs)}`)
  })

  test('a second signal makes it quick', async () => {
    await start(60_000)
    const gone = once(child, 'exit')
    child.kill('SIGTERM')
    await forgotten()
    assert.equal(child.exitCode, null, 'it still serves')
    child.kill('SIGTERM')
    const late = AbortSignal.timeout(10_000)
    assert.equal((await Promise.race([gone, once(late, 'abort')]))[0], 0)
  })

  test('one that is killed takes nobody else’s downloads with it', async () => {
    const [reader, victim] = edges as [NetworkEdge, NetworkEdge]
    const beginning = begun(reader, 20)
    const running = downloads(reader, 20)
    await beginning
    process.kill(victim.pid, 'SIGKILL')
    whole(await running, 20)
  })
})
