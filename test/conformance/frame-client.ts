// A client of HTTP/2 that sends whatever octets it is told to: for cases that no honest client can make.

import { connect, type Socket } from 'node:net'
import { frame, frameTypes, headBytes, preface } from '../../edge/http2/frames.ts'

export interface Heard {
  readonly type: number
  readonly flags: number
  readonly stream: number
  readonly payload: Buffer
}

/** How long an answer may take on this machine, however busy. */
const patienceMs = 5_000

export class FrameClient {
  readonly #socket: Socket
  #left: Buffer = Buffer.alloc(0)
  #wake: (() => void) | undefined
  readonly heard: Heard[] = []
  closed = false

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('error', () => {})
    socket.on('data', (bytes: Buffer) => {
      this.#left = Buffer.concat([this.#left, bytes])
      this.#parse()
      this.#wake?.()
    })
    socket.once('close', () => {
      this.closed = true
      this.#wake?.()
    })
  }

  static async open(port: number): Promise<FrameClient> {
    const socket = connect(port, '127.0.0.1')
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    return new FrameClient(socket)
  }

  /** Preface, SETTINGS of ours and the acknowledgement of theirs. */
  greet(settings: Buffer = frame(frameTypes.settings, 0, 0, Buffer.alloc(0))): void {
    this.send(preface, settings, frame(frameTypes.settings, 1, 0, Buffer.alloc(0)))
  }

  send(...parts: Uint8Array[]): void {
    if (!this.#socket.destroyed) this.#socket.write(Buffer.concat(parts))
  }

  /** Resolves with the first thing that `find` accepts among all heard; undefined when the server closes without. */
  async until<T>(find: (heard: readonly Heard[]) => T | undefined): Promise<T | undefined> {
    const endsAt = performance.now() + patienceMs
    for (;;) {
      const found = find(this.heard)
      if (found !== undefined || this.closed) return found
      if (performance.now() > endsAt) throw new Error(`nothing came; heard ${this.said()}`)
      await new Promise<void>(resolve => {
        const late = AbortSignal.timeout(patienceMs)
        const done = (): void => {
          late.removeEventListener('abort', done)
          resolve()
        }
        this.#wake = done
        late.addEventListener('abort', done)
      })
    }
  }

  async untilClosed(): Promise<void> {
    await this.until(() => undefined)
  }

  /** For messages of failed tests. */
  said(): string {
    return this.heard.map(({ type, stream, payload }) => `${type}@${stream}[${payload.length}]`).join(' ')
  }

  end(): void {
    this.#socket.destroy()
  }

  #parse(): void {
    while (this.#left.length >= headBytes) {
      const end = headBytes + this.#left.readUIntBE(0, 3)
      if (this.#left.length < end) return
      const [type, flags] = [this.#left[3]!, this.#left[4]!]
      const stream = this.#left.readUInt32BE(5) & 0x7fff_ffff
      this.heard.push({ type, flags, stream, payload: this.#left.subarray(headBytes, end) })
      this.#left = this.#left.subarray(end)
    }
  }
}
