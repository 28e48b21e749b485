// Questions to an Ethereum endpoint: JSON-RPC 2.0 over HTTP, one question a request, with a deadline and a
// bound.
//
// The endpoint may be anybody's. What it answers is bounded while it arrives, must be JSON-RPC with our id,
// and is handed on as `unknown` for the caller to parse. Batching is left out: ethers waits 10 ms to fill a
// batch, and an endpoint that answers late to one question then delays them all.

import { Fault } from '../../base/fault.ts'
import { createHttpClient } from '../../base/io/http.ts'

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
  // 8 connections: as many as the follower asks at a time.
  const client = createHttpClient({ connectionsMax: 8 })
  const headers = { 'content-type': 'application/json' }
  let lastId = 0
  const ask = async (method: string, params: readonly unknown[]): Promise<RpcAnswer> => {
    const id = ++lastId
    const body = JSON.stringify({ jsonrpc: '2.0', id, method, params })
    const question = { method: 'POST', headers, body, bytesMax, totalMs: timeoutMs } as const
    const response = await client.ask(url, question).catch(cause => {
      throw new Fault('chain/unreachable', `The Ethereum endpoint ${url} does not answer.`, { cause })
    })
    if (response.body === undefined) {
      throw new Fault('bytes/too-large', `The Ethereum endpoint answered with more than ${bytesMax} bytes.`)
    }
    const text = response.body.toString('utf8')
    const answer = parseAnswer(text, id)
    if (answer) return answer
    const shown = `status ${response.status}, ${text.length} characters`
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
      client.close()
    },
  }
}

/** One endpoint each for URLs that are joined by commas; a URL that is there twice has one vote. */
export function createRpcs(urls: string, options: Omit<RpcOptions, 'url'> = {}): Rpc[] {
  const list = urls.split(',').map(url => url.trim())
  return [...new Set(list)].filter(url => url !== '').map(url => createRpc({ ...options, url }))
}
