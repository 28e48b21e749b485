// The edge's own HTTP interface, seen from the command line: status, and the requests of an upload.
// The other end is cli/http/routes.ts; both speak JSON, and errors come back as Faults with the edge's own words.

import { Fault, type FaultCode, faultCodes } from '../base/fault.ts'
import { createHttpClient } from '../base/io/http.ts'

export interface EdgeEndpoint {
  readonly address: string
  readonly httpPort: number
}

export const statusPath = '/inxt/status'
export const missingPath = '/inxt/uploads/missing'
export const blocksPath = '/inxt/uploads/blocks'
export const completePath = '/inxt/uploads/complete'
export const holdPath = '/inxt/uploads/hold'
export const certificatesPath = '/inxt/certificates'
export const holdersPath = '/inxt/holders'
export const recordsPath = '/inxt/records'

/** What an edge knows of the others. */
export interface OverlayStatus {
  /** This edge first. Round trips from here in ms; null while nothing is known. */
  readonly members: readonly {
    readonly peer: string
    readonly host: string
    readonly standing: string
    /** Whether routes are built on it: live, and not flapping. */
    readonly isRouted: boolean
    readonly rttMs: { readonly predicted: number | null; readonly measured: number | null }
  }[]
  /** By how much this edge stretches its timeouts because it doubts itself; 1 is healthy. */
  readonly stretch: number
  /** `error`: the median relative misfit, 1 before the first fit. */
  readonly coordinate: {
    readonly error: number
    readonly cluster: string
    /** Coordinates and round trips that were not believed, by reason. */
    readonly refused: Readonly<Record<'malformed' | 'stale' | 'rtt', number>>
  }
  readonly grid: {
    readonly path: string
    /** Peers known on the other side of each bit of the path. */
    readonly references: readonly number[]
    readonly replicas: number
    readonly records: { readonly records: number; readonly bytes: number; readonly bytesMax: number }
    /** Keys of elsewhere that are kept because they are asked for. */
    readonly copies: number
    /** Senders of bad records that are not listened to now. */
    readonly shunned: number
  }
}

/** What `/inxt/status` says. */
export interface EdgeStatus extends OverlayStatus {
  readonly peer: string
  readonly address: string
  /** Empty for none. */
  readonly ipv6: string
  readonly version: string
  readonly startedAt: number
  readonly chain: {
    readonly height: number
    readonly healthy: boolean
    /** How old the knowledge of the chain is; null when it never was level with it. */
    readonly behindMs: number | null
    readonly endpoints: readonly {
      readonly host: string
      readonly state: string
      readonly height: number
    }[]
  }
  readonly names: number
  /** The last events on chain that made no sense, oldest first. */
  readonly refused: readonly {
    readonly block: number
    readonly event: string
    readonly refusal: string
    readonly of: string
    readonly why: string
  }[]
  /** Frames in a second, over the last few. */
  readonly frames: { readonly sentPerS: number; readonly receivedPerS: number }
  /** Addresses of the edges that DNS names now. */
  readonly serving: readonly string[]
  readonly content: {
    readonly blocks: number
    readonly bytes: number
    readonly bytesMax: number
    /** Roots that are here completely. */
    readonly holds: readonly string[]
  }
  /** Custom domains: how many are served, and some of those with which something is wrong. */
  readonly domains: {
    readonly served: number
    readonly problems: readonly { readonly domain: string; readonly site: string; readonly what: string }[]
  }
  /** Zones of owners: how many are served, and some of those with which something is wrong. */
  readonly zones: {
    readonly served: number
    readonly problems: readonly { readonly site: string; readonly what: string }[]
  }
  /**
   * Certificates of an authority: how many are at hand, some of the names for which the last try failed, and the last
   * times that another edge was given one with its key.
   */
  readonly certificates: {
    readonly held: number
    readonly letters: readonly { readonly host: string; readonly peer: string; readonly at: number }[]
    readonly problems: readonly { readonly host: string; readonly what: string }[]
  }
  readonly memoryBytes: number
  readonly counts: Readonly<Record<string, number>>
}

/** What `/inxt/holders/<cid>` says: which edges serve and hold all of it. */
export interface HoldersAnswer {
  readonly holders: readonly { readonly peer: string; readonly address: string }[]
}

/** What `/inxt/records?key=` says: all valid records under the key. */
export interface RecordsAnswer {
  readonly records: readonly {
    readonly publisher: string
    readonly sequence: number
    readonly expiresAt: number
    /** base64url */
    readonly value: string
  }[]
}

const answerBytesMax = 16 * 1024 * 1024

export interface Ask {
  readonly body?: string | Uint8Array
  readonly authorization?: string
  readonly timeoutMs?: number
}

/** 32 at a time to one edge; a connection that rests for longer is closed before the edge would close it. */
const client = createHttpClient({ connectionsMax: 32, restMs: 4_000 })

/** GET without a body, POST with one. Throws Fault: the edge's own, or net/unreachable. */
export async function askEdge<T>(edge: EdgeEndpoint, path: string, ask: Ask = {}): Promise<T> {
  const url = `http://${edge.address}:${edge.httpPort}${path}`
  const { body, authorization, timeoutMs = 10_000 } = ask
  let status: number
  let answer: unknown
  try {
    const response = await client.ask(url, {
      ...(body === undefined ? {} : { method: 'POST', body }),
      headers: {
        ...(authorization === undefined ? {} : { authorization }),
        ...(typeof body === 'string' ? { 'content-type': 'application/json' } : {}),
      },
      bytesMax: answerBytesMax,
      totalMs: timeoutMs,
    })
    if (response.body === undefined) throw new Error('the answer is too large')
    status = response.status
    answer = JSON.parse(response.body.toString('utf8'))
  } catch (cause) {
    throw new Fault('net/unreachable', `${url}: ${(cause as Error).message}`, { cause })
  }
  if (status === 200) return answer as T
  const { code, what, hint } = (answer ?? {}) as { code?: string; what?: string; hint?: string }
  const known =
    code !== undefined && Object.hasOwn(faultCodes, code) ? (code as FaultCode) : 'publish/refused'
  throw new Fault(known, `${edge.address}: ${what ?? `status ${status}`}`, hint === undefined ? {} : { hint })
}
