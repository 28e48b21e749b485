// The end of the chain: the file itself, as a stream that is exactly as long as announced or fails.
//
// The stream is lazy: a HEAD, or a client that has gone meanwhile, makes nobody fetch anything. Small files that went
// out whole are kept for the next who asks, by their CID: those go out at once, and a hot site is made of them.

import { LRUCache } from 'lru-cache'
import { concatBytes } from '../../base/bytes.ts'
import { exactly } from '../body.ts'
import type { Body, IngressResponse, Source } from '../message.ts'
import type { Content } from '../questions.ts'
import type { ByteRange } from '../range.ts'
import { known, type Visit } from '../visit.ts'

/** The bytes of one range of the visit's file; nothing is asked of anybody before the first pull. */
export type ReadPart = (visit: Visit, part: ByteRange) => Pick<IngressResponse, 'source'> & { body: Body }

/** A page and what it is made of; what is larger gains little, since its way through the kernel takes longer. */
const smallBytesMax = 64 * 1024
const keptBytesMax = 8 * 1024 * 1024

export function readPart(content: Pick<Content, 'read'>): ReadPart {
  const kept = new LRUCache<string, Uint8Array>({
    maxSize: keptBytesMax,
    sizeCalculation: ({ length }) => length,
  })
  return (visit, part) => {
    const { cid, sizeBytes, variant } = known(visit, 'file')
    const bytes = variant?.bytes ?? kept.get(cid)
    if (bytes !== undefined) return { body: bytes.subarray(part.start, part.end), source: fromMemory }
    const { root } = known(visit, 'site')
    const isKept = part.end - part.start === sizeBytes && sizeBytes <= smallBytesMax
    let source: Source | undefined
    async function* stream(): AsyncGenerator<Uint8Array> {
      const onSource = (told: Source): void => {
        source ??= told
      }
      const read = content.read(root, cid, part, visit.request.signal, onSource)
      const chunks: Uint8Array[] = []
      for await (const chunk of exactly(read, part.end - part.start)) {
        if (isKept) chunks.push(chunk)
        yield chunk
      }
      // A copy: a slice would keep all that it was cut from.
      if (isKept) kept.set(cid, concatBytes(chunks))
    }
    return { body: stream(), source: () => source }
  }
}

const fromMemory = (): Source => ({ from: 'memory' })

export function whole(read: ReadPart): (visit: Visit) => IngressResponse {
  return visit => {
    const { sizeBytes, status } = known(visit, 'file')
    if (sizeBytes === 0) return { status, fields: [], body: new Uint8Array(0), sizeBytes }
    return { status, fields: [], sizeBytes, ...read(visit, { start: 0, end: sizeBytes }) }
  }
}
