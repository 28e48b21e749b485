// The test bench of the server: real sockets, content made to measure, a client that sends text as it stands.

import { connect, type Socket } from 'node:net'
import { silentLog } from '../../base/io/log.ts'
import { createMeter } from '../../base/meter.ts'
import { createIngress, type IngressOptions } from '../ingress.ts'
import type { Ingress } from '../message.ts'
import type { Content } from '../questions.ts'
import { routes, sites, content as smallContent } from '../transcripts/world.ts'
import type { HttpLimits } from './limits.ts'
import { type HttpServer, serveHttp } from './server.ts'

export const address = '127.0.0.1'
const open: HttpServer[] = []
const sockets: Socket[] = []

/** After each test: no socket and no server is left. */
export async function stopAll(): Promise<void> {
  for (const socket of sockets.splice(0)) socket.destroy()
  await Promise.all(open.splice(0).map(server => server.close(0)))
}

export interface Started extends HttpServer {
  readonly counts: () => Record<string, number>
}

export async function start(ingress: Ingress, limits: Partial<HttpLimits> = {}): Promise<Started> {
  const meter = createMeter()
  const server = await serveHttp({ address, port: 0, ingress, log: silentLog, meter, limits })
  open.push(server)
  return { ...server, counts: meter.read }
}

export function ingressOf(parts: Partial<IngressOptions>): Ingress {
  const usual = { suffixes: ['inxt'] as const, ownHosts: [address], sites, content: smallContent, routes }
  return createIngress({ ...usual, meter: createMeter(), ...parts })
}

/**
 * A file of `sizeBytes` under every path, made while it is read; `state` tells what became of the reading.
 */
export function bigContent(
  sizeBytes: number,
  chunkBytes = 64 * 1024,
): { content: Content; state: { sent: number; closed: Promise<void> } } {
  const closed = Promise.withResolvers<void>()
  const state = { sent: 0, closed: closed.promise }
  async function* read(
    _root: string,
    _cid: string,
    { start, end }: { start: number; end: number },
  ): AsyncGenerator<Uint8Array> {
    try {
      for (let at = start; at < end; at += chunkBytes) {
        const chunk = pattern(at, Math.min(end, at + chunkBytes))
        state.sent += chunk.length
        yield chunk
      }
    } finally {
      closed.resolve()
    }
  }
  const file = { kind: 'file', cid: 'cid-big', sizeBytes } as const
  // The files of rules are not there: they would be read before.
  const resolve: Content['resolve'] = async (_root, path) =>
    path.startsWith('_') ? { kind: 'missing' } : file
  return { content: { resolve, read, block: async () => undefined }, state }
}

const copied = Buffer.alloc(64 * 1024, 'x')

/** The same 64 KiB as often as wanted, those behind the first when `gate` is open: cheap to make. */
export function copies(count: number, gate: Promise<void> = Promise.resolve()): Ingress {
  async function* body(): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < count; i++) {
      if (i > 0) await gate
      yield copied
    }
  }
  const sizeBytes = copied.length * count
  const fields = [['Content-Length', String(sizeBytes)]] as const
  return async () => ({ status: 200, fields, body: body(), sizeBytes })
}

/** Bytes that tell their own position, so that a wrong offset shows. */
export function pattern(start: number, end: number): Uint8Array {
  const bytes = new Uint8Array(end - start)
  for (let i = 0; i < bytes.length; i++) bytes[i] = ((start + i) * 2654435761) >>> 24
  return bytes
}

export function dial(port: number): Socket {
  const socket = connect(port, address)
  socket.on('error', () => {})
  sockets.push(socket)
  return socket
}

/** Sends text as it stands and gives everything that comes back until the server closes. */
export async function raw(port: number, text: string): Promise<string> {
  const socket = dial(port)
  socket.write(text)
  const parts: Buffer[] = []
  socket.on('data', part => parts.push(part))
  await new Promise<void>(resolve => socket.once('close', () => resolve()))
  return Buffer.concat(parts).toString('latin1')
}

export const get = (path: string, ...fields: string[]): string =>
  [`GET ${path} HTTP/1.1`, 'Host: welcome.inxt', ...fields, '', ''].join('\r\n')

export const last = 'Connection: close'

export function bodyOf(answer: string): Buffer {
  return Buffer.from(answer.slice(answer.indexOf('\r\n\r\n') + 4), 'latin1')
}

/** Content that never comes, and says so when it is told to stop. */
export function waiting(asked: (signal: AbortSignal) => void = () => {}): Content {
  return {
    async resolve(_root, _path, signal) {
      asked(signal)
      await aborted(signal)
      throw new Error('stopped')
    },
    read: smallContent.read,
    block: smallContent.block,
  }
}

export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
}
