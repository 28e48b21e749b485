// Where a guard lets connections go, and that it is asked for each of them.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { createOrigin } from './origin.ts'
import { createGuard, literalOf } from './public-address.ts'

const guard = createGuard({
  allowed: ['10.9.0.0/16', 'fd00:9::/32'],
  isOurs: address => address === '9.9.9.9',
})

const permitted = ['1.1.1.1', '8.8.8.8', '172.32.0.1', '100.128.0.1', '10.9.1.1', '2606:4700::1', 'fd00:9::1']
const refused = [
  ...[
    '0.0.0.0',
    '10.0.0.1',
    '100.64.0.1',
    '100.100.100.200',
    '127.0.0.1',
    '127.255.255.255',
    '169.254.169.254',
  ],
  ...[
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.192',
    '192.0.2.1',
    '192.168.0.1',
    '198.18.0.1',
    '198.19.255.255',
  ],
  ...['203.0.113.1', '224.0.0.251', '239.1.1.1', '240.0.0.1', '255.255.255.255', '168.63.129.16', '9.9.9.9'],
  ...[
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '::ffff:7f00:1',
    '::ffff:10.9.1.1',
    '64:ff9b::7f00:1',
    'fe80::1',
    'fc00::1',
  ],
  ...[
    'fd00:ec2::254',
    'ff02::1',
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::',
    '3fff::1',
    '127.1',
    'localhost',
    '',
  ],
]

test('public addresses, and those the operator names', () => {
  for (const address of permitted) assert.ok(guard.permits(address), address)
  for (const address of refused) assert.ok(!guard.permits(address), address)
})

test('no spelling of a loopback or private address in a URL comes through', () => {
  const spellings = [
    '127.1',
    '0x7f.0.0.1',
    '2130706433',
    '0177.0.0.1',
    '[::ffff:127.0.0.1]',
    '[::1]',
    '１２７.0.0.1',
  ]
  for (const host of [...spellings, '127。0。0。1', '0xa9fea9fe']) {
    const literal = literalOf(new URL(`http://${host}/`).hostname)
    assert.ok(literal !== undefined && !guard.permits(literal), host)
  }
  fc.assert(
    fc.property(fc.ipV4Extended(), host => {
      const literal = literalOf(new URL(`http://${host}/`).hostname)
      assert.notEqual(literal, undefined)
      const [a] = literal!.split('.').map(Number)
      if (a === 127 || a === 0 || a! >= 224) assert.ok(!guard.permits(literal!))
    }),
  )
})

const servers: Server[] = []
after(() => {
  for (const server of servers) server.close()
})

test('a name that moves to a private address is followed no further (DNS rebinding)', async () => {
  const server = createServer((_, answer) => answer.setHeader('Connection', 'close').end('here'))
  servers.push(server)
  server.listen(0, '127.0.0.2')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  let addresses: readonly string[] = ['127.0.0.3', '127.0.0.2']
  const own = createGuard({
    allowed: ['127.0.0.2/32'],
    isOurs: () => false,
    resolve: async () => addresses,
  })
  const bounds = { connectionsMax: 4, connectMs: 1000, headMs: 1000, idleMs: 1000 }
  const origin = createOrigin({ url: `http://moving.example:${port}`, ...bounds, guard: own })
  const literal = createOrigin({ url: `http://127.0.0.3:${port}`, ...bounds, guard: own })
  const ask = async (from: typeof origin): Promise<string> => {
    const { signal } = new AbortController()
    const outcome = await from.ask({
      method: 'GET',
      path: '/',
      fields: [],
      body: undefined,
      upgrade: undefined,
      signal,
    })
    if ('failure' in outcome) return `${outcome.failure}: ${outcome.what}`
    let text = ''
    for await (const chunk of outcome.body) text += Buffer.from(chunk)
    await outcome.ended
    return text
  }
  assert.equal(await ask(origin), 'here')
  addresses = ['127.0.0.3']
  assert.equal(await ask(origin), 'refused: it has no public address')
  addresses = []
  assert.equal(await ask(origin), 'refused: it has no public address')
  assert.equal(await ask(literal), 'refused: it has no public address')
  await Promise.all([origin.close(), literal.close()])
})
