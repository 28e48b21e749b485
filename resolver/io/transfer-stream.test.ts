// Answers of several messages on real connections: in order, as they are taken, and left when nobody takes them.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'
import { after, describe, test } from 'node:test'
import { Fault } from '../../base/fault.ts'
import { silentLog } from '../../base/io/log.ts'
import { createMeter } from '../../base/meter.ts'
import { createFramer, frame } from '../wire/frame.ts'
import type { Listening } from './listen.ts'
import { type ServeTcpOptions, serveTcp } from './tcp.ts'

const address = '127.0.0.1'
const messageBytes = 16_384
const open: Listening[] = []
after(() => Promise.all(open.map(listening => listening.close())))

interface Seen {
  made: number
  readonly left: Promise<void>
}

/** The first octet of a query says how many messages it gets by transfer; 0 for one from `respond`. */
async function server(
  options: Partial<ServeTcpOptions> = {},
  breaksAt = Number.POSITIVE_INFINITY,
): Promise<{ port: number; seen: Seen }> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const seen = { made: 0, left: promise }
  function* messages(count: number): Generator<Uint8Array, void> {
    try {
      for (let i = 0; i < count; i++) {
        if (i === breaksAt) throw new Fault('bytes/too-large', 'a record that fits nowhere')
        seen.made++
        yield new Uint8Array(messageBytes).fill(i)
      }
    } finally {
      resolve()
    }
  }
  const listening = await serveTcp({
    ...{ address, port: 0, meter: createMeter(), log: silentLog },
    respond: packet => packet.slice(),
    transfer: packet => (packet[0] === 0 ? undefined : messages(packet[0]! * 10)),
    ...options,
  })
  open.push(listening)
  return { port: listening.port, seen }
}

async function connected(port: number): Promise<Socket> {
  const socket = createConnection({ host: address, port })
  await once(socket, 'connect')
  return socket
}

/** First octet and length of each message until `count` came, or the other side hung up. */
async function received(socket: Socket, count: number): Promise<[first: number, bytes: number][]> {
  const framer = createFramer()
  const messages: [number, number][] = []
  socket.on('error', () => {})
  for await (const chunk of socket) {
    framer.push(chunk)
    for (let next = framer.next(); next !== undefined; next = framer.next())
      messages.push([next[0]!, next.length])
    if (messages.length >= count) break
  }
  return messages
}

const queries = (...firsts: number[]): Uint8Array =>
  Buffer.concat(firsts.map(first => frame(Uint8Array.of(first))))

describe('an answer of several messages', () => {
  test('stands between the answers of its neighbours', async () => {
    const { port } = await server()
    const socket = await connected(port)
    socket.write(queries(0, 1, 0, 2, 0))
    const got = await received(socket, 33)
    const run = (count: number) => Array.from({ length: count }, (_, i) => [i, messageBytes])
    assert.deepEqual(got, [[0, 1], ...run(10), [0, 1], ...run(20), [0, 1]])
  })
  test('is made as it is taken, and whole even for the last query of a connection', async () => {
    const { port, seen } = await server({ pendingBytesMax: 65_536, queriesPerConnectionMax: 1 })
    const socket = await connected(port)
    socket.pause()
    socket.write(queries(200))
    // A second connection is answered while the first takes nothing.
    const other = await connected(port)
    other.write(queries(0))
    assert.equal((await received(other, 1)).length, 1)
    assert.ok(seen.made < 2000, `${seen.made} messages for who reads none`)
    assert.equal((await received(socket, 2001)).length, 2000)
    assert.equal(seen.made, 2000)
  })
  test('is left when the other side is gone, or its time is over', { timeout: 5000 }, async () => {
    const gone = await server()
    const socket = await connected(gone.port)
    socket.write(queries(200))
    await once(socket, 'data')
    socket.destroy()
    await gone.seen.left
    for (const limit of [{ idleTimeoutMs: 50 }, { lifetimeMs: 50 }]) {
      const slow = await server(limit)
      const idle = await connected(slow.port)
      idle.pause()
      idle.write(queries(255))
      await slow.seen.left
      assert.ok(slow.seen.made < 2550)
      idle.destroy()
    }
  })
  test('ends the connection when it cannot be finished', async () => {
    const { port } = await server({}, 3)
    const socket = await connected(port)
    socket.write(queries(1, 0))
    assert.ok((await received(socket, 11)).length <= 3)
  })
})
