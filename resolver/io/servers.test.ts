// Real sockets on loopback: our servers beside our client, and beside a client that others wrote (dns2).

import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'
import { after, describe, test } from 'node:test'
import dns2 from 'dns2'
import { fromHex } from '../../base/bytes.ts'
import { isFault } from '../../base/fault.ts'
import { silentLog } from '../../base/io/log.ts'
import { createMeter, type Meter } from '../../base/meter.ts'
import { createResponder, type Respond } from '../responder.ts'
import { rcodes, types } from '../wire/code.ts'
import { createFramer, frame } from '../wire/frame.ts'
import { flagBits } from '../wire/header.ts'
import { decodeMessage, encodeMessage, type Message, rcodeOf } from '../wire/message.ts'
import { parseName } from '../wire/name.ts'
import { dataText } from '../wire/presentation.ts'
import { type Ask, answerTo, ask } from './ask.ts'
import type { Listening } from './listen.ts'
import { type ServeTcpOptions, serveTcp } from './tcp.ts'
import { serveUdp } from './udp.ts'

const address = '127.0.0.1'
const timeoutMs = 5000
const open: Listening[] = []
const meter: Meter = createMeter()

const respond = createResponder({
  suffixes: ['inxt'],
  names: {
    site(label) {
      if (label === 'large') return { contentCid: 'b'.repeat(3000), sequence: 1 }
      return label === 'welcome' ? { contentCid: 'bafy', sequence: 1 } : undefined
    },
    serial: () => 1,
  },
  places: { near: () => [{ ipv4: '127.0.1.1' }], servers: () => [] },
  meter,
})

/** Keeps what was opened, so that it is closed whatever happens. */
async function tcp(options: Partial<ServeTcpOptions> = {}): Promise<Listening> {
  const listening = await serveTcp({ address, port: 0, respond, meter, log: silentLog, ...options })
  open.push(listening)
  return listening
}

async function udp(answer: Respond = respond, port = 0): Promise<Listening> {
  const listening = await serveUdp({ address, port, respond: answer, meter, log: silentLog })
  open.push(listening)
  return listening
}

/** UDP and TCP on one port: the system's choice for one may be taken for the other, so a few are tried. */
async function both(): Promise<Listening> {
  for (let tries = 0; ; tries++) {
    const listening = await udp()
    try {
      return await tcp({ port: listening.port })
    } catch (error) {
      if (tries === 5 || !isFault(error, 'net/port-taken')) throw error
    }
  }
}

after(() => Promise.all(open.map(listening => listening.close())))

function question(name: string, type: number, id = 7): Uint8Array {
  const sections = { answers: [], authorities: [], additionals: [] }
  return encodeMessage({ id, flags: 0, questions: [{ name: parseName(name), type, class: 1 }], ...sections })
}

async function connect(port: number): Promise<Socket> {
  const socket = createConnection({ host: address, port })
  await once(socket, 'connect')
  socket.on('error', () => {})
  return socket
}

/** Resolves when `socket` is closed, be it with a reset, for which `once` would reject. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('close', () => resolve())
    AbortSignal.timeout(timeoutMs).addEventListener('abort', () => reject(new Error('the socket stays open')))
  })
}

/** The next `count` messages that come over `socket`. */
function receive(socket: Socket, count: number): Promise<Message[]> {
  const framer = createFramer()
  const messages: Message[] = []
  return new Promise((resolve, reject) => {
    const late = (): void => reject(new Error(`${messages.length} of ${count} messages came`))
    AbortSignal.timeout(timeoutMs).addEventListener('abort', late)
    const take = (chunk: Buffer): void => {
      framer.push(chunk)
      for (let next = framer.next(); next !== undefined; next = framer.next())
        messages.push(decodeMessage(next))
      if (messages.length < count) return
      socket.off('data', take)
      resolve(messages)
    }
    socket.on('data', take)
  })
}

