import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, test } from 'node:test'
import { type FaultCode, isFault } from '../../base/fault.ts'
import { createBeaconEndpoint } from './beacon.ts'

type Endpoint = ReturnType<typeof createBeaconEndpoint>

async function against(answer: RequestListener, ask: (endpoint: Endpoint) => Promise<void>): Promise<void> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const endpoint = createBeaconEndpoint({ url: `http://127.0.0.1:${port}`, timeoutMs: 500, bytesMax: 1000 })
  try {
    await ask(endpoint)
  } finally {
    await endpoint.close()
    server.closeAllConnections()
    server.close()
  }
}

describe('beacon node', () => {
  test('each question has its page', async () => {
    const paths: unknown[] = []
    const answer: RequestListener = (request, response) => {
      paths.push(request.url, request.headers.accept)
      response.end('{"data":1}')
    }
    await against(answer, async endpoint => {
      for (const ask of [
        () => endpoint.bootstrap('0xab'),
        () => endpoint.updates(7, 2),
        () => endpoint.finality(),
      ])
        assert.deepEqual(await ask(), { data: 1 })
    })
    const json = 'application/json'
    assert.deepEqual(paths, [
      '/eth/v1/beacon/light_client/bootstrap/0xab',
      json,
      '/eth/v1/beacon/light_client/updates?start_period=7&count=2',
      json,
      '/eth/v1/beacon/light_client/finality_update',
      json,
    ])
  })

  const rows: [why: string, answer: RequestListener, code: FaultCode][] = [
    ['an error', (_, response) => void response.writeHead(503).end('{}'), 'chain/unreachable'],
    ['not JSON', (_, response) => void response.end('<html>'), 'chain/unreachable'],
    ['too much', (_, response) => void response.end(`"${'a'.repeat(2000)}"`), 'bytes/too-large'],
    ['half an answer', (_, response) => void response.write('{'), 'chain/unreachable'],
    ['silence', () => {}, 'chain/unreachable'],
    ['a closed door', request => void request.socket.destroy(), 'chain/unreachable'],
  ]
  for (const [why, answer, code] of rows) {
    test(`${why} is a Fault`, async () => {
      await against(answer, async endpoint => {
        await assert.rejects(endpoint.finality(), error => isFault(error, code))
      })
    })
  }
})
