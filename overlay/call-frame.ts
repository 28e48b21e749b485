// Request and reply on one stream, as bytes.
//
//   length (4, of what follows) | kind (1) | call (4) | request: method length (1), method (ASCII), body
//                                                     | reply: body            | refusal: reason (ASCII)
//
// Frames are bounded before they are collected: a length over the bound ends the stream at once, so nobody makes a
// peer hold more than one frame. Rejected: a stream per call, which costs ten times a message on an open stream, and
// JSON, which would carry bytes as text.

import { concatBytes } from '../base/bytes.ts'
import { assert, Fault } from '../base/fault.ts'

export type CallFrame =
  | { kind: 'request'; call: number; method: string; body: Uint8Array }
  | { kind: 'reply'; call: number; body: Uint8Array }
  | { kind: 'refusal'; call: number; reason: string }

/** A reply of 64 records at 1.5 KiB each is 96 KiB; with room to grow. */
export const callBytesMax = 256 * 1024

const kinds = ['request', 'reply', 'refusal'] as const
const methodPattern = /^[a-z][a-z0-9/-]{0,62}$/
const reasonLengthMax = 200

function isMethod(method: string): boolean {
  return methodPattern.test(method)
}

/** With its length in front. Fault `bytes/too-large` when the body is. */
export function encodeCall(frame: CallFrame): Uint8Array {
  const head = new Uint8Array(9)
  const rest = encodeRest(frame)
  const view = new DataView(head.buffer)
  view.setUint32(0, 5 + rest.length)
  view.setUint8(4, kinds.indexOf(frame.kind))
  view.setUint32(5, frame.call)
  if (5 + rest.length > callBytesMax) throw new Fault('bytes/too-large', `a call of ${rest.length} bytes`)
  return concatBytes([head, rest])
}

function encodeRest(frame: CallFrame): Uint8Array {
  if (frame.kind === 'reply') return frame.body
  if (frame.kind === 'refusal') return Buffer.from(asReason(frame.reason), 'latin1')
  assert(isMethod(frame.method), 'a method is a short lower-case path')
  const method = Buffer.from(frame.method, 'latin1')
  return concatBytes([Uint8Array.of(method.length), method, frame.body])
}

/** Printable ASCII, shortened: what was refused may have been chosen by a stranger. */
function asReason(text: string): string {
  return text.replace(/[^ -~]/g, '?').slice(0, reasonLengthMax)
}

/** One frame without its length. Fault `bytes/malformed`. */
export function decodeCall(bytes: Uint8Array): CallFrame {
  const kind = kinds[bytes[0] ?? 255]
  if (kind === undefined || bytes.length < 5) throw new Fault('bytes/malformed', 'a call of no known kind')
  const call = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1)
  const rest = bytes.subarray(5)
  if (kind === 'reply') return { kind, call, body: rest }
  if (kind === 'refusal') {
    const reason = Buffer.from(rest.buffer, rest.byteOffset, rest.length).toString('latin1')
    if (asReason(reason) !== reason)
      throw new Fault('bytes/malformed', 'a refusal with an unprintable reason')
    return { kind, call, reason }
  }
  const bodyAt = 1 + (rest[0] ?? 0)
  const method = Buffer.from(rest.subarray(1, bodyAt)).toString('latin1')
  if (rest.length < bodyAt || !isMethod(method))
    throw new Fault('bytes/malformed', 'a request without a method')
  return { kind, call, method, body: rest.subarray(bodyAt) }
}

/** Cuts what arrives into frames, without their lengths. Throws Fault `bytes/too-large` before collecting. */
export class CallSplitter {
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
      if (length > callBytesMax) throw new Fault('bytes/too-large', `a call that announces ${length} bytes`)
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
