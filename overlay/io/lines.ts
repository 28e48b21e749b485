// Lines: one-way frames between peers, over one long-lived libp2p stream for each direction and protocol.
//
// Opening a stream costs ten times a frame on an open one, so the first frame opens it and all others share it; when it
// breaks or nothing was said for two minutes, the next frame dials again. Nothing is promised: a frame that cannot be
// sent is counted and gone, for the machines above bring timeouts of their own. What is queued for a peer is bounded,
// so one that does not read costs nobody else anything.

import { multiaddr } from '@multiformats/multiaddr'
import type { Libp2p } from 'libp2p'
import type { Meter } from '../../base/meter.ts'
import type { Address } from '../address.ts'
import { encodeStreamFrame, FrameSplitter } from '../frames.ts'
import type { PeerId } from '../peer.ts'

export type Contact = Address & { readonly id: PeerId }

export type Lines = {
  send(to: Contact, frame: Uint8Array): void
  close(): Promise<void>
}

export type LinesOptions = {
  node: Libp2p
  /** As libp2p names them: `/inxt/grid/1`. */
  protocol: string
  /** Who sent it is proved by the connection. */
  hear: (from: PeerId, frame: Uint8Array) => void
  /** Told of each peer that could not be dialled. */
  lost?: (peer: PeerId) => void
  meter: Meter
  /** Not yet taken by the network, per peer. */
  queuedBytesMax?: number
}

type Stream = Awaited<ReturnType<Libp2p['dialProtocol']>>
/** `waiting`: frames for a stream that is being opened. */
type Line = { stream: Stream | undefined; waiting: Uint8Array[]; waitingBytes: number }

const closing = new Error('this peer is closing')

export async function openLines(options: LinesOptions): Promise<Lines> {
  const { node, protocol, hear, lost, meter, queuedBytesMax = 1024 * 1024 } = options
  const lines = new Map<PeerId, Line>()
  const inbound = new Set<Stream>()
  let isClosed = false

  const openLine = (to: Contact): Line => {
    const line: Line = { stream: undefined, waiting: [], waitingBytes: 0 }
    const drop = (): void => {
      if (lines.get(to.id) === line) lines.delete(to.id)
    }
    lines.set(to.id, line)
    const address = multiaddr(`/ip4/${to.host}/tcp/${to.port}/p2p/${to.id}`)
    node.dialProtocol(address, protocol).then(
      stream => {
        if (isClosed) return stream.abort(closing)
        stream.addEventListener('close', drop)
        line.stream = stream
        for (const frame of line.waiting.splice(0)) write(stream, frame)
        // One that closed before we listened tells nobody any more.
        if (stream.status !== 'open') drop()
      },
      () => {
        meter.count('overlay.lines.unsent', line.waiting.length)
        drop()
        lost?.(to.id)
      },
    )
    return line
  }
  const write = (stream: Stream, frame: Uint8Array): void => {
    const isOpen = stream.status === 'open' && stream.writeStatus === 'writable'
    const hasRoom = stream.writeBufferLength + frame.length <= queuedBytesMax
    try {
      if (isOpen && hasRoom) return void stream.send(encodeStreamFrame(frame))
    } catch (error) {
      // The connection below may be gone a moment before the stream hears of it.
      stream.abort(error as Error)
    }
    meter.count('overlay.lines.unsent')
  }
  const split = (stream: Stream, splitter: FrameSplitter, chunk: Uint8Array): Uint8Array[] => {
    try {
      return splitter.push(chunk)
    } catch (error) {
      meter.count('overlay.lines.malformed')
      stream.abort(error as Error)
      return []
    }
  }
  const take = (stream: Stream, { remotePeer }: { remotePeer: { toString(): string } }): void => {
    const from = remotePeer.toString()
    const splitter = new FrameSplitter()
    inbound.add(stream)
    growSeldom(stream)
    stream.addEventListener('close', () => inbound.delete(stream))
    stream.addEventListener('message', ({ data }) => {
      for (const frame of split(stream, splitter, data.subarray())) hear(from, frame)
    })
  }
  await node.handle(protocol, take, { maxInboundStreams: 2 })
  return {
    send(to, frame) {
      if (isClosed) return
      meter.count('overlay.lines.sent')
      const line = lines.get(to.id) ?? openLine(to)
      if (line.stream) write(line.stream, frame)
      else if (line.waitingBytes + frame.length > queuedBytesMax) meter.count('overlay.lines.unsent')
      else {
        line.waiting.push(frame)
        line.waitingBytes += frame.length
      }
    },
    async close() {
      isClosed = true
      await node.unhandle(protocol)
      for (const { stream } of lines.values()) stream?.abort(closing)
      for (const stream of inbound) stream.abort(closing)
    },
  }
}

/**
 * Yamux answers every frame with an update of the window, a frame of its own that wakes the sender for nothing: of an
 * idle edge's packets they were half. Half a window of room is soon enough to tell, as the implementation in Go has it.
 * This reaches into fields that the library does not promise; without them, all goes on as before.
 */
function growSeldom(stream: Stream): void {
  const yamux = stream as Stream & {
    recvWindow?: number
    recvWindowCapacity?: number
    sendWindowUpdate?: () => void
  }
  const tell = yamux.sendWindowUpdate
  if (tell === undefined) return
  yamux.sendWindowUpdate = () => {
    const { recvWindow = 0, recvWindowCapacity = 0 } = yamux
    if (recvWindowCapacity <= recvWindow / 2) tell.call(yamux)
  }
}
