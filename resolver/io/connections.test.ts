// Which connection has to go for which, without a socket in sight.

import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { describe, test } from 'node:test'
import { createConnections, prefixOf } from './connections.ts'

class FakeSocket extends EventEmitter {
  remotePort = 1000
  isDestroyed = false
  readonly remoteAddress: string | undefined
  constructor(remoteAddress: string | undefined) {
    super()
    this.remoteAddress = remoteAddress
  }
  destroy(): void {
    this.isDestroyed = true
    this.emit('close')
  }
}

function room(connectionsMax: number, connectionsPerPrefixMax: number) {
  let displaced = 0
  const connections = createConnections({ connectionsMax, connectionsPerPrefixMax }, () => displaced++)
  const enter = (address: string | undefined): FakeSocket => {
    const socket = new FakeSocket(address)
    connections.admit(socket as unknown as Socket)
    return socket
  }
  return { connections, enter, displaced: () => displaced }
}

const prefixes: [address: string, prefix: string][] = [
  ['192.0.2.77', '192.0.2.0/24'],
  ['::ffff:192.0.2.77', '192.0.2.0/24'],
  ['2001:db8:0:12ff::1', '2001:db8:0:1200::/56'],
  ['2001:db8:0:1301::1', '2001:db8:0:1300::/56'],
  ['::1', '::/56'],
  ['fe80::1%eth0', 'fe80::/56'],
]
for (const [address, prefix] of prefixes) {
  test(`${address} counts as ${prefix}`, () => assert.equal(prefixOf(address), prefix))
}

describe('connections', () => {
  test('a full prefix displaces its own idlest, and nobody else', () => {
    const { connections, enter, displaced } = room(10, 2)
    const stranger = enter('198.51.100.1')
    const first = enter('192.0.2.1')
    const second = enter('192.0.2.2')
    connections.used({ address: '192.0.2.1', port: 1000 })
    const third = enter('192.0.2.3')
    assert.deepEqual(
      [stranger, first, second, third].map(socket => socket.isDestroyed),
      [false, false, true, false],
    )
    assert.equal(displaced(), 1)
  })
  test('a full house displaces the idlest of all', () => {
    const { connections, enter } = room(2, 2)
    const first = enter('192.0.2.1')
    const second = enter('198.51.100.1')
    connections.used({ address: '192.0.2.1', port: 1000 })
    enter('203.0.113.1')
    assert.deepEqual([first.isDestroyed, second.isDestroyed], [false, true])
  })
  test('who leaves makes room, and who was gone before takes none', () => {
    const { enter, displaced } = room(1, 1)
    enter('192.0.2.1').destroy()
    assert.equal(enter(undefined).isDestroyed, true)
    const last = enter('192.0.2.1')
    assert.deepEqual([last.isDestroyed, displaced()], [false, 0])
  })
  test('close cuts them all', () => {
    const { connections, enter } = room(4, 4)
    const sockets = [enter('192.0.2.1'), enter('198.51.100.1')]
    connections.close()
    assert.ok(sockets.every(socket => socket.isDestroyed))
  })
})
