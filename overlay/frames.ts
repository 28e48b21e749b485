// Frames on a stream: a length (4) in front of each, nothing else.
//
// Frames are bounded before they are collected: a length over the bound ends the stream at once, so nobody makes a
// peer hold more than one frame. What a frame means is its machine's affair; each machine has a stream of its own.

import { concatBytes } from '../base/bytes.ts'
import { assert, Fault } from '../base/fault.ts'

/** A page of 32 records at 1.5 KiB each is 48 KiB. */
export const streamFrameBytesMax = 64 * 1024

const nothing = new Uint8Array(0)

/** With its length in front. */
export function encodeStreamFrame(bytes: Uint8Array): Uint8Array {
  assert(bytes.length <= streamFrameBytesMax, 'a frame within its bound')
  const head = new Uint8Array(4)
  new DataView(head.buffer).setUint32(0, bytes.length)
  return concatBytes([head, bytes])
}

/**
 * Cuts what arrives into frames, without their lengths. What is not whole yet lies in one piece, however small the
 * parts in which a stranger sends it: an array for each octet would cost a hundred. Fault `bytes/too-large` before
 * anything is collected.
 */
export class FrameSplitter {
  #held = nothing
  #size = 0

  /** Keeps nothing of `chunk`. */
  push(chunk: Uint8Array): Uint8Array[] {
    const bytes = this.#size === 0 ? chunk : this.#joined(chunk)
    const frames: Uint8Array[] = []
    let at = 0
    while (bytes.length - at >= 4) {
      const length = new DataView(bytes.buffer, bytes.byteOffset + at).getUint32(0)
      if (length > streamFrameBytesMax)
        throw new Fault('bytes/too-large', `a frame that announces ${length} bytes`)
      const end = at + 4 + length
      if (bytes.length < end) break
      // Not `slice`, which of a Buffer is no copy.
      frames.push(new Uint8Array(bytes.subarray(at + 4, end)))
      at = end
    }
    if (bytes === chunk || at > 0)
      this.#held = at < bytes.length ? new Uint8Array(bytes.subarray(at)) : nothing
    this.#size = bytes.length - at
    return frames
  }

  #joined(chunk: Uint8Array): Uint8Array {
    const size = this.#size + chunk.length
    if (size > this.#held.length) {
      const grown = new Uint8Array(Math.max(size, 2 * this.#held.length))
      grown.set(this.#held.subarray(0, this.#size))
      this.#held = grown
    }
    this.#held.set(chunk, this.#size)
    return this.#held.subarray(0, size)
  }
}
