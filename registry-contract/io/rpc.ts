// Questions to an Ethereum endpoint: JSON-RPC 2.0 over HTTP, one question a request, with a deadline and a
// bound.
//
// The endpoint may be anybody's. What it answers is bounded while it arrives, must be JSON-RPC with our id,
// and is handed on as `unknown` for the caller to parse. Batching is left out: ethers waits 10 ms to fill a
// batch, and an endpoint that answers late to one question then delays them all. Node's own client, not undici: a
// question that is asked a few times a second for as long as the edge lives costs half as much.

import { once } from 'node:events'
import * as http from 'node:http'
import * as https from 'node:https'
import { Fault } from '../../base/fault.ts'

export interface RpcOptions {
  readonly url: string
  /** For a whole question, connecting included. */
  readonly timeoutMs?: number
  readonly bytesMax?: number
}

/** The endpoint understood and said no; `data` is what a contract reverted with. */
export interface RpcRefusal {
  readonly code: number
  readonly message: string
  readonly data: string
}

export type RpcAnswer = { readonly result: unknown } | { readonly refusal: RpcRefusal }

export interface Rpc {
  readonly url: string
  /** Faults: `chain/unreachable` (no answer, or not JSON-RPC), `bytes/too-large`. */
  ask(method: string, params: readonly unknown[]): Promise<RpcAnswer>
  /** As `ask`, with a refusal turned into Fault `chain/unreachable`. */
  call(method: string, params: readonly unknown[]): Promise<unknown>
  close(): Promise<void>
}

/**
 * The logs of one block cannot be asked for in parts, so all that fit into one must pass: 60 million gas at 8 gas
 * a byte of data are 7.5 MB, twice that as hexadecimal text, and as much again for topics and JSON.
 */
const defaults = { timeoutMs: 5_000, bytesMax: 32 * 1024 * 1024 }

async function readBounded(body: AsyncIterable<Uint8Array>, bytesMax: number): Promise<string> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of body) {
    length += part.length
    if (length > bytesMax) {
      throw new Fault('bytes/too-large', `The Ethereum endpoint answered with more than ${bytesMax} bytes.`)
    }
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

function parseAnswer(text: string, id: number): RpcAnswer | undefined {
  let answer: unknown
  try {
    answer = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof answer !== 'object' || answer === null || (answer as { id?: unknown }).id !== id)
    return undefined
  const { result, error } = answer as { result?: unknown; error?: unknown }
  if (typeof error === 'object' && error !== null) {
    const { code, message, data } = error as Record<string, unknown>
    return {
      refusal: {
        code: typeof code === 'number' ? code : 0,
        message: printable(String(message)),
        data: typeof data === 'string' ? data : '0x',
      },
    }
  }
  return result === undefined ? undefined : { result }
}

function printable(text: string): string {
  return text.slice(0, 200).replace(/[^\x20-\x7e]/g, '?')
}

export function createRpc(options: RpcOptions): Rpc {
  const { url, timeoutMs, bytesMax } = { ...defaults, ...options }
  const { Agent, request } = url.startsWith('https:') ? https : http
  // 8 connections: as many as the follower asks at a time.
  const agent = new Agent({ keepAlive: true, maxSockets: 8 })
  let lastId = 0
  const exchange = async (body: string): Promise<{ status: number; text: string }> => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const signal = AbortSignal.timeout(timeoutMs)
    const asked = request(url, { method: 'POST', headers, agent, signal }).end(body)
    // An abort in the middle of the answer is told to both ends; that of the answer throws.
    asked.on('error', () => {})
    const [response] = (await once(asked, 'response')) as [http.IncomingMessage]
    return { status: response.statusCode!, text: await readBounded(response, bytesMax) }
  }
  const ask = async (method: string, params: readonly unknown[]): Promise<RpcAnswer> => {
    const id = ++lastId
    const body = JSON.stringify({ jsonrpc: '2.0', id, method, params })
    const response = await exchange(body).catch(cause => {
      if (cause instanceof Fault) throw cause
      throw new Fault('chain/unreachable', `The Ethereum endpoint ${url} does not answer.`, { cause })
    })
    const answer = parseAnswer(response.text, id)
    if (answer) return answer
    const shown = `status ${response.status}, ${response.text.length} characters`
    throw new Fault('chain/unreachable', `${url} did not answer ${method} as JSON-RPC (${shown}).`)
  }

  return {
    url,
    ask,
    async call(method, params) {
      const answer = await ask(method, params)
      if ('result' in answer) return answer.result
      throw new Fault('chain/unreachable', `${url} refused ${method}: ${answer.refusal.message}.`)
    },
    async close() {
      agent.destroy()
    },
  }
}

/** One endpoint each for URLs that are joined by commas; a URL that is there twice has one vote. */
export function createRpcs(urls: string, options: Omit<RpcOptions, 'url'> = {}): Rpc[] {
  const list = urls.split(',').map(url => url.trim())
  return [...new Set(list)].filter(url => url !== '').map(url => createRpc({ ...options, url }))
}