describe('UDP', () => {
  test('answers, and our client reads', async () => {
    const { port } = await udp()
    const got = await ask({ server: address, port, name: 'Welcome.inxt', type: types.A, timeoutMs })
    assert.deepEqual(
      got.answers.map(({ data }) => dataText(data)),
      ['127.0.1.1'],
    )
    const none = await ask({ server: address, port, name: 'nobody.inxt', type: types.A, timeoutMs })
    assert.equal(rcodeOf(none), rcodes.NXDOMAIN)
  })
  test('dns2 reads what we answer, over TCP where it must', async () => {
    const { port } = await both()
    const client = dns2.UDPClient({ dns: address, port, timeout: timeoutMs })
    const small = await client('welcome.inxt', 'A')
    assert.deepEqual(
      small.answers.map(answer => answer.address),
      ['127.0.1.1'],
    )
    const large = await client('large.inxt', 'TXT')
    assert.match(JSON.stringify(large.answers).replaceAll('","', ''), /"dnslink=\/ipfs\/b{3000}"/)
  })
  test('goes on after garbage', async () => {
    const { port } = await udp()
    const stranger = createSocket('udp4')
    stranger.send(Uint8Array.of(1, 2, 3), port, address)
    stranger.send(fromHex('123401000001000000000000c00c00010001')!, port, address)
    const [formerr] = await once(stranger, 'message', { signal: AbortSignal.timeout(timeoutMs) })
    assert.equal(formerr.toString('hex'), '123481010000000000000000')
    stranger.close()
    const got = await ask({ server: address, port, name: 'welcome.inxt', type: types.A, timeoutMs })
    assert.equal(got.answers.length, 1)
  })
  test('a taken port is a Fault that names it', async () => {
    const { port } = await udp()
    await assert.rejects(udp(respond, port), error => {
      assert.ok(isFault(error, 'net/port-taken'))
      assert.match(error.message, new RegExp(`UDP 127\\.0\\.0\\.1:${port}`))
      return true
    })
  })
  test('an address that is not ours is a Fault', async () => {
    const foreign = serveUdp({ address: '192.0.2.1', port: 0, respond, meter, log: silentLog })
    await assert.rejects(foreign, error => isFault(error, 'config/invalid'))
  })
})

describe('TCP', () => {
  test('answers a pipeline in order, on one connection', async () => {
    const { port } = await tcp()
    const socket = await connect(port)
    const ids = Array.from({ length: 100 }, (_, i) => i)
    socket.write(Buffer.concat(ids.map(id => frame(question('welcome.inxt', types.A, id)))))
    const messages = await receive(socket, 100)
    assert.deepEqual(
      messages.map(({ id }) => id),
      ids,
    )
    socket.destroy()
  })
  test('reads a query that arrives octet by octet, and answers one that says goodbye', async () => {
    const { port } = await tcp()
    const socket = createConnection({ host: address, port, allowHalfOpen: true, noDelay: true })
    for (const octet of frame(question('large.inxt', types.TXT))) socket.write(Uint8Array.of(octet))
    socket.end()
    const [message] = await receive(socket, 1)
    assert.equal(message?.answers.length, 1)
    assert.equal(message!.flags & flagBits.TC, 0)
    socket.destroy()
  })
  test('hangs up on what is no query', async () => {
    const { port } = await tcp()
    for (const nonsense of [
      Uint8Array.of(0, 0),
      frame(Uint8Array.of(1, 2, 3)),
      frame(new Uint8Array(12).fill(255)),
    ]) {
      const socket = await connect(port)
      socket.write(nonsense)
      await closed(socket)
    }
  })
  test('hangs up on who is idle, and on who only seems busy', async () => {
    const { port } = await tcp({ idleTimeoutMs: 50 })
    const silent = await connect(port)
    const slow = await connect(port)
    const trickle = setInterval(() => slow.write(Uint8Array.of(0)), 10)
    // Two zeros would be an empty message; a long one is begun instead.
    slow.write(Uint8Array.of(0xff, 0xff))
    try {
      await Promise.all([closed(silent), closed(slow)])
    } finally {
      clearInterval(trickle)
      slow.destroy()
    }
  })
  test('says goodbye to who stays too long or asks too much, after the answers that are due', async () => {
    const long = await connect((await tcp({ lifetimeMs: 50 })).port)
    const tireless = await connect((await tcp({ queriesPerConnectionMax: 3 })).port)
    tireless.write(Buffer.concat([1, 2, 3].map(id => frame(question('welcome.inxt', types.A, id)))))
    assert.equal((await receive(tireless, 3)).length, 3)
    await Promise.all([closed(long), closed(tireless)])
  })
  test('a newcomer displaces the connection that was idle longest', async () => {
    const { port } = await tcp({ connectionsMax: 2, connectionsPerPrefixMax: 2 })
    const [first, second] = [await connect(port), await connect(port)]
    // A query makes the first the busier one.
    first.write(frame(question('welcome.inxt', types.A)))
    await receive(first, 1)
    const displaced = closed(second)
    const third = await connect(port)
    await displaced
    for (const socket of [first, third]) {
      socket.write(frame(question('welcome.inxt', types.A)))
      assert.equal((await receive(socket, 1))[0]?.answers.length, 1)
      socket.destroy()
    }
  })
  test('who does not take answers is not read from, and loses none when it takes them', async () => {
    let answered = 0
    const { port } = await tcp({
      pendingBytesMax: 64 * 1024,
      respond: (...query) => {
        answered++
        return respond(...query)
      },
    })
    const socket = await connect(port)
    // 20,000 × 3 kB are 60 MB: far more than the kernel's buffers of both sides take.
    const count = 20_000
    const query = frame(question('large.inxt', types.TXT))
    const asked = Buffer.concat(Array.from({ length: count }, () => query))
    socket.pause()
    socket.write(asked)
    // Each round trip lets the server take another turn; without a bound the 600 kB would be read in ten.
    const other = await udp()
    const turn = { server: address, port: other.port, name: 'welcome.inxt', type: types.A, timeoutMs }
    for (let turns = 0; turns < 50; turns++) await ask(turn)
    assert.ok(answered > 0)
    assert.ok(answered < count, `${answered} answers wait`)
    const all = receive(socket, count)
    socket.resume()
    assert.equal((await all).length, count)
    socket.destroy()
  })
  test('a taken port is a Fault that names it', async () => {
    const { port } = await tcp()
    await assert.rejects(tcp({ port }), error => {
      assert.ok(isFault(error, 'net/port-taken'))
      assert.match(error.message, new RegExp(`TCP 127\\.0\\.0\\.1:${port}`))
      return true
    })
  })
  test('close ends open connections', async () => {
    const listening = await serveTcp({ address, port: 0, respond, meter, log: silentLog })
    const socket = await connect(listening.port)
    await Promise.all([closed(socket), listening.close()])
  })
})

