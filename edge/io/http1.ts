// A socket that speaks HTTP/1: requests from the reader below, answers from the ingress above, one at a time.
//
// What is unusual ends the connection rather than being understood: a body that nobody read, an answer of unknown
// length under HTTP/1.0, a head that is none. Closing is slow on purpose (RFC 9112 §9.6): octets that come after we
// have gone make TCP send a reset, which can overtake the answer.

import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { Fault } from '../../base/fault.ts'
import type { Head, Refused } from '../http1/head.ts'
import { Http1Reader, type Told } from '../http1/reader.ts'
import { type Field, fieldLines, type IngressResponse, type Tunnel } from '../message.ts'
import {
  begin,
  type Context,
  type Conversation,
  clientGone,
  type Exchange,
  promised,
  refusal,
} from './exchange.ts'
import { Incoming } from './incoming.ts'
import { Pace } from './pace.ts'

/** What may be read ahead of whoever takes it: a body's next part, or requests that wait for their turn. */
const aheadBytesMax = 64 * 1024
const copyBytesMax = 32 * 1024
/** What a client may still send into the void: about what is under way on a fast line. */
const lingerBytesMax = 8 * 1024 * 1024

interface Turn {
  readonly head: Head
  readonly incoming: Incoming
  readonly exchange: Exchange
  /** The rest of its body is none. */
  refused: Refused | undefined
}

export class Http1Conversation implements Conversation {
  readonly #context: Context
  readonly #socket: Socket
  readonly #secure: boolean
  readonly #client: string
  readonly #reader: Http1Reader
  readonly #pace: Pace
  #turn: Turn | undefined
  #aheadBytes = 0
  #requests = 0
  #wake: (() => void) | undefined
  #state: 'open' | 'closing' | 'tunnel' = 'open'

