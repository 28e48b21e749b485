import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { describe, test } from 'node:test'
import { type FaultCode, isFault } from '../../base/fault.ts'
import { type Addresses, type ContractName, contractNames } from '../addresses.ts'
import { createChain } from './chain.ts'
import { followChain } from './follow.ts'
import { createRpc, type Rpc } from './rpc.ts'

/** Runs `action` against an endpoint that answers as `answer` does. */
async function against(answer: RequestListener, action: (rpc: Rpc) => Promise<void>): Promise<void> {
  const server = createServer(answer)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const rpc = createRpc({ url, timeoutMs: 300, bytesMax: 10_000 })
  try {
    await action(rpc)
  } finally {
    await rpc.close()
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  }
}

/** An endpoint that answers each method with what `results` has for it. */
function byMethod(results: (method: string) => unknown): RequestListener {
  return async (request, response) => {
    const { id, method } = (await json(request)) as { id: number; method: string }
    response.end(JSON.stringify({ jsonrpc: '2.0', id, result: results(method) }))
  }
}

function always(result: unknown): RequestListener {
  return byMethod(() => result)
}

describe('an endpoint that misbehaves', () => {
  const text =
    (body: string, status = 200) =>
    (_: IncomingMessage, response: ServerResponse) => {
      response.writeHead(status).end(body)
    }
  const rows: [why: string, answer: RequestListener, code: FaultCode][] = [
    ['not JSON', text('<html>'), 'chain/unreachable'],
    ['empty', text(''), 'chain/unreachable'],
    ['null', text('null'), 'chain/unreachable'],
    ['a list', text('[]'), 'chain/unreachable'],
    ['another id', text('{"id":99999,"result":"0x1"}'), 'chain/unreachable'],
    ['no result', text('{"id":1}'), 'chain/unreachable'],
    ['an error page', text('overloaded', 503), 'chain/unreachable'],
    ['an error', text('{"id":1,"error":{"code":-32000,"message":"no\\u0007"}}'), 'chain/unreachable'],
    ['an error of wrong types', text('{"id":1,"error":{"code":{},"message":{}}}'), 'chain/unreachable'],
    ['too much', text(`{"id":1,"result":"${'a'.repeat(20_000)}"}`), 'bytes/too-large'],
    ['silence', () => {}, 'chain/unreachable'],
    ['half an answer', (_, response) => void response.write('{"id":1,'), 'chain/unreachable'],
    ['a closed door', request => void request.socket.destroy(), 'chain/unreachable'],
  ]
  for (const [why, answer, code] of rows) {
    test(why, async () => {
      await against(answer, async rpc => {
        await assert.rejects(rpc.call('eth_chainId', []), error => isFault(error, code))
      })
    })
  }

  test('results of a wrong shape', async () => {
    for (const result of [0, 'x', {}, [], true, '0xzz', { number: {} }, [{ address: 1 }]]) {
      await against(always(result), async rpc => {
        const chain = createChain(rpc)
        const logs = chain.logsOf(`0x${'00'.repeat(32)}`, [])
        const empty = Array.isArray(result) && result.length === 0
        if (empty) assert.deepEqual(await logs, [])
        else await assert.rejects(logs, error => isFault(error, 'bytes/malformed'))
        await assert.rejects(chain.block('latest'), error => isFault(error, 'bytes/malformed'))
        await assert.rejects(chain.chainId(), error => isFault(error, 'bytes/malformed'))
        await assert.rejects(chain.codeHash('0x'), error => isFault(error, 'bytes/malformed'))
      })
    }
  })

  test('nobody there', async () => {
    let url = ''
    await against(always(null), async rpc => {
      url = rpc.url
    })
    const rpc = createRpc({ url, timeoutMs: 300 })
    await assert.rejects(rpc.call('eth_chainId', []), error => isFault(error, 'chain/unreachable'))
    await rpc.close()
  })
})

describe('following an endpoint that misbehaves', () => {
  const created = (byte: string) => ({
    address: `0x${byte.repeat(20)}`,
    codeHash: `0x${byte.repeat(32)}`,
    creationHash: byte.repeat(32),
    blockNumber: 1,
  })
  const addresses: Addresses = {
    chainId: 31_337,
    suffix: 'inxt',
    suffixNode: `0x${'00'.repeat(32)}`,
    contracts: Object.fromEntries(contractNames.map((name, i) => [name, created(`1${i}`)])) as Record<
      ContractName,
      ReturnType<typeof created>
    >,
    deployedAtBlock: 1,
  }
  const ours = (code: string) =>
    byMethod(method => (method === 'eth_chainId' ? '0x7a69' : method === 'eth_getCode' ? code : null))
  const rows: [why: string, answer: RequestListener, code: FaultCode][] = [
    ['another chain id', always('0x1'), 'chain/mismatch'],
    ['no code at the address', ours('0x'), 'chain/mismatch'],
    ['other code at the address', ours('0x6000'), 'chain/mismatch'],
    ['garbage', always({ a: 1 }), 'bytes/malformed'],
  ]
  for (const [why, answer, code] of rows) {
    test(why, async () => {
      await against(answer, async rpc => {
        const seen = Promise.withResolvers<unknown>()
        const follower = await followChain({ rpc, addresses, pollMs: 10, onFault: seen.resolve })
        const outcome = follower.level(250)
        await assert.rejects(outcome, error => isFault(error, code))
        assert.ok(isFault(await seen.promise, code))
        assert.equal(follower.status().healthy, false)
        assert.equal(follower.status().height, -1)
        await follower.stop()
      })
    })
  }
})
