// Real servers on real sockets, each with one bad habit.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, afterEach, describe, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { delay } from './clock.ts'
import { createHttpClient, type HttpQuestion } from './http.ts'

const client = createHttpClient({ connectionsMax: 2 })
after(() => client.close())

/** An error that nobody listens for after its question was settled would end a process. */
const stray: unknown[] = []
process.on('uncaughtException', error => stray.push(error))
process.on('unhandledRejection', error => stray.push(error))

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  }
  await delay(0)
  assert.deepEqual(stray, [])
})

async function serve(answer: RequestListener): Promise<{ url: string; sockets: Set<Socket> }> {
  const server = createServer(answer)
  const sockets = new Set<Socket>()
  server.on('connection', socket => sockets.add(socket))
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, sockets }
}

const bounds = { bytesMax: 1000 } satisfies HttpQuestion
const silent: RequestListener = () => {}
/** The head and half of the body. */
const half: RequestListener = (_, response) => {
  response.writeHead(200, { 'content-length': 10 }).write('12345')
}

describe('whole answers', () => {
  test('method, fields and body arrive; status and body come back, whatever the status', async () => {
    const { url } = await serve(async (request, response) => {
      const body = await text(request)
      const length = request.headers['content-length'] ?? 'none'
      response.writeHead(418).end(`${request.method} ${request.headers['x-a']} ${length} ${body}`)
    })
    const rows: [question: Omit<HttpQuestion, 'bytesMax'>, body: string][] = [
      [{ headers: { 'x-a': '1' } }, 'GET 1 none '],
      [{ method: 'POST', body: 'grüße' }, 'POST undefined 7 grüße'],
      [{ method: 'POST', body: '' }, 'POST undefined 0 '],
      [{ method: 'POST', body: Buffer.from('bytes') }, 'POST undefined 5 bytes'],
    ]
    for (const [question, body] of rows) {
      const answer = await client.ask(url, { ...bounds, ...question })
      assert.deepEqual([answer.status, answer.body?.toString()], [418, body])
    }
  })

  test('four megabytes up, and two down', async () => {
    const { url } = await serve(async (request, response) => {
      response.end(Buffer.alloc((await text(request)).length / 2))
    })
    const question = { method: 'POST', body: Buffer.alloc(4 * 2 ** 20), bytesMax: 2 ** 21 } as const
    assert.equal((await client.ask(url, question)).body?.length, 2 ** 21)
  })

  test('too long by what it says or by what it sends: no body, and no connection any more', async () => {
    const rows: RequestListener[] = [
      (_, response) => void response.writeHead(200, { 'content-length': 1001 }).write('1'),
      (_, response) => void response.write('x'.repeat(1001)),
      (_, response) => void response.end('x'.repeat(1001)),
    ]
    for (const answer of rows) {
      const { url, sockets } = await serve(answer)
      const { status, body } = await client.ask(url, bounds)
      assert.deepEqual({ status, body }, { status: 200, body: undefined })
      for (const socket of sockets) if (!socket.destroyed) await once(socket, 'close')
    }
    const { url } = await serve((_, response) => void response.end('x'.repeat(1000)))
    assert.equal((await client.ask(url, bounds)).body?.length, 1000)
  })
})

