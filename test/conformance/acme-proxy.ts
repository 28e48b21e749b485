// What stands before pebble where a test wants more of an authority than pebble (2.4, Debian's) can: renewalInfo
// (RFC 9773), and a word at each request, so that a client can be ended between two of them.
//
// Pebble takes its own address from the Host of a request, so what it says of itself leads through here. Started as a
// program (folder, own port, pebble's port) it proposes of the first certificate that it is asked about to renew it at
// once, knows nothing of any other, and prints a line for each order: for tests in a network namespace.

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { IncomingHttpHeaders } from 'node:http'
import { request as ask, createServer } from 'node:https'
import { join } from 'node:path'

export interface ProxyOptions {
  readonly port: number
  readonly pebblePort: number
  readonly certificateFile: string
  readonly keyFile: string
  /** The answer of renewalInfo for a certificate (RFC 9773 §4.1). */
  readonly renewalInfo: (certId: string) => Info
  /** Before a request is passed on: its path, and what a POST carries. */
  readonly onRequest: (path: string, payload: Readonly<Record<string, unknown>>) => void
}

export interface Info {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
}

export const orderPath = '/order-plz'
const infoPath = '/renewal-info'

/** The port that it listens on, at 127.0.0.1. */
export async function startProxy(options: ProxyOptions, stack: AsyncDisposableStack): Promise<number> {
  const { port, pebblePort, certificateFile, keyFile, renewalInfo, onRequest } = options
  const tls = { cert: readFileSync(certificateFile), key: readFileSync(keyFile) }
  const server = createServer(tls, async (request, response) => {
    const path = `${request.url}`
    const body = await whole(request)
    onRequest(path, payloadOf(body))
    if (path.startsWith(`${infoPath}/`)) {
      const { status, headers, body } = renewalInfo(path.slice(infoPath.length + 1))
      response.writeHead(status, headers).end(body)
      return
    }
    const { method, headers } = request
    const onward = ask({ port: pebblePort, host: '127.0.0.1', path, method, headers, ca: tls.cert })
    onward.on('error', () => response.destroy())
    onward.on('response', async answer => {
      const text = await whole(answer)
      const bytes = path === '/dir' ? withInfo(text, headers) : text
      const { 'transfer-encoding': _, ...rest } = answer.headers
      response.writeHead(answer.statusCode!, { ...rest, 'content-length': bytes.length }).end(bytes)
    })
    onward.end(body)
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  stack.defer(async () => {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  })
  return (server.address() as { port: number }).port
}

function withInfo(directory: Buffer, { host }: IncomingHttpHeaders): Buffer {
  const json = { ...JSON.parse(directory.toString()), renewalInfo: `https://${host}${infoPath}` }
  return Buffer.from(JSON.stringify(json))
}

async function whole(parts: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const part of parts) chunks.push(part)
  return Buffer.concat(chunks)
}

function payloadOf(body: Buffer): Record<string, unknown> {
  if (body.length === 0) return {}
  const { payload } = JSON.parse(body.toString()) as { payload: string }
  return payload === '' ? {} : JSON.parse(Buffer.from(payload, 'base64url').toString())
}

if (import.meta.main) {
  const [folder, port, pebblePort] = process.argv.slice(2) as [string, string, string]
  let first: string | undefined
  const start = new Date().toISOString()
  const renewalInfo = (certId: string): Info => {
    first ??= certId
    const isFirst = certId === first
    return {
      status: isFirst ? 200 : 404,
      body: isFirst ? JSON.stringify({ suggestedWindow: { start, end: start } }) : '',
    }
  }
  const onRequest: ProxyOptions['onRequest'] = (path, payload) => {
    if (path === orderPath) console.log(`order ${JSON.stringify(payload)}`)
  }
  const own = { certificateFile: join(folder, 'pebble.pem'), keyFile: join(folder, 'pebble.key') }
  const ports = { port: Number(port), pebblePort: Number(pebblePort) }
  await startProxy({ ...own, ...ports, renewalInfo, onRequest }, new AsyncDisposableStack())
}
