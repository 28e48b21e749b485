// A message being written, into one buffer that is used again for every message.
//
// Running out of room is not a fault but the normal way to learn that an answer must be truncated: writes
// past the limit do nothing and leave `overflowed` set, to be asked once at the end. Throwing instead would
// charge a stack trace for each answer that a stranger makes too large.

/** What the two-byte length of TCP can say (RFC 1035 §4.2.2). */
export const messageBytesMax = 0xffff

export class Writer {
  at = 0
  overflowed = false
  /** Where each name, and each ending of one, already stands: what compression may point at. */
  readonly names = new Map<string, number>()
  private limit = messageBytesMax
  private readonly buffer = Buffer.alloc(messageBytesMax)

  /** Starts the next message, which may have `bytesMax` octets. */
  reset(bytesMax: number): void {
    this.at = 0
    this.overflowed = false
    this.limit = Math.min(bytesMax, messageBytesMax)
    this.names.clear()
  }

  u8(value: number): void {
    if (!this.room(1)) return
    this.buffer[this.at++] = value
  }

  u16(value: number): void {
    if (!this.room(2)) return
    this.buffer[this.at++] = value >>> 8
    this.buffer[this.at++] = value
  }

  u32(value: number): void {
    this.u16(value >>> 16)
    this.u16(value & 0xffff)
  }

  put(bytes: Uint8Array): void {
    if (!this.room(bytes.length)) return
    this.buffer.set(bytes, this.at)
    this.at += bytes.length
  }

  /** One octet per character: names are kept that way. */
  latin1(text: string): void {
    if (!this.room(text.length)) return
    this.at += this.buffer.write(text, this.at, 'latin1')
  }

  /** Overwrites two octets that were written before; for lengths that are known only afterwards. */
  patch16(at: number, value: number): void {
    if (this.overflowed) return
    this.buffer[at] = value >>> 8
    this.buffer[at + 1] = value
  }

  /** A copy of what was written. */
  copy(): Uint8Array {
    const bytes = Buffer.allocUnsafe(this.at)
    this.buffer.copy(bytes, 0, 0, this.at)
    return bytes
  }

  private room(count: number): boolean {
    if (this.at + count > this.limit) this.overflowed = true
    return !this.overflowed
  }
}
