// Many edges, each with blocks of its own, that reach each other by calls instead of sockets: what does a cold site
// cost the one machine that has it?

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { CID } from 'multiformats/cid'
import { Fault } from '../base/fault.ts'
import { rendezvous } from '../base/hash.ts'
import { delay, realClock } from '../base/io/clock.ts'
import { createMeter } from '../base/meter.ts'
import { type Blocks, createBlocks } from './blocks.ts'
import type { Wish } from './fetch.ts'
import type { Holder } from './holders.ts'
import { formatCid } from './identifier.ts'
import { createMemoryStore } from './memory.ts'
import { readFile } from './reader.ts'
import { gather, grow, noise, type Specimen } from './specimen.ts'

const replicas = 3

type Edge = { readonly id: string; readonly blocks: Blocks; isDown: boolean }

/** `count` edges around a source that has `specimen`; `homesOf` is how an edge sees the order of homes. */
function town(
  { root, get }: Specimen,
  count: number,
  homesOf: (self: string, all: readonly string[]) => readonly string[] = (_, all) => all,
) {
  const asked = new Map<string, number>()
  const edges = new Map<string, Edge>()
  const holderOf = (id: string): Holder => ({ id, host: '127.0.0.1', port: 1 })
  const ids = Array.from({ length: count }, (_, i) => `edge ${i}`)
  const homes = rendezvous(formatCid(root), ids, replicas)

  const answer = async (to: Holder, { cid, root, signal }: Wish): Promise<Uint8Array> => {
    await delay(2, signal)
    if (to.id === 'source') {
      asked.set(formatCid(cid), (asked.get(formatCid(cid)) ?? 0) + 1)
      return get(cid)
    }
    const edge = edges.get(to.id)!
    if (edge.isDown) throw new Fault('net/unreachable', 'down')
    const bytes = to.fetches
      ? await edge.blocks.get(cid, { root, signal, isRelayed: true })
      : await edge.blocks.local(cid)
    if (bytes === undefined) throw new Fault('content/missing', 'not here')
    return bytes
  }

  const open = (id: string): Edge => {
    const mine = homesOf(id, homes)
    const rank = mine.indexOf(id)
    const before = (rank < 0 ? mine : mine.slice(0, rank)).map(holderOf)
    const blocks = createBlocks({
      holders: { find: async () => [holderOf('source')], homes: () => before },
      gateway: { get: answer },
      ...{ clock: realClock, meter: createMeter(), store: createMemoryStore({ bytesMax: 10_000_000 }) },
      ...{ memoryBytesMax: 10_000_000, askedMax: 3, hedgeMs: 2000, roundsMax: 2, pauseMs: 1 },
      ...{ patienceMs: 5000, askedPerHolderMax: 8, freshMs: 5000, lieOutMs: 60_000, coldBelow: replicas },
    })
    return { id, blocks, isDown: false }
  }
  for (const id of ids) edges.set(id, open(id))
  return { root, ids, homes, edges, asked }
}

type Town = ReturnType<typeof town>

async function readAll(
  { root, edges }: Town,
  ids: readonly string[],
  clients: number,
): Promise<Uint8Array[]> {
  const reads = Array.from({ length: clients }, (_, i) => {
    const { blocks } = edges.get(ids[i % ids.length]!)!
    const get = (cid: CID, signal: AbortSignal) => blocks.get(cid, { root, signal })
    return gather(readFile({ get, cid: root }))
  })
  return Promise.all(reads)
}

describe('homes', () => {
  const bytes = noise(1, 8000)

  test('a thousand clients at five edges cost the source one fetch of each block', async () => {
    const all = town(await grow(bytes), 12)
    const outside = all.ids.filter(id => !all.homes.includes(id))
    for (const ids of [outside.slice(0, 5), [...all.homes, ...outside.slice(5, 7)]]) {
      for (const body of await readAll(all, ids, 1000)) assert.equal(Buffer.compare(body, bytes), 0)
    }
    assert.ok(all.asked.size > 8)
    assert.deepEqual(new Set(all.asked.values()), new Set([1]))
  })

  test('when the first home is down, the second takes its place', async () => {
    const all = town(await grow(bytes), 12)
    all.edges.get(all.homes[0]!)!.isDown = true
    const others = all.ids.filter(id => id !== all.homes[0])
    for (const body of await readAll(all, others.slice(0, 5), 100))
      assert.equal(Buffer.compare(body, bytes), 0)
    assert.ok(Math.max(...all.asked.values()) <= replicas - 1, `${Math.max(...all.asked.values())}`)
  })

  test('edges that disagree who is home send nobody in circles', async () => {
    // Each believes that all others come before it.
    const circle = (self: string, all: readonly string[]) => [...all.filter(id => id !== self), self]
    const all = town(await grow(bytes), 3, circle)
    for (const body of await readAll(all, all.ids, 30)) assert.equal(Buffer.compare(body, bytes), 0)
    assert.ok(Math.max(...all.asked.values()) <= replicas)
  })
})
