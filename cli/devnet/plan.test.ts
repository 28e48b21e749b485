import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { test } from 'node:test'
import { isFault } from '../../base/fault.ts'
import { endpointsOf, planDevnet } from './plan.ts'
import { requireFree } from './ports.ts'

const usual = {
  data: '.inxt',
  edges: 5,
  dnsPort: 5300,
  httpPort: 8080,
  httpsPort: 8443,
  overlayPort: 4001,
  chainPort: 8545,
  network: 1,
}

test('five edges on 127.0.1.1 to 127.0.1.5', () => {
  const plan = planDevnet(usual)
  assert.deepEqual(
    plan.members.map(({ address }) => address),
    [1, 2, 3, 4, 5].map(k => `127.0.1.${k}`),
  )
  assert.equal(endpointsOf(plan).length, 1 + 5 * 6)
})

test('every complaint at once', () => {
  assert.throws(
    () => planDevnet({ ...usual, edges: 0, network: 256, httpPort: 5300 }),
    (e: unknown) => isFault(e, 'config/invalid') && e.message.split('\n').length === 3,
  )
})

test('a taken port is named with the option that moves it', async t => {
  const server = createServer().listen({ host: '127.0.0.1', port: 0 })
  t.after(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const endpoint = { address: '127.0.0.1', port, flag: '--dns-port', udp: false }
  await assert.rejects(
    requireFree([endpoint]),
    (e: unknown) =>
      isFault(e, 'net/port-taken') &&
      e.message.includes(`127.0.0.1:${port}`) &&
      e.hint.includes('--dns-port'),
  )
  await requireFree([{ ...endpoint, udp: true }])
})
