// The callee's side of a call stream: each request goes to its handler, bounded in number and in time.

import { Fault } from '../../base/fault.ts'
import type { Clock } from '../../base/io/clock.ts'
import type { Meter } from '../../base/meter.ts'
import { type CallFrame, encodeCall } from '../call-frame.ts'
import type { PeerId } from '../peer.ts'
import { readFrames, type Stream } from './call-stream.ts'

export type Handler = (from: PeerId, body: Uint8Array) => Promise<Uint8Array>

/** Answers the requests of one inbound stream, as many at once as may be under way; more than that is refused. */
export function answerCalls(
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