  constructor(context: Context, socket: Socket, secure: boolean) {
    this.#context = context
    this.#socket = socket
    this.#secure = secure
    this.#client = socket.remoteAddress ?? ''
    this.#reader = new Http1Reader(context.limits)
    this.#pace = new Pace(context.limits, context.clock.now())
    socket.on('data', this.#onData)
    socket.on('drain', () => this.#wake?.())
    socket.on('end', this.#onEnd)
    socket.once('close', () => this.#closed())
  }

  drain(): void {
    if (this.#turn === undefined && this.#state === 'open') this.#socket.end(() => this.#socket.destroy())
  }

  sweep(now: number): void {
    if (this.#state !== 'open') return
    const turn = this.#turn
    turn?.exchange.sweep(now)
    const body = turn !== undefined && !turn.incoming.ended
    const idle = this.#requests > 0 && !this.#reader.begun
    this.#pace.enter(body ? 'body' : turn !== undefined ? 'answer' : idle ? 'idle' : 'head', now)
    const waits = turn !== undefined && this.#socket.writableNeedDrain
    const sent = this.#socket.bytesWritten - this.#socket.writableLength
    const late = this.#pace.overdue(now, waits, sent)
    if (late === undefined) return
    this.#context.meter.count(late === 'idle' ? 'http.idle' : 'http.slow')
    if (late === 'head' && this.#reader.begun) void this.#refuse(408, 'The request did not come to its end.')
    else this.#socket.destroy()
  }

  readonly #onData = (bytes: Buffer): void => {
    this.#hear(this.#reader.receive(bytes))
    this.#holdBack()
  }

  /** A client that has said all may still hear all, but not for long: most that say so have gone. */
  readonly #onEnd = (): void => {
    const turn = this.#turn
    const { clock, limits } = this.#context
    if (turn === undefined) this.#socket.end(() => this.#socket.destroy())
    else if (!turn.incoming.ended) this.#socket.destroy()
    else {
      const cancel = clock.after(limits.lingerMs, () => turn.exchange.abandon())
      void turn.exchange.response.then(cancel)
    }
  }

  #holdBack(): void {
    const much = this.#aheadBytes > aheadBytesMax || this.#reader.heldBytes > aheadBytesMax
    if (much) this.#socket.pause()
    else if (this.#socket.isPaused()) this.#socket.resume()
  }

  #hear(told: readonly Told[]): void {
    for (const one of told) {
      if (one.kind === 'head') this.#begin(one.head)
      else if (one.kind === 'data') {
        this.#aheadBytes += one.bytes.length
        this.#turn?.incoming.push(one.bytes)
      } else if (one.kind === 'ended') this.#turn?.incoming.end(one.trailers)
      else {
        this.#context.meter.count('http.malformed')
        this.#break(one.refused)
      }
    }
  }

  #break(refused: Refused): void {
    const turn = this.#turn
    if (turn === undefined) {
      void this.#refuse(refused.status, refused.message)
      return
    }
    turn.refused = refused
    turn.incoming.fail(new Fault('bytes/malformed', refused.message))
  }

  #begin(head: Head): void {
    this.#requests++
    const { method, target, version, fields } = head
    const incoming = new Incoming({
      asked: () => {
        const asks = head.asksFirst && head.body !== 0 && !incoming.ended
        if (asks && !this.#socket.writableEnded) this.#socket.write('HTTP/1.1 100 Continue\r\n\r\n')
      },
      taken: bytes => {
        this.#aheadBytes -= bytes
        this.#holdBack()
      },
    })
    const from = { secure: this.#secure, client: this.#client }
    const body = { body: incoming.body, trailers: () => incoming.trailers }
    const exchange = begin(this.#context, { method, target, version, fields, ...from, ...body })
    this.#turn = { head, incoming, exchange, refused: undefined }
    void this.#answer(this.#turn)
  }

  /** Never rejects. */
  async #answer(turn: Turn): Promise<void> {
    const { exchange, incoming, head } = turn
    const { meter, log } = this.#context
    try {
      let response = await exchange.response
      if (this.#socket.destroyed) return
      if (turn.refused !== undefined) response = unreadable(turn.refused.status, turn.refused.message)
      if (response.tunnel !== undefined && response.status === 101) {
        await this.#tunnel(response, response.tunnel)
        return
      }
      // A body that nobody read would be taken for the next request, or read to its end for nothing.
      const last = this.#isLast(turn, response)
      const whole = await this.#send(head, response, last)
      if (last || !whole || !incoming.ended || turn.refused !== undefined) await this.#close()
    } catch (error) {
      const left = exchange.reason !== undefined
      meter.count(left ? 'http.left' : 'http.cut')
      if (!left) log.warn({ err: error, target: head.target }, 'an answer was cut')
      this.#socket.destroy()
    } finally {
      exchange.done()
      this.#turn = undefined
      this.#aheadBytes = 0
      if (this.#state === 'open' && !this.#socket.destroyed) this.#onward()
    }
  }

  #onward(): void {
    this.#hear(this.#reader.next())
    this.#holdBack()
    if (this.#turn === undefined && this.#socket.readableEnded) this.#socket.end(() => this.#socket.destroy())
  }

  #isLast({ head, incoming, refused }: Turn, { status, sizeBytes, body }: IngressResponse): boolean {
    const { closing, limits } = this.#context
    const endless = head.version === '1.0' && sizeBytes === undefined && body !== undefined
    // Whoever sends what cannot be read may mean its next octets in another way than we do, too.
    const doubtful = refused !== undefined || status === 400
    return (
      doubtful ||
      closing ||
      !head.persists ||
      !incoming.ended ||
      endless ||
      this.#requests >= limits.requestsPerConnectionMax
    )
  }

  /** Whether all went out; rejects with what the source throws. */
  async #send(head: Head, response: IngressResponse, last: boolean): Promise<boolean> {
    const { status, body, sizeBytes } = response
    const mute = head.method === 'HEAD' || status === 204 || status === 304
    const chunked = !mute && sizeBytes === undefined && body !== undefined && head.version === '1.1'
    const text = headText(response, connectionFields(head, last, chunked))
    if (mute || body === undefined) return this.#write(text)
    if (body instanceof Uint8Array && !chunked) {
      if (body.length === 0) return this.#write(text)
      // One write for what is small; what is large is not copied for each of its readers.
      if (body.length <= copyBytesMax) return this.#write(Buffer.concat([Buffer.from(text, 'latin1'), body]))
      this.#socket.write(text, 'latin1')
      return this.#write(body)
    }
    let before = text
    for await (const chunk of promised(response)) {
      const marks = chunked ? `${chunk.length.toString(16)}\r\n` : ''
      this.#socket.cork()
      if (before !== '' || marks !== '') this.#socket.write(before + marks, 'latin1')
      before = chunked ? '\r\n' : ''
      const wrote = this.#write(chunk)
      this.#socket.uncork()
      if (!(await wrote)) return false
    }
    if (!chunked) return before === '' || this.#write(before)
    const wanted = fieldLines(head.fields, 'te').some(value => /(^|[,\s])trailers($|[,;\s])/i.test(value))
    const trailers = wanted ? (response.trailers?.() ?? []) : []
    return this.#write(
      `${before}0\r\n${trailers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`,
    )
  }

  /** Resolves when there is room for more, false when there never will be. */
  async #write(part: string | Uint8Array): Promise<boolean> {
    if (this.#socket.destroyed) return false
    const room = typeof part === 'string' ? this.#socket.write(part, 'latin1') : this.#socket.write(part)
    if (room) return true
    await new Promise<void>(resolve => {
      this.#wake = resolve
    })
    this.#wake = undefined
    return !this.#socket.destroyed
  }

  async #refuse(status: number, what: string): Promise<void> {
    if (this.#state !== 'open') return
    this.#state = 'closing'
    const response = unreadable(status, what)
    const text = headText(response, [['Connection', 'close']])
    await this.#write(Buffer.concat([Buffer.from(text, 'latin1'), response.body as Uint8Array]))
    await this.#close()
  }

  /** Says that no more comes, and reads on for a moment into the void. */
  async #close(): Promise<void> {
    this.#state = 'closing'
    const socket = this.#socket
    if (socket.destroyed) return
    socket.off('data', this.#onData).off('end', this.#onEnd)
    await new Promise<void>(resolve => {
      let dropped = 0
      socket.on('data', (bytes: Buffer) => {
        dropped += bytes.length
        if (dropped > lingerBytesMax) resolve()
      })
      const cancel = this.#context.clock.after(this.#context.limits.lingerMs, resolve)
      socket.once('end', resolve).once('close', () => {
        cancel()
        resolve()
      })
      socket.resume()
      socket.end()
    })
    socket.destroySoon()
  }

  /** From here on the connection belongs to the tunnel (RFC 9110 §7.8). */
  async #tunnel(response: IngressResponse, tunnel: Tunnel): Promise<void> {
    this.#state = 'tunnel'
    const socket = this.#socket
    socket.off('data', this.#onData).off('end', this.#onEnd)
    const incoming = new Incoming({
      asked: () => {},
      taken: bytes => {
        this.#aheadBytes -= bytes
        this.#holdBack()
      },
    })
    const onData = (bytes: Buffer): void => {
      this.#aheadBytes += bytes.length
      incoming.push(bytes)
      this.#holdBack()
    }
    socket.on('data', onData).once('end', () => incoming.end())
    socket.once('close', () => incoming.end())
    socket.write(headText(response, [['Connection', 'Upgrade']]), 'latin1')
    const rest = this.#reader.rest()
    if (rest.length > 0) onData(rest)
    for await (const chunk of tunnel(incoming.body)) if (!(await this.#write(chunk))) break
    await this.#close()
  }

  #closed(): void {
    this.#turn?.exchange.abandon()
    this.#turn?.incoming.fail(clientGone())
    this.#wake?.()
  }
}

function unreadable(status: number, what: string): IngressResponse {
  return refusal(status, 'That request cannot be read', what)
}

function connectionFields({ version, persists }: Head, last: boolean, chunked: boolean): Field[] {
  const fields: Field[] = chunked ? [['Transfer-Encoding', 'chunked']] : []
  if (last) fields.push(['Connection', 'close'])
  else if (version === '1.0' && persists) fields.push(['Connection', 'keep-alive'])
  return fields
}

/** What the rim says of the connection replaces what anybody else said of it. */
function headText({ status, fields }: IngressResponse, own: readonly Field[]): string {
  const line = (text: string, [name, value]: Field): string => `${text}${name}: ${value}\r\n`
  const start = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}\r\n`
  const others = fields.filter(([name]) => !ofConnection.has(name.toLowerCase()))
  return `${own.reduce(line, others.reduce(line, start))}\r\n`
}

const ofConnection = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding'])
