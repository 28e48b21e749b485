// Blocks over HTTP from another edge: `GET /ipfs/<cid>?format=raw`, the trustless gateway of the ecosystem.
//
// `Cache-Control: only-if-cached` asks for what the peer has and forbids it to fetch in turn, so that two edges that
// lack a block cannot send each other round in circles (412 then; trustless gateway specification §2.1.6). Only a home
// edge is asked to fetch what it lacks: `Inxt-Root` tells it for which site. Every wait has a limit, a body is cut off
// at its bound, and connections to one holder are few. They are kept a while, since opening one costs a round trip, and
// those to near edges are kept warm by a question whose answer stands in it.

import { isIP } from 'node:net'
import { Fault } from '../../base/fault.ts'
import { createHttpClient, type HttpAnswer } from '../../base/io/http.ts'
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
const plain = { accept: 'application/vnd.ipld.raw' }
const onlyHeld = { 'cache-control': 'only-if-cached' }

export function createGateway(
  options: GatewayOptions,
): Gateway & { warm(holder: Holder): void; close(): void } {
  const { connectMs, idleMs, connectionsMax } = options
  const client = createHttpClient({ connectionsMax, restMs })
  return {
    async get(holder, { cid, root, bytesMax, signal }) {
      const url = `${originOf(holder)}/ipfs/${formatCid(cid)}?format=raw`
      const headers = holder.fetches ? { ...plain, 'inxt-root': formatCid(root) } : { ...plain, ...onlyHeld }
      const question = { headers, bytesMax, connectMs, idleMs, signal }
      const answer = await client.ask(url, question).catch(cause => {
        throw new Fault('net/unreachable', `holder ${holder.id} at ${holder.host}: ${cause.message}`, {
          cause,
        })
      })
      return bytesOf(answer, holder, bytesMax)
    },
    /** Uses a connection to `holder`, or opens one. Nobody is told when that fails. */
    warm(holder) {
      const question = { headers: { ...plain, ...onlyHeld }, bytesMax: 4096, connectMs, idleMs }
      client.ask(`${originOf(holder)}${emptyPath}`, question).catch(() => {})
    },
    close: () => client.close(),
  }
}

function bytesOf({ status, body }: HttpAnswer, { id }: Holder, bytesMax: number): Uint8Array {
  if (status !== 200) {
    const lacks = status === 404 || status === 410 || status === 412
    throw new Fault(lacks ? 'content/missing' : 'net/unreachable', `holder ${id} answered ${status}`)
  }
  if (body === undefined) throw new Fault('bytes/too-large', `holder ${id} sends more than ${bytesMax} bytes`)
  return new Uint8Array(body.buffer, body.byteOffset, body.byteLength)
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
