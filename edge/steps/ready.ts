// Ready-made answers: what the list said to a request goes out again to all who ask the same within a second.
//
// Most requests for a site are for few small files, and all that the list finds out about them was found before. So an
// answer that it gave at once is put on a shelf under all of the request that it looks at, and one look-up finds it.
// The shelf is emptied when the second changes, which the Date of an answer does too, and nobody has to tell it
// anything: the rules and files of a root never change, and which root the name has is asked each time. Keeping answers
// for longer, with new dates, would save one walk through the list for each file and second.

import { parseAuthority } from '../authority.ts'
import { type Field, fieldValue, type IngressRequest, type IngressResponse } from '../message.ts'
import { ownText } from '../own-text.ts'
import type { Sites } from '../questions.ts'
import { areSendable } from '../sendable.ts'
import { placeOf } from '../site/host.ts'
import type { IngressStep } from '../visit.ts'

/** What one second may hold on to: bodies lie elsewhere as well, for as long as there is room for them. */
const answersMax = 1000
const bytesMax = 8 * 1024 * 1024
/** What is larger gains little: its way through the kernel takes longer. */
const bodyBytesMax = 32 * 1024
/** Who asks with more is no browser: those send about a hundred beside the address. */
const keyCharactersMax = 1024

interface Ready {
  readonly host: string
  readonly site: Found
  readonly response: IngressResponse
}

interface Found {
  readonly label: string
  readonly root: string
  readonly sequence: number
}

export function ready(sites: Sites, suffixes: readonly string[]): IngressStep {
  const shelf = new Map<string, Ready>()
  let [second, bytes] = [Number.NaN, 0]
  const siteAt = (host: string): Found | undefined => {
    const place = placeOf(host, suffixes, one => sites.bound?.(one))
    const found = place.kind === 'site' ? sites.find(place.label) : 'unknown'
    if (place.kind !== 'site' || typeof found === 'string') return undefined
    return { label: place.label, root: found.root, sequence: found.sequence }
  }
  const keep = (key: string, { fields }: IngressRequest, response: IngressResponse): void => {
    if (shelf.size >= answersMax || !isLasting(fields, response)) return
    const size = sizeOf(key, response)
    if (bytes + size > bytesMax) return
    const host = ownText(parseAuthority(fieldValue(fields, 'host')!).host)
    const site = siteAt(host)
    if (site === undefined) return
    shelf.set(ownText(key), { host, site, response: { ...response, isReady: true } })
    bytes += size
  }
  return (visit, next) => {
    const { request } = visit
    const now = Math.floor(request.receivedAt / 1000)
    if (now !== second) {
      shelf.clear()
      ;[second, bytes] = [now, 0]
    }
    const key = keyOf(request)
    if (key === undefined) return next(visit)
    const kept = shelf.get(key)
    if (kept !== undefined) {
      if (isSame(kept.site, siteAt(kept.host))) return kept.response
      shelf.delete(key)
    }
    const answer = next(visit)
    if (!(answer instanceof Promise)) keep(key, request, answer)
    return answer
  }
}

function isSame(before: Found, now: Found | undefined): boolean {
  return before.root === now?.root && before.sequence === now.sequence && before.label === now.label
}

/** In octets, what the rim makes of the fields included: a site may have a great many. */
function sizeOf(key: string, { fields, body }: IngressResponse): number {
  let size = key.length + (body instanceof Uint8Array ? body.length : 0)
  for (const [name, value] of fields) size += 2 * (name.length + value.length)
  return size
}

/**
 * All that the list looks at, as it was sent; undefined for requests that it has to see for itself. Nothing that is
 * answered 200 has a blank in what stands before the line break, so no two of these are written alike.
 */
function keyOf({ method, target, secure, fields }: IngressRequest): string | undefined {
  if ((method !== 'GET' && method !== 'HEAD') || target[0] !== '/') return undefined
  let [host, codings, tag]: (string | undefined)[] = []
  for (const [name, value] of fields) {
    const key = lookedAt.has(name.length) ? name.toLowerCase() : ''
    if (seenByList.has(key)) return undefined
    if (key === 'host') {
      if (host !== undefined) return undefined
      host = value
    } else if (key === 'accept-encoding') {
      if (codings !== undefined) return undefined
      codings = value
    } else if (key === 'if-none-match') {
      if (tag !== undefined || !oneTag.test(value)) return undefined
      tag = value
    }
  }
  if (host === undefined) return undefined
  const key = `${method} ${secure ? 'https' : 'http'} ${host} ${target}\n${codings ?? '\n'}\n${tag ?? ''}`
  return key.length > keyCharactersMax ? undefined : key
}

/** Requests with these are few, and what they ask for has too many kinds to be worth a place. */
const seenByList = new Set([...['range', 'if-range', 'if-match', 'transfer-encoding', 'content-length']])
const lookedAt = new Set(
  [...seenByList, 'host', 'accept-encoding', 'if-none-match'].map(({ length }) => length),
)

/** With several tags, or '*', which of them is told would depend on the forms that there are. */
const oneTag = /^(?:W\/)?"[^",]*"$/

/** Whether the list would say the same for as long as the second and the site are the same. */
function isLasting(asked: readonly Field[], { status, fields, body, sizeBytes }: IngressResponse): boolean {
  if (status === 304) return areSendable(fields)
  const isWhole = body === undefined || (body instanceof Uint8Array && body.length === sizeBytes)
  if (status !== 200 || !isWhole || (body !== undefined && body.length > bodyBytesMax)) return false
  // The file as it is, where a compressed form was asked for: that form may be there at any moment.
  const isForNow =
    fieldValue(asked, 'accept-encoding') !== undefined &&
    fieldValue(fields, 'vary') !== undefined &&
    fieldValue(fields, 'content-encoding') === undefined
  return !isForNow && areSendable(fields)
}
