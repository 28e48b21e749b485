// One stream of a connection: its two windows, its two ends, and the length it announced (RFC 9113 §5.1, §6.9).

import { Allowance } from './allowance.ts'
import { codes } from './frames.ts'

export interface Stream {
  readonly id: number
  sendWindow: number
  readonly allowance: Allowance
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
  const allowance = new Allowance(windows.receive)
  return { id, sendWindow: windows.send, allowance, remoteEnded: false, localEnded: false, expected, got: 0 }
}

/** Takes DATA on an open stream, or says what is wrong with it (§6.9.1, §8.1.1), as the code of its reset. */
export function takeData(
  stream: Stream,
  bytes: Uint8Array,
  flowBytes: number,
  ends: boolean,
): number | undefined {
  if (!stream.allowance.take(flowBytes)) return codes.flowControlError
  stream.got += bytes.length
  const { expected, got } = stream
  return expected !== undefined && (ends ? got !== expected : got > expected)
    ? codes.protocolError
    : undefined
}
