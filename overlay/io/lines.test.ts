// What a frame costs on the wire: its bytes once, in one write to the socket. Counted by a relay between two hosts.

import assert from 'node:assert/strict'
import { type AddressInfo, connect, createServer, Socket } from 'node:net'
import { after, test } from 'node:test'
import { createMeter } from '../../base/meter.ts'
import { streamFrameBytesMax } from '../frames.ts'
import { openHost } from './host.ts'
import { openLines } from './lines.ts'
import { eventually, freshIdentity } from './testing.ts'

type Flow = { bytes: number }

const meter = createMeter()
const protocol = '/inxt/lines-test/1'
const stack = new AsyncDisposableStack()
after(() => stack.disposeAsync())

/** A TCP relay that counts what passes in each direction. */
async function openRelay(to: { host: string; port: number }) {
  const there: Flow = { bytes: 0 }
  const back: Flow = { bytes: 0 }
  const sockets = new Set<Socket>()
  const pass = (from: Socket, into: Socket, flow: Flow): void => {
    sockets.add(from.setNoDelay())
    from.on('error', () => into.destroy())
    from.on('close', () => into.destroy())
    from.on('data', chunk => {
      flow.bytes += chunk.length
      into.write(chunk)
    })
  }
  const server = createServer(near => {
    const far = connect(to.port, to.host)
    pass(near, far, there)
    pass(far, near, back)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  stack.defer(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, there, back }
}

async function openPair() {
  const [ours, theirs] = await Promise.all([freshIdentity(), freshIdentity()])
  const hosts = await Promise.all(
    [ours, theirs].map(identity => openHost({ identity, host: '127.0.0.1', port: 0 })),
  )
  for (const host of hosts) stack.defer(() => host.close())
  const heard: Uint8Array[] = []
  const lines = await openLines({ node: hosts[0]!.node, protocol, meter, hear: () => {} })
  const far = await openLines({
    node: hosts[1]!.node,
    ...{ protocol, meter },
    hear: (_, frame) => void heard.push(frame),
  })
  stack.defer(() => lines.close())
  stack.defer(() => far.close())
  const relay = await openRelay(hosts[1]!.address)
  return {
    lines,
    relay,
    heard,
    near: hosts[0]!.node,
    to: { id: theirs.id, host: '127.0.0.1', port: relay.port },
  }
}

test('a small frame is one packet, and nothing comes back for it', async t => {
  const { lines, relay, heard, to } = await openPair()
  const send = async (frame: Uint8Array): Promise<void> => {
    const before = heard.length
    lines.send(to, frame)
    await eventually('the frame is heard', () => heard.length > before)
  }
  const rest = (): number => relay.there.bytes + relay.back.bytes
  const settle = async (): Promise<void> => {
    let known = -1
    let seen = 0
    // The two introduce themselves (identify, ping) beside the first frame.
    await eventually('nobody speaks', () => {
      seen = known === rest() ? seen + 1 : 0
      known = rest()
      return seen > 20
    })
  }
  await send(new Uint8Array(100))
  await settle()
  const before = { there: { ...relay.there }, back: { ...relay.back } }
  const writes = t.mock.method(Socket.prototype, 'write')
  const count = 50
  for (let i = 0; i < count; i++) await send(new Uint8Array(100))
  // Length and tag of Noise, head of Yamux, length of a frame (overlay/frames.ts).
  const frameBytes = 2 + 16 + 12 + 4 + 100
  assert.equal(
    relay.there.bytes - before.there.bytes,
    count * frameBytes,
    'heads as the libraries write them',
  )
  assert.equal(writes.mock.calls.filter(call => (call.this as Socket).remotePort === to.port).length, count)
  assert.equal(relay.back.bytes - before.back.bytes, 0, 'yamux tells of room seldom: see growSeldom')

  // Far more than a window: the room is told of in time, or this would stand still.
  const large = new Uint8Array(streamFrameBytesMax).fill(7)
  for (let i = 0; i < 40; i++) await send(large)
  assert.deepEqual(heard.at(-1), large)
  const updates = (relay.back.bytes - before.back.bytes) / (frameBytes - 4 - 100)
  assert.ok(updates <= 20, `${updates} updates for ten windows`)
})

test('a stream that broke while it was opened, or refuses what it is given, is followed by another', async t => {
  const { lines, heard, near, to } = await openPair()
  const dial = near.dialProtocol.bind(near)
  const broken = new Error('broken')
  const opened: Awaited<ReturnType<typeof dial>>[] = []
  const dialled = t.mock.method(near, 'dialProtocol', async (...words: Parameters<typeof dial>) => {
    const stream = await dial(...words)
    opened.push(stream)
    if (opened.length === 1) stream.abort(broken)
    return stream
  })
  const unsent = (): number => meter.read()['overlay.lines.unsent'] ?? 0
  const before = unsent()
  lines.send(to, Uint8Array.of(1))
  await eventually('it is counted', () => unsent() === before + 1)
  lines.send(to, Uint8Array.of(2))
  await eventually('the next frame arrives', () => heard.length === 1)
  t.mock.method(opened[1] as unknown as { sendData(): never }, 'sendData', () => {
    throw broken
  })
  lines.send(to, Uint8Array.of(3))
  assert.equal(unsent(), before + 2)
  lines.send(to, Uint8Array.of(4))
  await eventually('the one after that arrives', () => heard.length === 2)
  assert.deepEqual(heard, [Uint8Array.of(2), Uint8Array.of(4)])
  assert.equal(dialled.mock.callCount(), 3)
})
