// Blocks over HTTP from another edge: `GET /ipfs/<cid>?format=raw`, the trustless gateway of the ecosystem.
//
// `Cache-Control: only-if-cached` asks for what the peer has and forbids it to fetch in turn, so that two edges that
// lack a block cannot send each other round in circles (412 then; trustless gateway specification §2.1.6). Only a home
// edge is asked to fetch what it lacks: `Inxt-Root` tells it for which site. Every wait has a limit, a body is cut off
// at its bound, and connections to one holder are few. They are kept a while, since opening one costs a round trip, and
// those to near edges are kept warm by a question whose answer stands in it, and widened once by ballast.

import { isIP } from 'node:net'
import { Fault } from '../../base/fault.ts'
import { createHttpClient, type HttpAnswer } from '../../base/io/http.ts'
import { ballastBytes, ballastCid } from '../ballast.ts'
import type { Gateway } from '../fetch.ts'
import type { Holder } from '../holders.ts'
import { formatCid } from '../identifier.ts'

export type GatewayOptions = {
  readonly connectMs: number
  /** To the first byte of the answer, and between any two of its bytes. */
  readonly idleMs: number
  /** To one holder. */
  readonly connectionsMax: number
}

/** As long as edges keep a connection that nobody uses. */
const restMs = 15_000
/** The empty identity CID: what gateways are asked for to see whether they are there. */
const emptyPath = '/ipfs/bafkqaaa?format=raw'
const ballastPath = `/ipfs/${ballastCid}?format=raw`
/** Five round trips that are shorter cost less than they would save. */
const farMs = 5
const plain = { accept: 'application/vnd.ipld.raw' }
const onlyHeld = { 'cache-control': 'only-if-cached' }

export interface WarmGateway extends Gateway {
  /** Uses a connection to `holder`, or opens one, and widens it once. Never rejects. */
  warm(holder: Holder): Promise<void>
  close(): void
}

export function createGateway(options: GatewayOptions): WarmGateway {
  const { connectMs, idleMs, connectionsMax } = options
  const client = createHttpClient({ connectionsMax, restMs })
  return {
    async get(holder, { cid, root, bytesMax, signal }) {
      const url = `${originOf(holder)}/ipfs/${formatCid(cid)}?format=raw`
      const headers = holder.fetches ? { ...plain, 'inxt-root': formatCid(root) } : { ...plain, ...onlyHeld }
      const question = { headers, bytesMax, connectMs, idleMs, signal }
      const answer = await client.ask(url, question).catch(cause => {
        throw unreachable(holder, cause)
      })
      return bytesOf(answer, holder, bytesMax)
    },
    async *car(holder, { target, accept, bytesMax, signal }) {
      const over = new AbortController()
      const { push, end, pieces } = createPipe()
      const url = `${originOf(holder)}${target}`
      const both = AbortSignal.any([signal, over.signal])
      const headers = { accept, ...onlyHeld }
      const question = { headers, bytesMax, connectMs, idleMs, signal: both, onPart: push }
      client.ask(url, question).then(
        ({ status, body }) => end(status === 200 && body !== undefined ? undefined : refusal(status, holder)),
        cause => end(unreachable(holder, cause)),
      )
      try {
        yield* pieces()
      } finally {
        over.abort(new Error('nobody reads on'))
      }
    },
    async warm(holder) {
      const question = { headers: { ...plain, ...onlyHeld }, bytesMax: ballastBytes, connectMs, idleMs }
      try {
        const { receivedBytes } = await client.ask(originOf(holder) + emptyPath, question)
        if (receivedBytes >= ballastBytes || (holder.rttMs ?? 0) < farMs) return
        // The one that was just used is the first to be used again.
        await client.ask(originOf(holder) + ballastPath, { ...question, onPart: () => {} })
      } catch {
        // A connection less; whoever needs one opens it.
      }
    },
    close: () => client.close(),
  }
}

function bytesOf({ status, body }: HttpAnswer, holder: Holder, bytesMax: number): Uint8Array {
  if (status !== 200) throw refusal(status, holder)
  if (body === undefined)
    throw new Fault('bytes/too-large', `holder ${holder.id} sends more than ${bytesMax} bytes`)
  return new Uint8Array(body.buffer, body.byteOffset, body.byteLength)
}

function refusal(status: number, { id }: Holder): Fault {
  const lacks = status === 404 || status === 410 || status === 412
  return new Fault(lacks ? 'content/missing' : 'net/unreachable', `holder ${id} answered ${status}`)
}

function unreachable({ id, host }: Holder, cause: Error): Fault {
  return new Fault('net/unreachable', `holder ${id} at ${host}: ${cause.message}`, { cause })
}

/** What is pushed can be pulled; the writer never waits, so what is pushed must be bounded. */
function createPipe() {
  const waiting: Uint8Array[] = []
  let ended: { error: unknown } | undefined
  let wake = (): void => {}
  return {
    push(part: Uint8Array): void {
      waiting.push(part)
      wake()
    },
    end(error?: unknown): void {
      ended = { error }
      wake()
    },
    async *pieces(): AsyncGenerator<Uint8Array> {
      for (;;) {
        while (waiting.length > 0) yield waiting.shift()!
        if (ended !== undefined) break
        await new Promise<void>(resolve => (wake = resolve))
      }
      if (ended.error !== undefined) throw ended.error
    },
  }
}

/** Holders' addresses come from strangers: only an IP address or a plain host name may reach the URL. */
function originOf({ id, host, port }: Holder): string {
  const family = isIP(host)
  const isPlain = family !== 0 || /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i.test(host)
  if (!isPlain || host.includes('%') || !Number.isInteger(port) || port < 1 || port > 65535) {
    throw new Fault('net/unreachable', `holder ${id} gives no usable address`)
  }
  return `http://${family === 6 ? `[${host}]` : host}:${port}`
}
