// One request of a reader to one edge, and a judgement of every byte that comes back.

import { type ClientRequest, type IncomingMessage, request as plainRequest } from 'node:http'
import { request as secureRequest } from 'node:https'
import type { SiteFile } from './sites.ts'

export interface Wanted {
  /** Without a port. */
  readonly host: string
  readonly file: SiteFile
  readonly scheme: 'http' | 'https'
  readonly kind: 'whole' | 'range' | 'revalidate' | 'missing'
  /** Of a range: the first and last byte. */
  readonly first: number
  readonly last: number
}

export interface Connection {
  readonly address: string
  readonly port: number
  /** The reader's own. */
  readonly localAddress: string
  /** PEM of who vouches for the edge. */
  readonly authority: string
}

export interface Outcome {
  /** `vain`: no connection. `cut`: it ended or fell silent too early. `wrong`: something else than was asked for. */
  readonly kind: 'good' | 'vain' | 'cut' | 'wrong' | 'wrong bytes'
  readonly what: string
  readonly bytes: number
  /** When the first byte of the answer's head came, by `performance.now`. */
  readonly headAt: number
}

const connectMs = 3000
/** Longer than any edge is frozen. */
const silenceMs = 40_000

/** `tags` remembers the ETag of each URL. */
export function ask(wanted: Wanted, connection: Connection, tags: Map<string, string>): Promise<Outcome> {
  const { host, file, scheme, kind, first, last } = wanted
  const { address, port, localAddress, authority: ca } = connection
  const path = kind === 'missing' ? `/${file.path}.not` : `/${file.path}`
  const tag = tags.get(host + path)
  const headers: Record<string, string> = { host: `${host}:${port}` }
  if (kind === 'range') headers['range'] = `bytes=${first}-${last}`
  if (kind === 'revalidate' && tag !== undefined) headers['if-none-match'] = tag
  const options = { host: address, port, path, headers, localAddress, agent: false } as const
  const asked =
    scheme === 'https' ? secureRequest({ ...options, ca, servername: host }) : plainRequest(options)
  return new Promise(resolve => {
    let isConnected = false
    let headAt = 0
    let bytes = 0
    const end = (kind: Outcome['kind'], what: string): void => {
      clearTimeout(timer)
      resolve({ kind, what, bytes, headAt })
      asked.destroy()
    }
    const timer = setTimeout(() => end('vain', `no connection in ${connectMs} ms`), connectMs)
    asked.on('error', error => end(isConnected ? 'cut' : 'vain', error.message))
    whenConnected(asked, () => {
      isConnected = true
      clearTimeout(timer)
    })
    asked.setTimeout(silenceMs, () => end('cut', `silent for ${silenceMs} ms after ${bytes} bytes`))
    asked.on('response', response => {
      headAt = performance.now()
      const wrong = judgeHead(response, wanted, tag)
      if (wrong !== undefined) return end('wrong', wrong)
      const { etag } = response.headers
      if (etag !== undefined) tags.set(host + path, etag)
      const hasBody = response.statusCode === 200 || response.statusCode === 206
      response.on('data', (part: Buffer) => {
        const due = file.bytes.subarray(first + bytes, Math.min(first + bytes + part.length, last + 1))
        if (hasBody && !part.equals(due)) return end('wrong bytes', `other bytes after ${first + bytes}`)
        bytes += part.length
      })
      response.on('error', error => end('cut', `${error.message} after ${bytes} bytes`))
      response.on('end', () => {
        if (hasBody && bytes !== last + 1 - first) return end('cut', `ended after ${bytes} bytes`)
        end('good', '')
      })
    })
    asked.end()
  })
}

function whenConnected(asked: ClientRequest, action: () => void): void {
  asked.on('socket', socket => socket.once('connect', action))
}

/** What is not as it must be. */
function judgeHead(
  { statusCode, headers }: IncomingMessage,
  wanted: Wanted,
  tag?: string,
): string | undefined {
  const { file, kind, first, last } = wanted
  const isKnown = kind === 'revalidate' && tag !== undefined
  const due = kind === 'missing' ? 404 : kind === 'range' ? 206 : isKnown ? 304 : 200
  if (statusCode !== due) return `status ${statusCode} in place of ${due}`
  if (due === 200 && headers['content-length'] !== `${file.bytes.length}`) {
    return `Content-Length ${headers['content-length']} in place of ${file.bytes.length}`
  }
  const range = `bytes ${first}-${last}/${file.bytes.length}`
  if (due === 206 && headers['content-range'] !== range) {
    return `Content-Range ${headers['content-range']} in place of ${range}`
  }
  return undefined
}
