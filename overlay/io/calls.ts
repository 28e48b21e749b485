// Calls: request and reply between peers over one long-lived stream for each direction.
//
// Opening a stream costs ten times a message on an open one, so the first call opens it and all others share it; when
// it breaks, the calls under way fail and the next call dials again. Everything is bounded: calls under way per peer
// in both directions, bytes of a frame, time. Silence, loss and refusal are one Fault, `net/unreachable`, because the
// caller's answer to each is the same: ask another.

import { multiaddr } from '@multiformats/multiaddr'
import type { Libp2p } from 'libp2p'
import { Fault } from '../../base/fault.ts'
import type { Clock } from '../../base/io/clock.ts'
import type { Meter } from '../../base/meter.ts'
import type { Address } from '../address.ts'
import { type CallFrame, encodeCall } from '../call-frame.ts'
import type { PeerId } from '../peer.ts'
import { answerCalls, type Handler } from './answers.ts'
import { readFrames, type Stream } from './call-stream.ts'

export type Contact = Address & { readonly id: PeerId }

export type Calls = {
  /** Answers calls of this method. A handler that throws a Fault refuses the call; the caller gets its message. */
  handle(method: string, handler: Handler): void
  /** The reply's body. Fault `net/unreachable` (silence, loss, refusal, too many under way) or `bytes/too-large`. */
  call(to: Contact, method: string, body: Uint8Array, timeoutMs: number): Promise<Uint8Array>
  close(): Promise<void>
}

export type CallsOptions = {
  node: Libp2p
  clock: Clock
  meter: Meter
  callsPerPeerMax?: number
  handlerTimeoutMs?: number
}

type Waiting = { settle(outcome: Uint8Array | Fault): void }
type Line = { ready: Promise<Stream>; waiting: Map<number, Waiting>; isBroken: boolean }

const protocol = '/inxt/calls/1'

export async function openCalls(options: CallsOptions): Promise<Calls> {
  const { node, clock, meter, callsPerPeerMax = 64, handlerTimeoutMs = 10_000 } = options
  const handlers = new Map<string, Handler>()
  const lines = new Map<PeerId, Line>()
  let lastCall = 0

  const openLine = (to: Contact): Line => {
    const known = lines.get(to.id)
    if (known && !known.isBroken) return known
    const line: Line = { ready: dial(node, to), waiting: new Map(), isBroken: false }
    lines.set(to.id, line)
    const breakLine = (why: string): void => {
      line.isBroken = true
      if (lines.get(to.id) === line) lines.delete(to.id)
      for (const waiting of [...line.waiting.values()]) waiting.settle(unreachable(to, why))
    }
    line.ready.then(
      stream => {
        stream.addEventListener('close', () => breakLine('the stream closed'))
        if (stream.status !== 'open') breakLine('the stream closed')
        readFrames(stream, meter, frame => takeReply(frame, line, to))
      },
      () => breakLine('it cannot be dialled'),
    )
    return line
  }

  const call: Calls['call'] = (to, method, body, timeoutMs) => {
    const line = openLine(to)
    if (line.waiting.size >= callsPerPeerMax)
      return Promise.reject(unreachable(to, 'too many calls under way'))
    lastCall = (lastCall + 1) >>> 0
    const id = lastCall
    return new Promise((resolve, reject) => {
      const cancel = clock.after(timeoutMs, () => settle(unreachable(to, `no answer in ${timeoutMs} ms`)))
      const settle = (outcome: Uint8Array | Fault): void => {
        cancel()
        line.waiting.delete(id)
        if (outcome instanceof Fault) reject(outcome)
        else resolve(outcome)
      }
      line.waiting.set(id, { settle })
      line.ready.then(
        stream => {
          if (line.waiting.has(id))
            sendOrFail(stream, { kind: 'request', call: id, method, body }, to, settle)
        },
        () => settle(unreachable(to, 'it cannot be dialled')),
      )
    })
  }

  const bounds = { meter, clock, callsPerPeerMax, handlerTimeoutMs }
  const answer = (stream: Stream, connection: { remotePeer: { toString(): string } }): void =>
    answerCalls(stream, connection.remotePeer.toString(), handlers, bounds)
  await node.handle(protocol, answer, { maxInboundStreams: 2 })
  return {
    handle: (method, handler) => void handlers.set(method, handler),
    call,
    async close() {
      await node.unhandle(protocol)
      for (const line of [...lines.values()])
        line.ready.then(
          stream => stream.abort(closing),
          () => {},
        )
      for (const line of [...lines.values()])
        for (const waiting of [...line.waiting.values()]) waiting.settle(closing)
    },
  }
}

const closing = new Fault('net/unreachable', 'this peer is closing')

async function dial(node: Libp2p, to: Contact): Promise<Stream> {
  const address = multiaddr(`/ip4/${to.host}/tcp/${to.port}/p2p/${to.id}`)
  const stream = await node.dialProtocol(address, protocol)
  stream.inactivityTimeout = 0x7fffffff
  return stream
}

function sendOrFail(stream: Stream, frame: CallFrame, to: Contact, settle: (fault: Fault) => void): void {
  try {
    stream.send(encodeCall(frame))
  } catch (error) {
    settle(error instanceof Fault ? error : unreachable(to, 'the stream cannot be written'))
  }
}

function takeReply(frame: CallFrame, line: Line, to: Contact): void {
  const waiting = line.waiting.get(frame.call) // absent: it was given up before
  if (frame.kind === 'reply') waiting?.settle(Uint8Array.from(frame.body))
  if (frame.kind === 'refusal') waiting?.settle(unreachable(to, `it refused: ${frame.reason}`))
}

function unreachable(to: Contact, why: string): Fault {
  return new Fault('net/unreachable', `peer ${to.id.slice(-8)} at ${to.host}:${to.port}: ${why}`)
}
