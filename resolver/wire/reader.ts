// A place in a message from outside, and the only way to move on in it.
//
// Every read checks what is left before it touches a byte, so no decoder above repeats the check or can
// forget it. What does not fit is a Fault `bytes/malformed`. A DataView would check too, but with a
// RangeError, which is the sign of a bug of ours.

import { Fault } from '../../base/fault.ts'

/** The one complaint of a decoder; `what` says which rule was broken. */
export function malformed(what: string): Fault {
  return new Fault('bytes/malformed', `DNS message: ${what}`)
}

export class Reader {
  readonly bytes: Buffer
  at = 0

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get left(): number {
    return this.bytes.length - this.at
  }

  u8(): number {
    this.need(1)
    return this.bytes[this.at++]!
  }

  u16(): number {
    this.need(2)
    const value = (this.bytes[this.at]! << 8) | this.bytes[this.at + 1]!
    this.at += 2
    return value
  }

  u32(): number {
    return this.u16() * 0x1_0000 + this.u16()
  }

  /** A copy, so that what was decoded does not keep the packet alive, nor change with its buffer. */
  take(count: number): Uint8Array {
    this.need(count)
    const bytes = new Uint8Array(this.bytes.subarray(this.at, this.at + count))
    this.at += count
    return bytes
  }

  private need(count: number): void {
    if (count > this.left) throw malformed(`${count} octets needed at offset ${this.at}, ${this.left} left`)
  }
}
