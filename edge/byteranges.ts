// Several parts of one representation as one body: multipart/byteranges (RFC 9110 §14.6).
//
// Its length is known beforehand, so it needs no chunks. The boundary is a hash over the ranges and a seed that whoever
// wrote the content cannot know: nobody can put it into the content.

import { createHash } from 'node:crypto'
import { utf8 } from '../base/bytes.ts'
import type { Body, Field } from './message.ts'
import { type ByteRange, contentRange, formatRange } from './range.ts'

export interface Parts {
  readonly fields: readonly Field[]
  readonly body: AsyncIterable<Uint8Array>
  readonly sizeBytes: number
}

/** `read` is called at once for each range; what it gives is pulled when its turn has come. */
export function byteranges(
  ranges: readonly ByteRange[],
  read: (part: ByteRange) => Body,
  about: { readonly seed: string; readonly sizeBytes: number; readonly mediaType: string | undefined },
): Parts {
  const { seed, sizeBytes, mediaType } = about
  const boundary = createHash('sha256')
    .update(`${seed} ${formatRange(ranges)}`)
    .digest('hex')
    .slice(0, 32)
  const type = mediaType === undefined ? '' : `Content-Type: ${mediaType}\r\n`
  const parts = ranges.map((part, i) => {
    const head = `--${boundary}\r\n${type}Content-Range: ${contentRange(part, sizeBytes)}\r\n\r\n`
    return { part, body: read(part), head: utf8(`${i === 0 ? '' : '\r\n'}${head}`) }
  })
  const close = utf8(`\r\n--${boundary}--\r\n`)
  async function* together(): AsyncGenerator<Uint8Array> {
    for (const { body, head } of parts) {
      // The head waits for its first bytes: until then a Fault can still become a page.
      let headed = false
      for await (const chunk of body instanceof Uint8Array ? [body] : body) {
        if (!headed) yield head
        headed = true
        yield chunk
      }
    }
    yield close
  }
  return {
    fields: [['Content-Type', `multipart/byteranges; boundary=${boundary}`]],
    body: together(),
    sizeBytes: parts.reduce((sum, { part, head }) => sum + head.length + part.end - part.start, close.length),
  }
}
