// One request of a reader to one edge, and a judgement of every byte that comes back.
//
// A site that is published anew while it is read may answer with its old or its new version, but an answer is of one of
// them as a whole: each byte leaves fewer versions that it can be of, and none is too few.

import type { IncomingHttpHeaders } from 'node:http'
import type { Connections, Manner } from './connections.ts'

export interface Wanted {
  readonly manner: Manner
  /** Without a port. */
  readonly host: string
  readonly path: string
  readonly sizeBytes: number
  /** `resume` is a range that is asked for with `If-Range`. */
  readonly kind: 'whole' | 'range' | 'resume' | 'revalidate' | 'missing'
  /** Of a range: the first and last byte. */
  readonly first: number
  readonly last: number
  /** All versions of the file, each of `sizeBytes`, that may be answered to who asked then, by `performance.now`. */
  readonly versionsSince: (askedAt: number) => readonly Buffer[]
}

/** A version that a reader had, and its name. */
export interface Had {
  readonly etag: string
  readonly bytes: Buffer
}

export interface Outcome {
  /**
   * `vain`: no connection. `stale`: a kept connection ended before anything came back; whoever asks safely asks anew
   * (RFC 9112 §9.3.1). `cut`: it ended or fell silent too early. `wrong`: something else than was asked for.
   */
  readonly kind: 'good' | 'vain' | 'stale' | 'cut' | 'wrong' | 'wrong bytes'
  readonly what: string
  readonly bytes: number
  /** When the first byte of the answer's head came, by `performance.now`. */
  readonly headAt: number
}

export interface Place {
  readonly connections: Connections
  readonly address: string
  readonly port: number
}

const connectMs = 3000
/** Longer than any edge is frozen. */
const silenceMs = 40_000

/** `had` remembers by URL what came last. */
export function ask(wanted: Wanted, place: Place, had: Map<string, Had>): Promise<Outcome> {
  const { manner, host, kind } = wanted
  const path = kind === 'missing' ? `/${wanted.path}.not` : `/${wanted.path}`
  const before = had.get(host + path)
  const askedAt = performance.now()
  return new Promise(resolve => {
    let headAt = 0
    let connection: 'none' | 'new' | 'reused' = 'none'
    let judgement: Judgement | undefined
    let isOver = false
    const end = (kind: Outcome['kind'], what: string): void => {
      if (isOver) return
      isOver = true
      clearTimeout(connecting)
      clearTimeout(silence)
      resolve({ kind, what, bytes: judgement?.bytes() ?? 0, headAt })
      if (kind !== 'good') stop()
    }
    const connecting = setTimeout(() => end('vain', `no connection in ${connectMs} ms`), connectMs)
    const silence = setTimeout(() => {
      end('cut', `silent for ${silenceMs} ms after ${judgement?.bytes() ?? 0} bytes`)
    }, silenceMs)
    const question = { ...place, manner, host, path, headers: headersFor(wanted, before) }
    const stop = place.connections.ask(question, {
      connected(isReused) {
        connection = isReused ? 'reused' : 'new'
        clearTimeout(connecting)
      },
      head(status, headers) {
        headAt = performance.now()
        silence.refresh()
        const versions = wanted.versionsSince(askedAt)
        judgement = judgeHead({ status, headers, versions }, wanted, before)
        if (judgement.wrong !== undefined) end('wrong', judgement.wrong)
      },
      part(bytes) {
        silence.refresh()
        const after = judgement?.bytes()
        if (judgement?.take(bytes) === false) end('wrong bytes', `of no one version after ${after} bytes`)
      },
      end() {
        const { bytes = 0, due = 0, had: now } = judgement?.result() ?? {}
        if (bytes !== due) return end('cut', `ended after ${bytes} of ${due} bytes`)
        if (now !== undefined) had.set(host + path, now)
        end('good', '')
      },
      failed(why) {
        const kind =
          connection === 'none' ? 'vain' : connection === 'reused' && headAt === 0 ? 'stale' : 'cut'
        end(kind, `${why} after ${judgement?.bytes() ?? 0} bytes`)
      },
    })
  })
}

function headersFor({ kind, first, last }: Wanted, had: Had | undefined): Record<string, string> {
  const headers: Record<string, string> = {}
  if (kind === 'range' || kind === 'resume') headers['range'] = `bytes=${first}-${last}`
  if (kind === 'resume' && had !== undefined) headers['if-range'] = had.etag
  if (kind === 'revalidate' && had !== undefined) headers['if-none-match'] = had.etag
  return headers
}

interface Head {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Which it may be of. */
  readonly versions: readonly Buffer[]
}

interface Judgement {
  /** What is not as it must be. */
  readonly wrong: string | undefined
  bytes(): number
  /** False when it is of no version. */
  take(part: Buffer): boolean
  result(): { readonly bytes: number; readonly due: number; readonly had: Had | undefined }
}

function judgeHead({ status, headers, versions }: Head, wanted: Wanted, before: Had | undefined): Judgement {
  const { sizeBytes } = wanted
  const isPart = status === 206
  const first = isPart ? wanted.first : 0
  const due = isPart ? wanted.last + 1 - first : status === 200 ? sizeBytes : 0
  // A part of what the reader has the rest of is of that version.
  const isResumed = isPart && wanted.kind === 'resume' && before !== undefined
  let left = isResumed ? versions.filter(version => version === before.bytes) : versions
  let bytes = 0
  return {
    wrong: wrongStatus(status, versions, wanted, before) ?? wrongLengths(headers, isPart, wanted, due),
    bytes: () => bytes,
    take(part) {
      // An answer of another status has words of its own.
      if (due === 0) return true
      const end = Math.min(first + bytes + part.length, first + due)
      left = left.filter(version => part.equals(version.subarray(first + bytes, end)))
      bytes += part.length
      return left.length > 0
    },
    result() {
      const { etag } = headers
      const version = left[0]
      const isKnown = due > 0 && etag !== undefined && version !== undefined && left.length === 1
      return { bytes, due, had: isKnown ? { etag, bytes: version } : undefined }
    },
  }
}

function wrongStatus(
  status: number,
  versions: readonly Buffer[],
  { kind }: Wanted,
  before: Had | undefined,
): string | undefined {
  const isSame = versions.some(version => version === before?.bytes)
  const isOther = versions.some(version => version !== before?.bytes)
  const due = {
    whole: [200],
    missing: [404],
    range: [206],
    // With a version of old: the answer depends on which version is there now.
    resume: before === undefined ? [206] : [...(isSame ? [206] : []), ...(isOther ? [200] : [])],
    revalidate: [...(isSame ? [304] : []), ...(isOther ? [200] : [])],
  }[kind]
  return due.includes(status) ? undefined : `status ${status} in place of ${due.join(' or ')}`
}

function wrongLengths(
  headers: IncomingHttpHeaders,
  isPart: boolean,
  { first, last, sizeBytes }: Wanted,
  due: number,
): string | undefined {
  const range = `bytes ${first}-${last}/${sizeBytes}`
  if (isPart && headers['content-range'] !== range) {
    return `Content-Range ${headers['content-range']} in place of ${range}`
  }
  if (due > 0 && headers['content-length'] !== `${due}`) {
    return `Content-Length ${headers['content-length']} in place of ${due}`
  }
  return undefined
}
