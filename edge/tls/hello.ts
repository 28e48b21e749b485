// What a TLS client says first, read without answering: the name it wants, the protocols it speaks (RFC 8446 §4.1.2).
//
// A name that nobody here has is refused from these few octets alone: no key is touched, no state of a TLS library
// made, so that ten thousand handshakes for unknown names cost what ten thousand connections cost. Everything is
// still judged by the library afterwards; this reader only has to find or give up.

export type Hello =
  /** More octets are needed. */
  | 'more'
  /** That is no ClientHello. */
  | 'other'
  | { readonly serverName: string | undefined; readonly protocols: readonly string[] }

const handshakeRecord = 22
const clientHello = 1
const serverNameExtension = 0
const protocolsExtension = 16
/** RFC 8446 §5.1 allows 2^14 in a record; with post-quantum keys and ECH real ones have about 2 KiB. */
export const helloBytesMax = 16 * 1024

/** `bytes` is all that came so far. */
export function readHello(bytes: Buffer): Hello {
  const message = handshakeBytes(bytes)
  if (message === 'more' || message === 'other') return message
  try {
    return fieldsOf(new Cursor(message))
  } catch (error) {
    if (error instanceof RangeError) return 'other'
    throw error
  }
}

/** The first handshake message, from as many records as it has. */
function handshakeBytes(bytes: Buffer): Buffer | 'more' | 'other' {
  const parts: Buffer[] = []
  let have = 0
  for (let at = 0; at < bytes.length; ) {
    if (bytes[at] !== handshakeRecord || (bytes[at + 1] ?? 3) !== 3) return 'other'
    if (bytes.length - at < 5) return 'more'
    const length = bytes.readUInt16BE(at + 3)
    if (length === 0 || at + 5 + length > helloBytesMax) return 'other'
    const part = bytes.subarray(at + 5, at + 5 + length)
    parts.push(part)
    have += part.length
    const message = parts.length === 1 ? part : Buffer.concat(parts)
    if (have > 0 && message[0] !== clientHello) return 'other'
    if (have >= 4) {
      const total = 4 + message.readUIntBE(1, 3)
      if (total > helloBytesMax) return 'other'
      if (have >= total) return message.subarray(4, total)
    }
    at += 5 + length
  }
  return 'more'
}

/** Reads lengths before contents; past the end it throws RangeError. */
class Cursor {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  number(octets: number): number {
    const value = this.#bytes.readUIntBE(this.#at, octets)
    this.#at += octets
    return value
  }

  take(octets: number): Buffer {
    if (octets > this.left) throw new RangeError('past the end')
    this.#at += octets
    return this.#bytes.subarray(this.#at - octets, this.#at)
  }

  /** A vector with its length in front (RFC 8446 §3.4). */
  vector(octetsOfLength: number): Cursor {
    return new Cursor(this.take(this.number(octetsOfLength)))
  }

  text(): string {
    return this.#bytes.toString('latin1', this.#at)
  }
}

function fieldsOf(hello: Cursor): Hello {
  hello.take(2 + 32) // version, random
  hello.vector(1) // session id
  hello.vector(2) // suites
  hello.vector(1) // compression
  let serverName: string | undefined
  const protocols: string[] = []
  if (hello.left === 0) return { serverName, protocols }
  const extensions = hello.vector(2)
  while (extensions.left > 0) {
    const type = extensions.number(2)
    const body = extensions.vector(2)
    if (type === serverNameExtension) serverName = nameOf(body)
    if (type === protocolsExtension) {
      const list = body.vector(2)
      while (list.left > 0) protocols.push(list.vector(1).text())
    }
  }
  return { serverName, protocols }
}

/** RFC 6066 §3: a list of which only one kind exists; lower case, without a final dot. */
function nameOf(body: Cursor): string | undefined {
  const list = body.vector(2)
  if (list.left === 0) return undefined
  const kind = list.number(1)
  const name = list.vector(2).text()
  return kind === 0 ? name.toLowerCase().replace(/\.$/, '') : undefined
}

/** An alert of level fatal, as a record in the clear (RFC 8446 §6). */
export function alert(description: keyof typeof descriptions): Buffer {
  return Buffer.from([21, 3, 1, 0, 2, 2, descriptions[description]])
}

const descriptions = { decodeError: 50, internalError: 80, unrecognizedName: 112 } as const
