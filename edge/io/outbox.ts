// What a connection says within one turn of the event loop, in one write: heads and small bodies put together.
//
// A system call is the dearest part of a small answer, so pipelined answers share one. All connections share the
// buffer they are put together in: when the kernel took all of it at once, which is the rule, nobody else holds it and
// it is used again; when it did not, that connection keeps it and the next gets a new one. TLS always keeps it.

import type { Socket } from 'node:net'

const bufferBytes = 64 * 1024
/** What is larger is not copied for each of its readers. */
export const copyBytesMax = 32 * 1024

let shared = Buffer.allocUnsafeSlow(bufferBytes)

export class Outbox {
  readonly #socket: Socket
  readonly #keeps: boolean
  #usedBytes = 0

  /** `keeps` says that the socket holds what is written beyond the call, as TLS does. */
  constructor(socket: Socket, keeps: boolean) {
    this.#socket = socket
    this.#keeps = keeps
  }

  /** `text` is latin1; both together are at most `copyBytesMax` and a head. Goes out with `flush`. */
  add(text: string, bytes?: Uint8Array): void {
    const size = text.length + (bytes?.length ?? 0)
    if (this.#usedBytes + size > bufferBytes) this.flush()
    if (size > bufferBytes) {
      this.#socket.write(text, 'latin1')
      if (bytes !== undefined) this.#socket.write(bytes)
      return
    }
    shared.write(text, this.#usedBytes, 'latin1')
    if (bytes !== undefined) shared.set(bytes, this.#usedBytes + text.length)
    this.#usedBytes += size
  }

  /** Before the turn is over, and before anything is written past the outbox. */
  flush(): void {
    if (this.#usedBytes === 0) return
    const part = shared.subarray(0, this.#usedBytes)
    this.#usedBytes = 0
    if (this.#keeps) this.#socket.write(Buffer.from(part))
    else {
      this.#socket.write(part)
      if (this.#socket.writableLength > 0) shared = Buffer.allocUnsafeSlow(bufferBytes)
    }
  }
}