describe('no whole answer', () => {
  const drip: RequestListener = (_, response) => {
    const timer = setInterval(() => response.write('.'), 10)
    response.on('close', () => clearInterval(timer))
  }
  const rows: [why: string, answer: RequestListener, limits: Partial<HttpQuestion>, error: RegExp][] = [
    ['silence', silent, { idleMs: 30 }, /no answer in 30 ms/],
    ['silence in mid-answer', half, { idleMs: 30 }, /no answer in 30 ms/],
    ['silence, all in all', silent, { totalMs: 30 }, /no whole answer in 30 ms/],
    ['drop by drop', drip, { idleMs: 5000, totalMs: 60 }, /no whole answer in 60 ms/],
    ['a closed door', request => void request.socket.destroy(), {}, /socket hang up/],
    ['cut off', (_, response) => void response.write('1', () => response.destroy()), {}, /aborted/],
    ['cut off before its length', cutHalf, {}, /aborted/],
    ['no HTTP', request => void request.socket.end('hello\r\n\r\n'), {}, /Parse Error/],
    ['another protocol', upgrade, {}, /another protocol/],
    ['a head without end', request => void request.socket.write(endless), {}, /Header overflow/],
  ]
  for (const [why, answer, limits, error] of rows) {
    test(why, async () => {
      const { url } = await serve(answer)
      await assert.rejects(client.ask(url, { ...bounds, ...limits }), error)
    })
  }

  function cutHalf(...[request, response]: Parameters<RequestListener>): void {
    half(request, response)
    response.write('6', () => response.destroy())
  }
  function upgrade(...[request]: Parameters<RequestListener>): void {
    request.socket.end('HTTP/1.1 101 Yes\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n')
  }
  const endless = `HTTP/1.1 200 OK\r\nx: ${'x'.repeat(20_000)}`

  test('a drop now and then is no silence', async () => {
    const { url } = await serve((_, response) => {
      let left = 10
      const timer = setInterval(() => (--left > 0 ? response.write('.') : response.end('.')), 50)
      response.on('close', () => clearInterval(timer))
    })
    assert.equal((await client.ask(url, { ...bounds, idleMs: 400 })).body?.toString(), '.'.repeat(10))
  })

  test('nobody there, and no such address', async () => {
    const closed = createTcpServer().listen(0, '127.0.0.1')
    await once(closed, 'listening')
    const { port } = closed.address() as AddressInfo
    await new Promise(resolve => closed.close(resolve))
    await assert.rejects(client.ask(`http://127.0.0.1:${port}/`, bounds), { code: 'ECONNREFUSED' })
    await assert.rejects(client.ask('http://%/', bounds), { code: 'ERR_INVALID_URL' })
  })

  test('a connection that does not come about', async () => {
    // A listener that sleeps: the kernel accepts for it until its queue of one is full, then drops what comes.
    const sleeper = `
      const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
        require('node:worker_threads').parentPort.postMessage(server.address().port)
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
      })`
    const worker = new Worker(sleeper, { eval: true })
    const [port] = (await once(worker, 'message')) as [number]
    const crowd = [1, 2, 3, 4].map(() => connect(port, '127.0.0.1').on('error', () => {}))
    await Promise.all(crowd.slice(0, 2).map(socket => once(socket, 'connect')))
    const asked = client.ask(`http://127.0.0.1:${port}/`, { ...bounds, connectMs: 50, idleMs: 5000 })
    await assert.rejects(asked, /no connection in 50 ms/)
    for (const socket of crowd) socket.destroy()
    await worker.terminate()
  })
})

describe('an abort', () => {
  test('before, while it waits, and in mid-answer', async () => {
    const reason = new Error('nobody wants it')
    await assert.rejects(
      client.ask('http://127.0.0.1:9/', { ...bounds, signal: AbortSignal.abort(reason) }),
      reason,
    )
    for (const answer of [silent, half]) {
      const arrived = Promise.withResolvers<ServerResponse>()
      const { url } = await serve((request, response) => {
        answer(request, response)
        arrived.resolve(response)
      })
      const abort = new AbortController()
      const asked = client.ask(url, { ...bounds, signal: abort.signal })
      const response = await arrived.promise
      abort.abort(reason)
      await assert.rejects(asked, reason)
      if (!response.destroyed) await once(response, 'close')
    }
  })

  test('afterwards changes nothing', async () => {
    const { url, sockets } = await serve((_, response) => void response.end('yes'))
    const abort = new AbortController()
    await client.ask(url, { ...bounds, signal: abort.signal })
    abort.abort()
    assert.equal((await client.ask(url, bounds)).body?.toString(), 'yes')
    assert.equal(sockets.size, 1)
  })
})

describe('connections', () => {
  test('are used again, few at a time, and given up after their rest', async () => {
    const own = createHttpClient({ connectionsMax: 2, restMs: 30 })
    const { url, sockets } = await serve((_, response) => void setImmediate(() => response.end('yes')))
    await Promise.all([1, 2, 3, 4, 5, 6].map(() => own.ask(url, bounds)))
    assert.equal(sockets.size, 2)
    for (const socket of sockets) if (!socket.destroyed) await once(socket, 'close')
    assert.equal((await own.ask(url, bounds)).status, 200)
    assert.equal(sockets.size, 3)
    own.close()
  })

  test('an answer may take longer than a connection may rest, on a new one and on one used again', async () => {
    const own = createHttpClient({ connectionsMax: 1, restMs: 30 })
    const { url, sockets } = await serve((_, response) => void delay(80).then(() => response.end('yes')))
    for (const _ of [1, 2]) assert.equal((await own.ask(url, bounds)).body?.toString(), 'yes')
    assert.equal(sockets.size, 1)
    own.close()
  })

  test('the end of the client ends what is under way, and what waits for a connection', async () => {
    const own = createHttpClient({ connectionsMax: 1 })
    const arrived = Promise.withResolvers<void>()
    const { url, sockets } = await serve(() => arrived.resolve())
    const asked = [1, 2].map(() => assert.rejects(own.ask(url, bounds), /the client is closed/))
    await arrived.promise
    own.close()
    await Promise.all(asked)
    assert.equal(sockets.size, 1)
  })
})
