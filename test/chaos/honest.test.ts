import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { createHonesty } from './honest.ts'
import type { Published, ShakenEdge } from './network.ts'

test('a version without an honest holder is named, with what is wrong with each edge', async t => {
  const server = createServer((_, answer) => answer.end(JSON.stringify({ content: { holds: ['root-a'] } })))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const address = '127.0.0.1'
  // Nobody listens at port 1.
  const edge = (number: number, httpPort = port) => ({ number, address, httpPort }) as ShakenEdge
  const edges = [edge(1), edge(2), edge(3, 1), edge(4), edge(5)]
  const site = (name: string, ...roots: string[]) => {
    const replicas = roots.map(root => ({ root, blocks: [] }))
    return { name, replicas: () => replicas } as unknown as Published
  }
  const damaged = new Set<ShakenEdge>()
  const faults = new Map([[edges[3], 'freeze']])
  const honesty = createHonesty({
    edges,
    sites: [site('one', 'root-a'), site('two', 'root-a', 'root-b')],
    liars: [2],
    disks: { isSound: async (edge: ShakenEdge) => !damaged.has(edge) } as never,
    suffers: edge => faults.get(edge),
  })
  assert.deepEqual(await honesty.dependOn(edges[0]!), [
    'two root-b (2 lies, 3 does not answer, 4 freeze, 5 lacks it)',
  ])
  damaged.add(edges[4]!)
  honesty.returned(edges[0]!)
  assert.deepEqual(
    (await honesty.dependOn(edges[1]!))[0],
    'one root-a (1 is just back, 3 does not answer, 4 freeze, 5 has damaged blocks)',
  )
})
