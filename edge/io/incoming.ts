// The body of a request on its way from a connection to whoever wants it: a queue with an end.
//
// The connection pushes, the step pulls, and `taken` tells the connection how much is gone, so that it asks the
// client for more. What is never pulled stays bounded by what the connection lets the client send unasked.

import type { Field } from '../message.ts'

export interface IncomingOptions {
  /** Somebody wants the body: the first time that it is pulled. */
  asked(): void
  taken(bytes: number): void
}

export class Incoming {
  readonly #options: IncomingOptions
  #chunks: Uint8Array[] = []
  #state: 'open' | 'ended' | { error: Error } = 'open'
  #wake: (() => void) | undefined
  #trailers: readonly Field[] = []
  readonly body: AsyncIterable<Uint8Array>

  constructor(options: IncomingOptions) {
    this.#options = options
    this.body = this.#read()
  }

  get ended(): boolean {
    return this.#state !== 'open'
  }

  get trailers(): readonly Field[] {
    return this.#trailers
  }

  push(bytes: Uint8Array): void {
    this.#chunks.push(bytes)
    this.#wake?.()
  }

  end(trailers: readonly Field[] = []): void {
    if (this.#state === 'open') this.#state = 'ended'
    this.#trailers = trailers
    this.#wake?.()
  }

  fail(error: Error): void {
    if (this.#state === 'open') this.#state = { error }
    this.#wake?.()
  }

  async *#read(): AsyncGenerator<Uint8Array> {
    this.#options.asked()
    for (;;) {
      const chunk = this.#chunks.shift()
      if (chunk !== undefined) {
        this.#options.taken(chunk.length)
        yield chunk
      } else if (this.#state === 'ended') {
        return
      } else if (this.#state !== 'open') {
        throw this.#state.error
      } else {
        await new Promise<void>(resolve => {
          this.#wake = resolve
        })
      }
    }
  }
}
