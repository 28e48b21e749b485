// Streams of bytes with promises attached: this long at most, exactly this long, already begun.
//
// An answer of 200 is a promise of a whole file. `exactly` makes a stream that breaks the promise fail
// loudly, so that the rim can cut the connection; `begun` waits for the first chunk, because until then an
// error page is still possible.

import { concatBytes, fromUtf8 } from '../base/bytes.ts'
import { Fault } from '../base/fault.ts'

type Bytes = AsyncIterable<Uint8Array>

export const noBody: Bytes = {
  [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true, value: undefined }) }),
}

/** Passes at most `bytesMax` on, then throws Fault 'bytes/too-large'. */
export async function* atMost(source: Bytes, bytesMax: number): AsyncGenerator<Uint8Array> {
  let total = 0
  for await (const chunk of source) {
    total += chunk.length
    if (total > bytesMax) throw tooLarge(bytesMax)
    yield chunk
  }
}

/** Throws Fault 'content/mismatch' at the end of a stream that is too short, and before a byte too many. */
export async function* exactly(source: Bytes, sizeBytes: number): AsyncGenerator<Uint8Array> {
  let total = 0
  for await (const chunk of source) {
    total += chunk.length
    if (total > sizeBytes) break
    if (chunk.length > 0) yield chunk
  }
  if (total !== sizeBytes) {
    const relation = total > sizeBytes ? 'more' : 'fewer'
    throw new Fault('content/mismatch', `The content has ${relation} bytes than the ${sizeBytes} announced.`)
  }
}

/** The same stream once its first chunk is there; throws what the source throws before that. */
export async function begun(source: Bytes): Promise<Bytes> {
  const iterator = source[Symbol.asyncIterator]()
  let first: IteratorResult<Uint8Array> | undefined = await iterator.next()
  // Not a generator: one that was never started would not pass `return` on, and the source would stay open.
  const rest: AsyncIterator<Uint8Array> = {
    next: () => {
      const result = first
      first = undefined
      return result === undefined ? iterator.next() : Promise.resolve(result)
    },
    return: async () => {
      first = undefined
      await iterator.return?.()
      return { done: true, value: undefined }
    },
  }
  return { [Symbol.asyncIterator]: () => rest }
}

/** All of a stream as one array; Fault 'bytes/too-large' past `bytesMax`. */
export async function collect(source: Bytes, bytesMax: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const chunk of atMost(source, bytesMax)) parts.push(chunk)
  return concatBytes(parts)
}

/** All of a stream as JSON; Fault 'bytes/malformed' when it is not. */
export async function collectJson(source: Bytes, bytesMax: number): Promise<unknown> {
  const text = fromUtf8(await collect(source, bytesMax))
  try {
    return JSON.parse(text ?? '')
  } catch {
    throw new Fault('bytes/malformed', 'The body of the request is not JSON.')
  }
}

export function tooLarge(bytesMax: number): Fault {
  return new Fault('bytes/too-large', `The body of the request has more than ${bytesMax} bytes.`, {
    hint: 'Send it in smaller parts.',
  })
}
