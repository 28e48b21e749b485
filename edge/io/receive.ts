// From Node's request to a request as data, with a signal that says when its answer is no longer wanted.
//
// Two things end a request early: the client closes, or nobody has an answer in time. Both are the same
// signal to whoever fetches, with a Fault as its reason, so that a page can still say what happened.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { Fault } from '../../base/fault.ts'
import type { Clock } from '../../base/io/clock.ts'
import type { Field, IngressRequest } from '../message.ts'
import { gone } from './send.ts'

export interface Received {
  readonly request: IngressRequest
  /** The client got its answer's first byte in time, or will not: stops that clock. */
  answered(): void
  /** Whether a body was announced that nobody has read to its end. */
  bodyLeft(): boolean
  /** Reads on for a moment and forgets it, so that closing does not reset the connection over the answer. */
  linger(): Promise<void>
}

export interface ReceiveOptions {
  readonly clock: Clock
  readonly answerTimeoutMs: number
}

/**
 * What a client may still send into the void after its answer is out: about what is under way on a fast line.
 * Closing with bytes unread makes TCP send a reset, which can overtake the answer (RFC 9112 §9.6).
 */
const lingerBytesMax = 8 * 1024 * 1024
const lingerMs = 2_000

export function receive(message: IncomingMessage, to: ServerResponse, options: ReceiveOptions): Received {
  const { clock, answerTimeoutMs } = options
  const controller = new AbortController()
  const method = message.method ?? ''
  to.once('close', () => {
    cancel()
    if (!to.writableFinished) controller.abort(new Fault('net/unreachable', 'The client has gone.'))
  })
  const reading = method === 'GET' || method === 'HEAD'
  const overdue = (): void =>
    controller.abort(new Fault('net/unreachable', `No holder answered within ${answerTimeoutMs} ms.`))
  const cancel = reading ? clock.after(answerTimeoutMs, overdue) : () => {}
  const announced =
    message.headers['transfer-encoding'] !== undefined || Number(message.headers['content-length'] ?? 0) > 0
  const request: IngressRequest = {
    method,
    target: message.url ?? '',
    version: message.httpVersion === '1.0' ? '1.0' : '1.1',
    secure: 'encrypted' in message.socket,
    fields: pairs(message.rawHeaders),
    trailers: () => pairs(message.rawTrailers),
    body: bodyOf(message, to),
    client: message.socket.remoteAddress ?? '',
    receivedAt: clock.now(),
    signal: controller.signal,
  }
  const bodyLeft = (): boolean => announced && !message.readableEnded
  const linger = async (): Promise<void> => {
    if (bodyLeft() && !awaitsContinue(message)) await discard(message, clock)
  }
  return { request, answered: cancel, bodyLeft, linger }
}

/** Until it hears `100 Continue`, such a client sends nothing. */
function awaitsContinue(message: IncomingMessage): boolean {
  return message.headers.expect?.toLowerCase() === '100-continue'
}

function discard(message: IncomingMessage, clock: Clock): Promise<void> {
  return new Promise(resolve => {
    let total = 0
    const onData = (chunk: Uint8Array): void => {
      total += chunk.length
      if (total > lingerBytesMax) done()
    }
    const done = (): void => {
      cancel()
      message.off('data', onData).off('end', done).off('close', done).pause()
      resolve()
    }
    const cancel = clock.after(lingerMs, done)
    message.on('data', onData).once('end', done).once('close', done).resume()
  })
}

/** `100 Continue` goes out only when somebody wants the body: a refused upload never crosses the wire. */
async function* bodyOf(message: IncomingMessage, to: ServerResponse): AsyncGenerator<Uint8Array> {
  if (awaitsContinue(message) && !gone(to)) to.writeContinue()
  try {
    for await (const chunk of message.iterator({ destroyOnReturn: false })) yield chunk as Uint8Array
  } catch (error) {
    throw new Fault('net/unreachable', 'The client stopped in the middle of the request.', { cause: error })
  }
}

/** Node's flat list of names and values as pairs, in order, duplicates kept. */
function pairs(raw: readonly string[]): Field[] {
  const fields: Field[] = []
  for (let i = 0; i + 1 < raw.length; i += 2) fields.push([raw[i]!, raw[i + 1]!])
  return fields
}
