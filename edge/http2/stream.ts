// One stream of a connection: its two windows, its two ends, and the length it announced (RFC 9113 §5.1, §6.9).

import { codes } from './frames.ts'

export interface Stream {
  readonly id: number
  sendWindow: number
  receiveWindow: number
  /** Read by somebody, not yet given back to the window. */
  owed: number
  remoteEnded: boolean
  localEnded: boolean
  /** What Content-Length announced. */
  readonly expected: number | undefined
  got: number
}

export function newStream(
  id: number,
  windows: { send: number; receive: number },
  expected: number | undefined,
): Stream {
  const { send: sendWindow, receive: receiveWindow } = windows
  return { id, sendWindow, receiveWindow, owed: 0, remoteEnded: false, localEnded: false, expected, got: 0 }
}

/** What is wrong with DATA on an open stream (§6.9.1, §8.1.1), as the code of its reset. */
export function wrongData(
  stream: Stream,
  bytes: Uint8Array,
  flowBytes: number,
  ends: boolean,
): number | undefined {
  if (flowBytes > stream.receiveWindow) return codes.flowControlError
  const { expected } = stream
  const total = stream.got + bytes.length
  return expected !== undefined && (ends ? total !== expected : total > expected)
    ? codes.protocolError
    : undefined
}
