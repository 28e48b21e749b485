// Messages on a stream (RFC 1035 §4.2.2, RFC 7766 §8): each is preceded by its length in two octets.
//
// Bytes go in as they arrive, messages come out whole, one at a time, so that who reads can stop in the
// middle when the other side does not take its answers. What waits is one unfinished message and one chunk.

import { concatBytes } from '../../base/bytes.ts'
import { assert } from '../../base/fault.ts'
import { messageBytesMax } from './writer.ts'

export interface Framer {
  /** Takes what arrived. */
  push(chunk: Uint8Array): void
  /** The next whole message, or undefined until more arrived. */
  next(): Uint8Array | undefined
}

export function createFramer(): Framer {
  let buffer = new Uint8Array(0)
  let start = 0
  let end = 0
  return {
    push(chunk) {
      const pendingBytes = end - start
      if (end + chunk.length > buffer.length) {
        // Doubling, so that a message that arrives octet by octet is not copied anew for each of them.
        const grown = new Uint8Array(Math.max(pendingBytes + chunk.length, 2 * pendingBytes))
        grown.set(buffer.subarray(start, end))
        buffer = grown
        start = 0
        end = pendingBytes
      }
      buffer.set(chunk, end)
      end += chunk.length
    },
    next() {
      if (end - start < 2) return undefined
      const messageAt = start + 2
      const nextAt = messageAt + ((buffer[start]! << 8) | buffer[start + 1]!)
      if (nextAt > end) return undefined
      start = nextAt
      return buffer.subarray(messageAt, nextAt)
    },
  }
}

/** `message` with its length before it. */
export function frame(message: Uint8Array): Uint8Array {
  assert(message.length <= messageBytesMax, 'a framed message has at most 65,535 octets')
  return concatBytes([Uint8Array.of(message.length >>> 8, message.length & 0xff), message])
}