describe('ask', () => {
  const query = (port: number, more: Partial<Ask> = {}): Ask => ({
    ...{ server: address, port, name: 'welcome.inxt', type: types.A, timeoutMs },
    ...more,
  })
  test('comes back over TCP when the answer was truncated', async () => {
    const { port } = await both()
    const got = await ask(query(port, { name: 'large.inxt', type: types.TXT }))
    assert.equal(got.answers.length, 1)
    assert.equal(got.flags & flagBits.TC, 0)
  })
  const asked = decodeMessage(question('welcome.inxt', types.A))
  const [repeated] = asked.questions
  const answered = { ...asked, flags: flagBits.QR }
  const rows: [label: string, message: Message, taken: boolean][] = [
    ['an answer', answered, true],
    ['a folded name', { ...answered, questions: [{ ...repeated!, name: parseName('WELCOME.inxt') }] }, true],
    ['an error without a question', { ...answered, flags: flagBits.QR | 1, questions: [] }, true],
    ['no error without a question', { ...answered, questions: [] }, false],
    ['another id', { ...answered, id: 8 }, false],
    ['a query', asked, false],
    ['another name', { ...answered, questions: [{ ...repeated!, name: parseName('other.inxt') }] }, false],
    ['another type', { ...answered, questions: [{ ...repeated!, type: types.TXT }] }, false],
    ['another class', { ...answered, questions: [{ ...repeated!, class: 3 }] }, false],
    ['two questions', { ...answered, questions: [repeated!, repeated!] }, false],
  ]
  for (const [label, message, taken] of rows) {
    test(`${taken ? 'takes' : 'does not hear'} ${label}`, () =>
      assert.equal(answerTo(asked, encodeMessage(message)) !== undefined, taken))
  }
  test('does not hear garbage', () => assert.equal(answerTo(asked, Uint8Array.of(1, 2, 3)), undefined))
  test('asks again when a datagram was lost', async () => {
    let lost = 0
    const { port } = await udp((...query) => (lost++ === 0 ? undefined : respond(...query)))
    const got = await ask(query(port, { timeoutMs: 1500 }))
    assert.equal(got.answers.length, 1)
  })
  test('a closed port is a Fault at once, silence one at the deadline', async () => {
    const listening = await serveUdp({ address, port: 0, respond, meter, log: silentLog })
    await listening.close()
    await assert.rejects(ask(query(listening.port)), error => isFault(error, 'net/unreachable'))
    const { port } = await udp(() => undefined)
    await assert.rejects(ask(query(port, { timeoutMs: 50 })), error => {
      assert.ok(isFault(error, 'net/unreachable'))
      assert.match(error.message, /welcome\.inxt\. A .*deadline/)
      return true
    })
  })
  test('a name that is none is a Fault', async () => {
    await assert.rejects(ask(query(1, { name: 'a..b' })), error => isFault(error, 'name/invalid'))
  })
})
