// A libp2p stream that carries call frames: what arrives becomes frames, and what is malformed ends the stream.

import type { Libp2p } from 'libp2p'
import type { Meter } from '../../base/meter.ts'
import { type CallFrame, CallSplitter, decodeCall } from '../call-frame.ts'

export type Stream = Awaited<ReturnType<Libp2p['dialProtocol']>>

export function readFrames(stream: Stream, meter: Meter, take: (frame: CallFrame) => void): void {
  const splitter = new CallSplitter()
  stream.addEventListener('message', ({ data }) => {
    try {
      for (const frame of splitter.push(data.subarray())) take(decodeCall(frame))
    } catch (error) {
      meter.count('overlay.calls.malformed')
      stream.abort(error as Error)
    }
  })
}
