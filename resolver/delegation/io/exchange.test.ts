import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { describe, test } from 'node:test'
import { types } from '../../wire/code.ts'
import { createFramer, frame } from '../../wire/frame.ts'
import { flagBits } from '../../wire/header.ts'
import { decodeMessage, encodeMessage, type Message } from '../../wire/message.ts'
import { foldCase, nameText, parseName } from '../../wire/name.ts'
import { askableFrom, createExchange } from './exchange.ts'

const name = parseName('a-name-with-letters-enough.example.com')
const asked = { server: '127.0.0.1', name, type: types.NS }
const never = new AbortController().signal
const answer = (query: Message, changes: Partial<Message> = {}): Message => ({
  ...query,
  flags: flagBits.QR | flagBits.AA,
  additionals: [],
  ...changes,
})

/** A server that answers each datagram with `udp`, and each message over TCP with `tcp`; what it was asked. */
async function serve(
  udp: (query: Message) => readonly Message[],
  tcp: (query: Message) => readonly Message[] = () => [],
): Promise<{ port: number; queries: Message[] } & AsyncDisposable> {
  const queries: Message[] = []
  const read = (packet: Uint8Array): Message => {
    const query = decodeMessage(packet)
    queries.push(query)
    return query
  }
  const stream = createServer(socket => {
    const framer = createFramer()
    socket.on('error', () => {})
    socket.on('data', chunk => {
      framer.push(chunk)
      for (let packet = framer.next(); packet !== undefined; packet = framer.next()) {
        const answers = tcp(read(packet))
        if (answers.length === 0) socket.destroy()
        for (const one of answers) socket.write(frame(encodeMessage(one)))
      }
    })
  })
  await once(stream.listen(0, '127.0.0.1'), 'listening')
  const { port } = stream.address() as AddressInfo
  const socket = createSocket('udp4')
  socket.on('message', (packet, from) => {
    for (const one of udp(read(packet))) socket.send(encodeMessage(one), from.port, from.address)
  })
  socket.bind(port, '127.0.0.1')
  await once(socket, 'listening')
  return {
    port,
    queries,
    async [Symbol.asyncDispose]() {
      socket.close()
      await new Promise(resolve => stream.close(resolve))
    },
  }
}

describe('one question', () => {
  const ask = (port: number, timeoutMs = 300, signal = never): Promise<Message | undefined> =>
    createExchange({ port, timeoutMs, mayAsk: () => true })(asked, signal)

  test('has another id and other capitals each time', async () => {
    await using server = await serve(query => [answer(query)])
    for (let i = 0; i < 3; i++) assert.ok(await ask(server.port))
    assert.equal(new Set(server.queries.map(({ id }) => id)).size, 3)
    const spellings = server.queries.map(({ questions }) => questions[0]!.name)
    assert.equal(new Set(spellings).size, 3)
    for (const spelling of spellings) assert.equal(foldCase(spelling), name, nameText(spelling))
  })

  test('is not answered by another id, another question, or noise before the answer', async () => {
    await using server = await serve(query => [
      answer(query, { id: query.id ^ 1 }),
      answer(query, { questions: [{ ...query.questions[0]!, name: parseName('other.com') }] }),
      answer(query, { flags: 0 }),
      answer(query, { flags: flagBits.QR | 3 }),
    ])
    assert.equal((await ask(server.port))!.flags & 0xf, 3)
  })

  test('is asked again when the datagram is lost', async () => {
    let count = 0
    await using server = await serve(query => (++count < 3 ? [] : [answer(query)]))
    assert.ok(await ask(server.port, 600))
  })

  const folded = (query: Message): Message => answer(query, { questions: [{ ...query.questions[0]!, name }] })
  const rows: [what: string, udp: (query: Message) => Message][] = [
    ['was cut short', query => answer(query, { flags: flagBits.QR | flagBits.TC })],
    ['does not repeat the capitals', folded],
  ]
  for (const [what, udp] of rows) {
    test(`is asked over TCP when the answer ${what}`, async () => {
      await using server = await serve(
        query => [udp(query)],
        query => [answer(query, { id: query.id ^ 1 }), answer(query, { flags: flagBits.QR | 5 })],
      )
      assert.equal((await ask(server.port))!.flags & 0xf, 5)
    })
  }

  test('comes to nothing with silence, a closed connection, a closed port, and an abort', async () => {
    await using silent = await serve(() => [])
    await using closing = await serve(query => [folded(query)])
    const gone = await serve(() => [])
    await gone[Symbol.asyncDispose]()
    assert.equal(await ask(silent.port, 50), undefined)
    assert.equal(await ask(closing.port), undefined)
    assert.equal(await ask(gone.port, 5000), undefined)
    const abort = new AbortController()
    const waiting = ask(silent.port, 5000, abort.signal)
    abort.abort()
    assert.equal(await waiting, undefined)
    assert.equal(await ask(silent.port, 5000, abort.signal), undefined)
  })

  test('is not sent to whom it may not be', async () => {
    await using server = await serve(query => [answer(query)])
    const exchange = createExchange({
      port: server.port,
      timeoutMs: 300,
      mayAsk: askableFrom(['198.41.0.4']),
    })
    assert.equal(await exchange(asked, never), undefined)
    assert.equal(server.queries.length, 0)
  })
})

test('who may be asked', () => {
  const mayAsk = askableFrom(['198.41.0.4', '2001:503:ba3e::2:30'])
  const no = [
    '127.0.0.1',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '0.0.0.0',
  ]
  const no6 = ['::1', '::', '::ffff:127.0.0.1', 'fe80::1', 'fd00::1', 'ff02::1']
  for (const address of [...no, ...no6]) assert.equal(mayAsk(address), false, address)
  for (const address of ['192.0.2.1', '8.8.8.8', '172.32.0.1', '2606:4700::1'])
    assert.equal(mayAsk(address), true, address)
  assert.equal(askableFrom(['10.0.0.1'])('10.1.2.3'), true)
})
