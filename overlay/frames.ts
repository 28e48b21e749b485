// Frames on a stream: a length (4) in front of each, nothing else.
//
// Frames are bounded before they are collected: a length over the bound ends the stream at once, so nobody makes a
// peer hold more than one frame. What a frame means is its machine's affair; each machine has a stream of its own.

import { concatBytes } from '../base/bytes.ts'
import { assert, Fault } from '../base/fault.ts'

/** A page of 32 records at 1.5 KiB each is 48 KiB. */
export const streamFrameBytesMax = 64 * 1024

/** With its length in front. */
export function encodeStreamFrame(bytes: Uint8Array): Uint8Array {
  assert(bytes.length <= streamFrameBytesMax, 'a frame within its bound')
  const head = new Uint8Array(4)
  new DataView(head.buffer).setUint32(0, bytes.length)
  return concatBytes([head, bytes])
}

/** Cuts what arrives into frames, without their lengths. Fault `bytes/too-large` before anything is collected. */
export class FrameSplitter {
  #chunks: Uint8Array[] = []
  #size = 0
  #wanted = 4

  /** `chunk` is the splitter's from now on. */
  push(chunk: Uint8Array): Uint8Array[] {
    this.#chunks.push(chunk)
    this.#size += chunk.length
    if (this.#size < this.#wanted) return [] // joined only once a frame is whole, so small chunks cost no copies
    let bytes = concatBytes(this.#chunks)
    const frames: Uint8Array[] = []
    for (;;) {
      this.#wanted = 4
      if (bytes.length < 4) break
      const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
      if (length > streamFrameBytesMax)
        throw new Fault('bytes/too-large', `a frame that announces ${length} bytes`)
      this.#wanted = 4 + length
      if (bytes.length < this.#wanted) break
      frames.push(bytes.subarray(4, this.#wanted))
      bytes = bytes.subarray(this.#wanted)
    }
    this.#chunks = [bytes]
    this.#size = bytes.length
    return frames
  }
}
