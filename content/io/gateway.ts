// Blocks over HTTP from another edge: `GET /ipfs/<cid>?format=raw`, the trustless gateway of the ecosystem.
//
// `Cache-Control: only-if-cached` asks for what the peer has and forbids it to fetch in turn, so that two edges that
// lack a block cannot send each other round in circles (412 then; trustless gateway specification §2.1.6). A pool of
// connections for each holder, a bounded number of pools; every wait has a limit, and a body is cut off at its bound.

import { isIP } from 'node:net'
import { type Dispatcher, Pool } from 'undici'
import { concatBytes } from '../../base/bytes.ts'
import { Fault, isFault } from '../../base/fault.ts'
import type { Gateway } from '../fetch.ts'
import type { Holder } from '../holders.ts'
import { formatCid } from '../identifier.ts'

export type GatewayOptions = {
  readonly connectMs: number
  /** To the first byte of the answer, and between any two of its bytes. */
  readonly idleMs: number
  readonly connectionsMax: number
  readonly poolsMax: number
}

export function createGateway(options: GatewayOptions): Gateway & { close(): Promise<void> } {
  const pools = new Map<string, Pool>()

  const poolOf = (origin: string): Pool => {
    let pool = pools.get(origin)
    if (pool === undefined) {
      pool = new Pool(origin, {
        connections: options.connectionsMax,
        connect: { timeout: options.connectMs },
        headersTimeout: options.idleMs,
        bodyTimeout: options.idleMs,
        maxHeaderSize: 16 * 1024,
      })
    }
    pools.delete(origin)
    pools.set(origin, pool)
    if (pools.size > options.poolsMax) {
      const [oldest, idle] = pools.entries().next().value!
      pools.delete(oldest)
      // Ends after the requests it has begun.
      idle.close().catch(() => {})
    }
    return pool
  }

  return {
    async get(holder, cid, { bytesMax, signal }) {
      try {
        const response = await poolOf(originOf(holder)).request({
          method: 'GET',
          path: `/ipfs/${formatCid(cid)}?format=raw`,
          headers: { accept: 'application/vnd.ipld.raw', 'cache-control': 'only-if-cached' },
          signal,
        })
        return await bodyOf(response, holder, bytesMax)
      } catch (cause) {
        if (isFault(cause)) throw cause
        const reason = cause instanceof Error ? cause.message : String(cause)
        throw new Fault('net/unreachable', `holder ${holder.id} at ${holder.host}: ${reason}`, { cause })
      }
    },
    async close() {
      const all = [...pools.values()]
      pools.clear()
      await Promise.all(all.map(pool => pool.destroy()))
    },
  }
}

async function bodyOf(
  { statusCode, headers, body }: Dispatcher.ResponseData,
  holder: Holder,
  bytesMax: number,
): Promise<Uint8Array> {
  const give = (fault: Fault): Fault => {
    // Without a listener, the abort of a body that nobody reads would be an uncaught error.
    body.on('error', () => {}).destroy()
    return fault
  }
  if (statusCode !== 200) {
    const lacks = statusCode === 404 || statusCode === 410 || statusCode === 412
    throw give(
      new Fault(lacks ? 'content/missing' : 'net/unreachable', `holder ${holder.id} answered ${statusCode}`),
    )
  }
  const tooLarge = (): Fault =>
    give(new Fault('bytes/too-large', `holder ${holder.id} sends more than ${bytesMax} bytes`))
  if (Number(headers['content-length'] ?? 0) > bytesMax) throw tooLarge()
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of body as AsyncIterable<Uint8Array>) {
    bytes += part.length
    if (bytes > bytesMax) throw tooLarge()
    parts.push(part)
  }
  return concatBytes(parts)
}

/** Holders' addresses come from strangers: only an IP address or a plain host name may reach the URL. */
function originOf({ id, host, port }: Holder): string {
  const family = isIP(host)
  const plain = family !== 0 || /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i.test(host)
  if (!plain || host.includes('%') || !Number.isInteger(port) || port < 1 || port > 65535) {
    throw new Fault('net/unreachable', `holder ${id} gives no usable address`)
  }
  return `http://${family === 6 ? `[${host}]` : host}:${port}`
}
