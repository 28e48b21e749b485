// One question to one server, and the message that answers it, or undefined when none does in time.
//
// Against forged answers (RFC 5452): a random id and source port, a socket that hears nobody but the server, and the
// case of the letters at random, which the answer must repeat (draft-vixie-dnsext-dns0x20). What was cut short, or does
// not repeat the case, is asked for again over TCP, where nobody on the side can speak. Addresses come from strangers'
// zones, so those of this machine and of private networks are not asked, unless the roots are there themselves.

import { randomBytes, randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { BlockList, connect, isIPv6 } from 'node:net'
import { answerTo } from '../../io/ask.ts'
import { classes } from '../../wire/code.ts'
import { optRecord } from '../../wire/edns.ts'
import { createFramer, frame } from '../../wire/frame.ts'
import { flagBits } from '../../wire/header.ts'
import { encodeMessage, type Message } from '../../wire/message.ts'
import type { Name } from '../../wire/name.ts'
import type { Question } from '../walk.ts'

export interface ExchangeOptions {
  readonly port: number
  readonly timeoutMs: number
  /** Whether a server of this address may be asked. */
  readonly mayAsk: (address: string) => boolean
}

export type Exchange = (question: Question, signal: AbortSignal) => Promise<Message | undefined>

const sendsMax = 3
const udpBytesMax = 1232

/** RFC 6890: what is not an address of one machine on the Internet. */
const special = new BlockList()
const ipv4 = ['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12']
const ipv6 = ['::/96', '64:ff9b:1::/48', 'fc00::/7', 'fe80::/10', 'ff00::/8']
for (const [family, networks] of [
  ['ipv4', [...ipv4, '192.168.0.0/16', '224.0.0.0/3']],
  ['ipv6', ipv6],
] as const) {
  for (const [network, bits] of networks.map(text => text.split('/'))) {
    special.addSubnet(network!, Number(bits), family)
  }
}

/** Who may be asked in a network with these roots: everybody where one of them is private. */
export function askableFrom(roots: readonly string[]): (address: string) => boolean {
  const isSpecial = (address: string): boolean => special.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
  return roots.some(isSpecial) ? () => true : address => !isSpecial(address)
}

export function createExchange({ port, timeoutMs, mayAsk }: ExchangeOptions): Exchange {
  return async (question, signal) => {
    if (!mayAsk(question.server)) return undefined
    const query = queryFor(question)
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
    const answer = await overUdp(question.server, port, query, deadline, timeoutMs)
    if (answer === undefined) return undefined
    const isWhole = (answer.flags & flagBits.TC) === 0
    if (isWhole && (answer.questions[0] === undefined || isRepeated(query, answer))) return answer
    return overTcp(question.server, port, query, deadline)
  }
}

function isRepeated(query: Message, answer: Message): boolean {
  return answer.questions[0]!.name === query.questions[0]!.name
}

function queryFor({ name, type }: Question): Message {
  const edns = { udpBytesMax, version: 0, dnssecOk: false, rcodeHigh: 0, options: [] }
  return {
    id: randomInt(0x1_0000),
    flags: 0,
    questions: [{ name: mixedCase(name), type, class: classes.IN }],
    answers: [],
    authorities: [],
    additionals: [optRecord(edns)],
  }
}

/** Lengths end at 63, below the letters, so a name is changed in its labels alone. */
function mixedCase(name: Name): Name {
  const coins = randomBytes(name.length)
  return name.replace(/[a-z]/g, (letter, at: number) =>
    coins[at]! & 1 ? letter.toUpperCase() : letter,
  ) as Name
}

function overUdp(
  server: string,
  port: number,
  query: Message,
  deadline: AbortSignal,
  timeoutMs: number,
): Promise<Message | undefined> {
  const socket = createSocket(isIPv6(server) ? 'udp6' : 'udp4')
  const packet = encodeMessage(query)
  return new Promise<Message | undefined>(resolve => {
    const giveUp = (): void => resolve(undefined)
    const send = (): void => socket.send(packet, error => error && giveUp())
    let again: NodeJS.Timeout | undefined
    socket.once('close', () => {
      clearInterval(again)
      deadline.removeEventListener('abort', giveUp)
    })
    // A refusal by ICMP, and a family that this machine does not have, arrive here.
    socket.on('error', giveUp)
    socket.on('message', bytes => {
      const answer = answerTo(query, bytes)
      if (answer !== undefined) resolve(answer)
    })
    socket.once('connect', () => {
      send()
      again = setInterval(send, Math.ceil(timeoutMs / sendsMax))
    })
    deadline.addEventListener('abort', giveUp)
    if (deadline.aborted) giveUp()
    else socket.connect(port, server)
  }).finally(() => socket.close())
}

function overTcp(
  server: string,
  port: number,
  query: Message,
  deadline: AbortSignal,
): Promise<Message | undefined> {
  const socket = connect({ host: server, port, noDelay: true })
  const framer = createFramer()
  return new Promise<Message | undefined>(resolve => {
    const giveUp = (): void => resolve(undefined)
    socket.once('close', () => {
      deadline.removeEventListener('abort', giveUp)
      giveUp()
    })
    socket.on('error', giveUp)
    socket.on('data', chunk => {
      framer.push(chunk)
      for (let bytes = framer.next(); bytes !== undefined; bytes = framer.next()) {
        const answer = answerTo(query, bytes)
        if (answer !== undefined && isRepeated(query, answer)) resolve(answer)
      }
    })
    deadline.addEventListener('abort', giveUp)
    if (deadline.aborted) giveUp()
    socket.write(frame(encodeMessage(query)))
  }).finally(() => socket.destroy())
}
