// Fields of the grid's frames: what both codecs read and write, with every bound checked before anything is collected.

import { assert, Fault } from '../../base/fault.ts'

export const frameBytesMax = 64 * 1024

/** Big-endian. */
export function uintBytes(value: number, width: number): Uint8Array {
  assert(Number.isInteger(value) && value >= 0 && value < 256 ** width, `a number of ${width} bytes`)
  const bytes = Buffer.alloc(width)
  bytes.writeUIntBE(value, 0, width)
  return bytes
}

/** Throws Fault `bytes/malformed`. */
export class Reader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  take(length: number): Uint8Array {
    if (this.left < length) throw malformed('cut short')
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  uint(width: number): number {
    return this.take(width).reduce((sum, byte) => sum * 256 + byte, 0)
  }

  /** A byte of at most `bound`. */
  below(bound: number): number {
    const value = this.uint(1)
    if (value > bound) throw malformed('with a number out of its range')
    return value
  }

  flag(): boolean {
    return this.below(1) === 1
  }
}

export function malformed(what: string): Fault {
  return new Fault('bytes/malformed', `a frame of the grid ${what}`)
}

export function tooLarge(what: string): Fault {
  return new Fault('bytes/too-large', `${what} over its bound`)
}
