import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectH2 } from 'node:http2'
import type { Socket } from 'node:net'
import { afterEach, describe, test } from 'node:test'
import { bytesResponse, type Ingress, type IngressRequest } from '../message.ts'
import { createWorld } from '../transcripts/world.ts'
import { aborted, address, bodyOf, copies, dial, get, last, raw, start, stopAll } from './rig.ts'

afterEach(stopAll)

/** A stream of events: its chunks come when the test says so, and it ends with its reader. */
function events(): { ingress: Ingress; asked: Promise<IngressRequest>; send: (text: string) => void } {
  const asked = Promise.withResolvers<IngressRequest>()
  let next = Promise.withResolvers<string>()
  async function* body(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const text = await next.promise
      next = Promise.withResolvers()
      yield Buffer.from(text)
    }
  }
  const ingress: Ingress = async request => {
    asked.resolve(request)
    return {
      status: 200,
      fields: [['Content-Type', 'text/event-stream']],
      body: body(),
      sizeBytes: undefined,
    }
  }
  return { ingress, asked: asked.promise, send: text => next.resolve(text) }
}

async function heard(socket: Socket): Promise<string> {
  const [part] = (await once(socket, 'data')) as [Buffer]
  return part.toString('latin1')
}

describe('a body that comes late', () => {
  test('has its head sent before, and with what is there goes in one write', async () => {
    const { ingress, send } = events()
    const { port } = await start(ingress)
    const socket = dial(port)
    socket.write(get('/'))
    assert.match(await heard(socket), /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\n$/)
    send('first')
    assert.equal(await heard(socket), '5\r\nfirst')
    send('more')
    assert.equal(await heard(socket), '\r\n4\r\nmore')
    const early = events()
    const other = await start(early.ingress)
    early.send('at once')
    const second = dial(other.port)
    second.write(get('/'))
    assert.match(await heard(second), /\r\n\r\n7\r\nat once$/)
  })

  test('has its head sent before over HTTP/2, too', async () => {
    const { ingress, send } = events()
    const { port } = await start(ingress)
    const session = connectH2(`http://${address}:${port}`)
    session.on('error', () => {})
    const stream = session.request({ ':path': '/' })
    stream.on('error', () => {})
    const [head] = await once(stream, 'response')
    assert.equal(head[':status'], 200)
    send('first')
    assert.equal(String((await once(stream, 'data'))[0]), 'first')
    session.destroy()
  })

  for (const [how, leave] of [
    ['ends its side', (socket: Socket) => socket.end()],
    ['resets', (socket: Socket) => socket.resetAndDestroy()],
  ] as const) {
    test(`is given up when a client ${how} while it is quiet`, async () => {
      const { ingress, asked } = events()
      const { port, counts } = await start(ingress, { lingerMs: 50 })
      const socket = dial(port)
      socket.write(get('/'))
      await heard(socket)
      const { signal } = await asked
      leave(socket)
      await aborted(signal)
      while (counts()['http.left'] === undefined) await new Promise(resolve => setImmediate(resolve))
    })
  }
})

describe('interim answers', () => {
  const hints: Ingress = async request => {
    request.interim?.(103, [['Link', '</style.css>; rel=preload']])
    request.interim?.(100, [])
    request.interim?.(103, [['Link', 'broken\r\nX: y']])
    return bytesResponse(200, [['Content-Length', '2']], Buffer.from('ok'))
  }

  test('go out before the answer, clean ones only, and not to clients that know none', async () => {
    const { port } = await start(hints)
    const interim = 'HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n'
    const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok'
    assert.equal(await raw(port, get('/', last)), interim + answer)
    assert.equal(await raw(port, get('/').replace('1.1', '1.0')), answer)
  })

  test('that come after their answer are nobody’s, also on a connection that goes on', async () => {
    let late: IngressRequest['interim']
    const { port } = await start(request => {
      late?.(103, [['Link', '</late.css>']])
      late = request.interim
      return new Promise(resolve =>
        setImmediate(resolve, bytesResponse(200, [['Content-Length', '2']], Buffer.from('ok'))),
      )
    })
    assert.doesNotMatch(await raw(port, get('/') + get('/', last)), / 103 /)
  })

  test('go out over HTTP/2', async () => {
    const { port } = await start(hints)
    const session = connectH2(`http://${address}:${port}`)
    const stream = session.request({ ':path': '/' })
    const [early] = await once(stream, 'headers')
    assert.deepEqual([early[':status'], early.link], [103, '</style.css>; rel=preload'])
    stream.resume()
    await once(stream, 'end')
    session.destroy()
  })
})

describe('what clients may cost together', () => {
  test('a client past its rate hears 429, and others nothing of it', async () => {
    const { port, counts } = await start(createWorld(), { requestsPerLocalClientPerS: 3 })
    const got = await raw(port, get('/letters.txt').repeat(5) + get('/letters.txt', last))
    const codes = [...got.matchAll(/HTTP\/1\.1 (\d+)/g)].map(match => match[1])
    assert.deepEqual(codes.slice(0, 4), ['200', '200', '200', '429'])
    assert.ok(counts()['http.hurried']! >= 1)
  })

  test('readers that leave more unread than there is room for are cut, and answers that are read are not', async () => {
    const { port, counts } = await start(copies(256), { waitingBytesMax: 512 * 1024 })
    const idlers = Array.from({ length: 20 }, () => dial(port).pause())
    const closed = Promise.any(idlers.map(socket => once(socket, 'close')))
    for (const socket of idlers) socket.write(get('/big'))
    while (counts()['http.crammed'] === undefined) await new Promise(resolve => setImmediate(resolve))
    for (const socket of idlers) socket.resume()
    await closed
    assert.equal(bodyOf(await raw(port, get('/', last))).length, 256 * 64 * 1024)
  })
})
