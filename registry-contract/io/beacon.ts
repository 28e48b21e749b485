// Questions to a beacon node: the Beacon API's light client pages over HTTP, each with a deadline and a
// bound.

import { Agent, request } from 'undici'
import { Fault } from '../../base/fault.ts'
import type { BeaconEndpoint } from '../beacon/finality.ts'

export interface BeaconOptions {
  /** Without a path: `https://host:port`. */
  readonly url: string
  readonly timeoutMs?: number
  readonly bytesMax?: number
}

/** 16 updates of about 60 KB are 1 MB. */
const defaults = { timeoutMs: 10_000, bytesMax: 4 * 1024 * 1024 }
const pages = '/eth/v1/beacon/light_client'

async function readBounded(body: AsyncIterable<Uint8Array>, url: string, bytesMax: number): Promise<string> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of body) {
    length += part.length
    if (length > bytesMax)
      throw new Fault('bytes/too-large', `${url} answered with more than ${bytesMax} bytes.`)
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

/** Faults of its methods: `chain/unreachable` (no answer, or not JSON with status 200), `bytes/too-large`. */
export function createBeaconEndpoint(options: BeaconOptions): BeaconEndpoint & { close(): Promise<void> } {
  const { url, timeoutMs, bytesMax } = { ...defaults, ...options }
  const agent = new Agent({ connections: 2, connect: { timeout: timeoutMs } })

  const exchange = async (path: string): Promise<{ status: number; text: string }> => {
    const response = await request(new URL(`${pages}${path}`, url), {
      headers: { accept: 'application/json' },
      dispatcher: agent,
      signal: AbortSignal.timeout(timeoutMs),
    })
    return { status: response.statusCode, text: await readBounded(response.body, url, bytesMax) }
  }

  const get = async (path: string): Promise<unknown> => {
    const { status, text } = await exchange(path).catch(cause => {
      if (cause instanceof Fault) throw cause
      throw new Fault('chain/unreachable', `The beacon node ${url} does not answer.`, { cause })
    })
    try {
      if (status === 200) return JSON.parse(text) as unknown
    } catch {
      // told below, like every other answer that is none
    }
    throw new Fault('chain/unreachable', `${url} answered ${path} with status ${status}, not with JSON.`)
  }

  return {
    url,
    bootstrap: root => get(`/bootstrap/${root}`),
    updates: (period, count) => get(`/updates?start_period=${period}&count=${count}`),
    finality: () => get('/finality_update'),
    close: () => agent.destroy(),
  }
}
