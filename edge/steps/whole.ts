// The end of the chain: the file itself, as a stream that is exactly as long as announced or fails.
//
// The stream is lazy: a HEAD, or a client that has gone meanwhile, makes nobody fetch anything.

import { exactly } from '../body.ts'
import type { Body, IngressResponse } from '../message.ts'
import type { Content } from '../questions.ts'
import type { ByteRange } from '../range.ts'
import { known, type Visit } from '../visit.ts'

/** The bytes of one range of the visit's file; nothing is asked of anybody before the first pull. */
export type ReadPart = (visit: Visit, part: ByteRange) => Body

export function readPart(content: Pick<Content, 'read'>): ReadPart {
  async function* stream(visit: Visit, part: ByteRange): AsyncGenerator<Uint8Array> {
    const { cid } = known(visit, 'file')
    const source = content.read(known(visit, 'site').root, cid, part, visit.request.signal)
    yield* exactly(source, part.end - part.start)
  }
  return (visit, part) =>
    known(visit, 'file').variant?.bytes.subarray(part.start, part.end) ?? stream(visit, part)
}

export function whole(read: ReadPart): (visit: Visit) => Promise<IngressResponse> {
  return async visit => {
    const { sizeBytes, status } = known(visit, 'file')
    const body = sizeBytes === 0 ? new Uint8Array(0) : read(visit, { start: 0, end: sizeBytes })
    return { status, fields: [], body, sizeBytes }
  }
}
