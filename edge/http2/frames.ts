// The frames of HTTP/2 (RFC 9113 §4, §6): their names, their nine octets of head, and how ours are written.

export const frameTypes = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const

export const flags = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 0x20 } as const

/** §7. */
export const codes = {
  noError: 0,
  protocolError: 1,
  internalError: 2,
  flowControlError: 3,
  settingsTimeout: 4,
  streamClosed: 5,
  frameSizeError: 6,
  refusedStream: 7,
  cancel: 8,
  compressionError: 9,
  enhanceYourCalm: 11,
} as const

/** §6.5.2. */
export const settings = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
} as const

export const headBytes = 9
export const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')
/** §6.5.2: what a frame may carry until somebody allows more, which we never do. */
export const frameBytesDefault = 16_384
export const windowDefault = 65_535
export const windowMax = 0x7fff_ffff

/** The head of a frame with a payload of `length` octets. */
export function frameHead(length: number, type: number, marks: number, stream: number): Buffer {
  const head = Buffer.allocUnsafe(headBytes)
  head[0] = length >>> 16
  head[1] = length >>> 8
  head[2] = length
  head[3] = type
  head[4] = marks
  head.writeUInt32BE(stream, 5)
  return head
}

/** A whole frame in one piece; for those that are small. */
export function frame(type: number, marks: number, stream: number, payload: Uint8Array): Buffer {
  return Buffer.concat([frameHead(payload.length, type, marks, stream), payload])
}

export function words(...values: number[]): Buffer {
  const bytes = Buffer.allocUnsafe(values.length * 4)
  for (const [i, value] of values.entries()) bytes.writeUInt32BE(value, i * 4)
  return bytes
}

export function settingsFrame(values: Readonly<Record<number, number>>): Buffer {
  const entries = Object.entries(values)
  const payload = Buffer.allocUnsafe(entries.length * 6)
  for (const [i, [id, value]] of entries.entries()) {
    payload.writeUInt16BE(Number(id), i * 6)
    payload.writeUInt32BE(value, i * 6 + 2)
  }
  return frame(frameTypes.settings, 0, 0, payload)
}
