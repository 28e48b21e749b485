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
import { type CallFrame, CallSplitter, decodeCall, encodeCall } from '../call-frame.ts'
import type { PeerId } from '../peer.ts'

type Stream = Awaited<ReturnType<Libp2p['dialProtocol']>>

export type Contact = Address & { readonly id: PeerId }
export type Handler = (from: PeerId, body: Uint8Array) => Promise<Uint8Array>

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

  await node.handle(
    protocol,
    (stream, connection) => {
      serve(stream, connection.remotePeer.toString(), handlers, {
        meter,
        clock,
        callsPerPeerMax,
        handlerTimeoutMs,
      })
    },
    { maxInboundStreams: 2 },
  )
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

/** Answers the requests of one inbound stream, as many at once as may be under way; more than that is refused. */
function serve(
  stream: Stream,
  from: PeerId,
  handlers: ReadonlyMap<string, Handler>,
  options: { meter: Meter; clock: Clock; callsPerPeerMax: number; handlerTimeoutMs: number },
): void {
  const { meter, clock, callsPerPeerMax, handlerTimeoutMs } = options
  let underWay = 0
  stream.inactivityTimeout = 0x7fffffff
  const send = (frame: CallFrame): void => {
    // Who does not read its replies is let go before they fill the memory.
    if (stream.writeBufferLength > 4 * 1024 * 1024) stream.abort(new Error('replies are not read'))
    else if (stream.status === 'open' && stream.writeStatus === 'writable') stream.send(encodeCall(frame))
  }
  readFrames(stream, meter, frame => {
    if (frame.kind !== 'request') return
    const { call } = frame
    const handler = handlers.get(frame.method)
    meter.count('overlay.calls.received')
    if (!handler) return send({ kind: 'refusal', call, reason: 'no such method' })
    if (underWay >= callsPerPeerMax)
      return send({ kind: 'refusal', call, reason: 'too many calls under way' })
    underWay++
    // A handler that hangs must not keep its place for ever.
    inTime(handler(from, Uint8Array.from(frame.body)), clock, handlerTimeoutMs)
      .then(body => send({ kind: 'reply', call, body }))
      .catch(error => {
        meter.count(error instanceof Fault ? 'overlay.calls.refused' : 'overlay.calls.broken')
        const reason = error instanceof Fault ? error.message : 'internal'
        send({ kind: 'refusal', call, reason })
      })
      .finally(() => underWay--)
  })
}

function inTime<Value>(work: Promise<Value>, clock: Clock, timeoutMs: number): Promise<Value> {
  return new Promise((resolve, reject) => {
    const fault = new Fault('net/unreachable', `not done in ${timeoutMs} ms`)
    const cancel = clock.after(timeoutMs, () => reject(fault))
    work.then(resolve, reject).finally(cancel)
  })
}

function readFrames(stream: Stream, meter: Meter, take: (frame: CallFrame) => void): void {
  const splitter = new CallSplitter()
  stream.addEventListener('message', ({ data }) => {
    try {
      for (const frame of splitter.push(data.subarray())) take(decodeCall(frame))
    } catch (error) {
      meter.count('overlay.calls.malformed')
      stream.abort(error as Error)
    }
  })
}

function unreachable(to: Contact, why: string): Fault {
  return new Fault('net/unreachable', `peer ${to.id.slice(-8)} at ${to.host}:${to.port}: ${why}`)
}
