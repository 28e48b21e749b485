import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, describe, test } from 'node:test'
import { ballast, ballastBytes, ballastCid } from '../ballast.ts'
import { blockOf } from '../block.ts'
import { formatCid, parseCid, rawCodec } from '../identifier.ts'
import { createGateway } from './gateway.ts'

const gateway = createGateway({ connectMs: 1000, idleMs: 2000, connectionsMax: 8 })
const servers: Server[] = []
after(() => {
  gateway.close()
  for (const server of servers) server.close().closeAllConnections()
})

/** A neighbour, what it was asked for, and over how many connections. */
async function neighbour(rttMs: number | undefined, hasBallast = true) {
  const asked: string[] = []
  const seen = { connections: 0 }
  const server = createServer(({ url }, response) => {
    const block = url!.split(/[/?]/)[2]!
    asked.push(block)
    const bytes = block === ballastCid ? ballast(parseCid(block)) : new Uint8Array()
    response.writeHead(block === ballastCid && !hasBallast ? 412 : 200).end(bytes)
  })
  server.on('connection', () => seen.connections++)
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { holder: { id: 'n', host: '127.0.0.1', port, ...(rttMs && { rttMs }) }, asked, seen }
}

const empty = 'bafkqaaa'

describe('a connection that is kept warm', () => {
  test('carries the ballast once, when the neighbour is far', async () => {
    const { holder, asked, seen } = await neighbour(40)
    for (let turn = 0; turn < 3; turn++) await gateway.warm(holder)
    assert.deepEqual(asked, [empty, ballastCid, empty, empty])
    assert.equal(seen.connections, 1)
  })

  test('is not widened to a neighbour that is near, or nobody knows where', async () => {
    for (const rttMs of [1, undefined]) {
      const { holder, asked } = await neighbour(rttMs)
      await gateway.warm(holder)
      assert.deepEqual(asked, [empty])
    }
  })

  test('to a neighbour without ballast, or to nobody, is no fault', async () => {
    const { holder } = await neighbour(40, false)
    await gateway.warm(holder)
    await gateway.warm({ ...holder, port: 1 })
  })

  test('the ballast is the block that it is called, and no other block is', () => {
    const zeros = new Uint8Array(ballastBytes)
    assert.equal(formatCid(blockOf(rawCodec, zeros).cid), ballastCid)
    assert.deepEqual(ballast(parseCid(ballastCid)), zeros)
    assert.equal(ballast(parseCid(empty)), undefined)
  })
})
