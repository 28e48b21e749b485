// The end of the chain: the file itself, as a stream that is exactly as long as announced or fails.
//
// The stream is lazy: a HEAD, or a client that has gone meanwhile, makes nobody fetch anything.

import { exactly } from '../body.ts'
import type { Body, IngressResponse, Source } from '../message.ts'
import type { Content } from '../questions.ts'
import type { ByteRange } from '../range.ts'
import { known, type Visit } from '../visit.ts'

/** The bytes of one range of the visit's file; nothing is asked of anybody before the first pull. */
export type ReadPart = (visit: Visit, part: ByteRange) => Pick<IngressResponse, 'source'> & { body: Body }

export function readPart(content: Pick<Content, 'read'>): ReadPart {
  return (visit, part) => {
    const { cid, variant } = known(visit, 'file')
    if (variant !== undefined)
      return { body: variant.bytes.subarray(part.start, part.end), source: fromMemory }
    const { root } = known(visit, 'site')
    let source: Source | undefined
    async function* stream(): AsyncGenerator<Uint8Array> {
      const onSource = (told: Source): void => {
        source ??= told
      }
      yield* exactly(content.read(root, cid, part, visit.request.signal, onSource), part.end - part.start)
    }
    return { body: stream(), source: () => source }
  }
}

const fromMemory = (): Source => ({ from: 'memory' })

export function whole(read: ReadPart): (visit: Visit) => Promise<IngressResponse> {
  return async visit => {
    const { sizeBytes, status } = known(visit, 'file')
    if (sizeBytes === 0) return { status, fields: [], body: new Uint8Array(0), sizeBytes }
    return { status, fields: [], sizeBytes, ...read(visit, { start: 0, end: sizeBytes }) }
  }
}
