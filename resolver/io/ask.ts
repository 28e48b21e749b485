// A small client: one question, one answer, one deadline. For the command line and the tests; it is no
// resolver.
//
// Against forged answers (RFC 5452): a random id, a source port of the system's choice, a socket that hears
// nobody but the server, and an answer must repeat the question. A datagram may get lost, so the question
// is sent again twice before the deadline; an answer that was truncated is asked for over TCP.

import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { createConnection, isIPv6 } from 'node:net'
import { Fault, isFault } from '../../base/fault.ts'
import { classes, typeText } from '../wire/code.ts'
import { optRecord } from '../wire/edns.ts'
import { createFramer, frame } from '../wire/frame.ts'
import { flagBits } from '../wire/header.ts'
import { decodeMessage, encodeMessage, type Message } from '../wire/message.ts'
import { foldCase, nameText, parseName } from '../wire/name.ts'

export interface Ask {
  /** An IP address. */
  readonly server: string
  readonly port: number
  /** In presentation: `welcome.inxt`. */
  readonly name: string
  /** A number of `types`. */
  readonly type: number
  readonly timeoutMs: number
}

const sendsMax = 3
const udpBytesMax = 1232

/**
 * The server's answer, whatever its rcode. Throws Fault `net/unreachable` when none came in time or the
 * port is closed, `name/invalid` for a name that is none.
 */
export async function ask(options: Ask): Promise<Message> {
  const deadline = AbortSignal.timeout(options.timeoutMs)
  const query = queryFor(options)
  const answer = await askUdp(options, query, deadline)
  return (answer.flags & flagBits.TC) === 0 ? answer : askTcp(options, query, deadline)
}

function queryFor({ name, type }: Ask): Message {
  const edns = { udpBytesMax, version: 0, dnssecOk: false, rcodeHigh: 0, options: [] }
  return {
    id: randomInt(0x1_0000),
    flags: 0,
    questions: [{ name: parseName(name), type, class: classes.IN }],
    answers: [],
    authorities: [],
    additionals: [optRecord(edns)],
  }
}

/** The message in `packet` if it answers `query`; anything else is as good as nothing. */
export function answerTo(query: Message, packet: Uint8Array): Message | undefined {
  let message: Message
  try {
    message = decodeMessage(packet)
  } catch (error) {
    if (isFault(error, 'bytes/malformed')) return undefined
    throw error
  }
  if (message.id !== query.id || (message.flags & flagBits.QR) === 0) return undefined
  const asked = query.questions[0]!
  const [repeated] = message.questions
  // A server that could not read the question cannot repeat it, but then it has only an error to tell.
  if (repeated === undefined) return (message.flags & 0xf) !== 0 ? message : undefined
  const same =
    message.questions.length === 1 &&
    foldCase(repeated.name) === foldCase(asked.name) &&
    repeated.type === asked.type &&
    repeated.class === asked.class
  return same ? message : undefined
}

function unreachable(options: Ask, why: string, cause?: unknown): Fault {
  const { server, port, name, type, timeoutMs } = options
  const what = `${nameText(parseName(name))} ${typeText(type)}`
  const place = `${isIPv6(server) ? `[${server}]` : server}:${port}`
  return new Fault(
    'net/unreachable',
    `DNS server ${place} gave no answer to ${what} (${why}, ${timeoutMs} ms).`,
    {
      cause,
    },
  )
}

function askUdp(options: Ask, query: Message, deadline: AbortSignal): Promise<Message> {
  const { server, port, timeoutMs } = options
  const socket = createSocket({ type: isIPv6(server) ? 'udp6' : 'udp4' })
  const packet = encodeMessage(query)
  return new Promise<Message>((resolve, reject) => {
    const fail = (why: string, cause?: unknown): void => reject(unreachable(options, why, cause))
    const send = (): void => socket.send(packet, error => error && fail(error.message, error))
    let again: NodeJS.Timeout | undefined
    const late = (): void => fail('deadline passed')
    deadline.addEventListener('abort', late)
    socket.once('close', () => {
      clearInterval(again)
      deadline.removeEventListener('abort', late)
    })
    socket.on('error', error => fail(error.message, error))
    socket.on('message', bytes => {
      const answer = answerTo(query, bytes)
      if (answer !== undefined) resolve(answer)
    })
    socket.once('connect', () => {
      send()
      again = setInterval(send, Math.max(1, Math.ceil(timeoutMs / sendsMax)))
    })
    socket.connect(port, server)
  }).finally(() => socket.close())
}

function askTcp(options: Ask, query: Message, deadline: AbortSignal): Promise<Message> {
  const socket = createConnection({ host: options.server, port: options.port, noDelay: true })
  const framer = createFramer()
  return new Promise<Message>((resolve, reject) => {
    const fail = (why: string, cause?: unknown): void => reject(unreachable(options, why, cause))
    const late = (): void => fail('deadline passed')
    if (deadline.aborted) late()
    deadline.addEventListener('abort', late)
    socket.once('close', () => {
      deadline.removeEventListener('abort', late)
      fail('connection closed')
    })
    socket.on('error', error => fail(error.message, error))
    socket.on('data', chunk => {
      framer.push(chunk)
      for (let bytes = framer.next(); bytes !== undefined; bytes = framer.next()) {
        const answer = answerTo(query, bytes)
        if (answer !== undefined) resolve(answer)
      }
    })
    socket.write(frame(encodeMessage(query)))
  }).finally(() => socket.destroy())
}
