// A server that has no file descriptors left: it answers whom it has, drops who comes, and takes others when it can.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { types } from '../wire/code.ts'
import { createFramer, frame } from '../wire/frame.ts'
import { ask } from './ask.ts'

const address = '127.0.0.1'
/** Node itself holds some 25. */
const descriptors = 64

const program = `
import { silentLog } from '${join(import.meta.dirname, '../../base/io/log.ts')}'
import { createMeter } from '${join(import.meta.dirname, '../../base/meter.ts')}'
import { serveTcp } from '${join(import.meta.dirname, 'tcp.ts')}'
import { serveUdp } from '${join(import.meta.dirname, 'udp.ts')}'
const respond = packet => { const answer = packet.slice(); answer[2] |= 0x80; return answer }
const options = { address: '${address}', port: 0, respond, meter: createMeter(), log: silentLog }
const { port } = await serveTcp({ ...options, connectionsMax: 1000, connectionsPerPrefixMax: 1000 })
await serveUdp({ ...options, port })
console.log(port)
`

/** Resolves when the server took the connection or cut it. */
async function opened(port: number): Promise<Socket> {
  const socket = createConnection({ host: address, port })
  socket.on('error', () => {})
  socket.write(frame(Buffer.alloc(12)))
  const { promise, resolve } = Promise.withResolvers<void>()
  socket.once('data', () => resolve()).once('close', () => resolve())
  await promise
  return socket
}

async function isAnswered(socket: Socket): Promise<boolean> {
  const framer = createFramer()
  socket.write(frame(Buffer.alloc(12)))
  const { promise, resolve } = Promise.withResolvers<boolean>()
  socket.once('close', () => resolve(false))
  socket.on('data', chunk => {
    framer.push(chunk)
    if (framer.next() !== undefined) resolve(true)
  })
  return promise
}

test('out of descriptors, and back', { timeout: 10_000 }, async t => {
  const limited = `ulimit -n ${descriptors}; exec "${process.execPath}" --input-type=module-typescript -`
  const child = spawn('sh', ['-c', limited], { stdio: ['pipe', 'pipe', 'ignore'] })
  t.after(() => child.kill())
  child.stdin.end(program)
  const [line] = await once(createInterface(child.stdout), 'line')
  const port = Number(line)
  const sockets = await Promise.all(Array.from({ length: 2 * descriptors }, () => opened(port)))
  const held = sockets.filter(socket => !socket.destroyed)
  assert.ok(held.length > 10 && held.length < descriptors, `${held.length} connections are held`)
  assert.ok(await isAnswered(held[0]!), 'who is there is answered')
  const udp = { server: address, port, name: 'a.test', type: types.A, timeoutMs: 2000 }
  await ask(udp)
  for (const socket of held) socket.destroy()
  // The server may hear of the ends a moment later than who comes next.
  let again = await opened(port)
  while (again.destroyed) again = await opened(port)
  assert.ok(await isAnswered(again), 'and so is who comes later')
  again.destroy()
})
