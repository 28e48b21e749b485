// How readers connect: HTTP/1.1 on a connection for each request, as scripts do, or on one that is kept, as browsers
// do; HTTP/2 with all that is under way on one connection for each host. In the clear or by TLS, but for HTTP/2.

import * as http from 'node:http'
import * as http2 from 'node:http2'
import * as https from 'node:https'
import { connect } from 'node:tls'

export const manners = ['http', 'http kept', 'https', 'https kept', 'h2'] as const

export type Manner = (typeof manners)[number]

export function isPlain(manner: Manner): boolean {
  return manner === 'http' || manner === 'http kept'
}

export interface Question {
  readonly manner: Manner
  readonly address: string
  readonly port: number
  /** Without a port. */
  readonly host: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
}

/** What happens to a question, in this order; nothing after `end` and `failed`. */
export interface Hearing {
  connected(isReused: boolean): void
  head(status: number, headers: http.IncomingHttpHeaders): void
  part(bytes: Buffer): void
  end(): void
  failed(why: string): void
}

/** Of one reader. */
export interface Connections {
  /** The returned function ends it. */
  ask(question: Question, hearing: Hearing): () => void
  close(): void
}

/** `localAddress` is the reader's own, `authority` the PEM of who vouches for the edges. */
export function openConnections(localAddress: string, authority: string): Connections {
  const kept = { plain: new http.Agent({ keepAlive: true }), secure: new https.Agent({ keepAlive: true }) }
  const sessions = new Map<string, http2.ClientHttp2Session>()

  const sessionTo = ({
    address,
    port,
    host,
  }: Question): { session: http2.ClientHttp2Session; isNew: boolean } => {
    const key = `${address} ${host}`
    const known = sessions.get(key)
    if (known !== undefined && !known.closed && !known.destroyed) return { session: known, isNew: false }
    const secured = {
      host: address,
      port,
      localAddress,
      servername: host,
      ca: authority,
      ALPNProtocols: ['h2'],
    }
    const session = http2.connect(`https://${host}:${port}`, { createConnection: () => connect(secured) })
    sessions.set(key, session)
    // Its streams tell.
    session.on('error', () => {})
    session.on('close', () => {
      if (sessions.get(key) === session) sessions.delete(key)
    })
    return { session, isNew: true }
  }

  const askOverOne = (question: Question, hearing: Hearing): (() => void) => {
    const { host, port, path, headers } = question
    const { session, isNew } = sessionTo(question)
    if (session.connecting) session.once('connect', () => hearing.connected(!isNew))
    else hearing.connected(true)
    const stream = session.request({ ':path': path, ':authority': `${host}:${port}`, ...headers })
    let isEnded = false
    // Node may tell of the body, and of its end, before it tells of the head.
    let untold: (() => void)[] | undefined = []
    const tell = (what: () => void): void => {
      if (untold === undefined) what()
      else untold.push(what)
    }
    stream.on('response', heads => {
      hearing.head(Number(heads[':status']), heads)
      const all = untold ?? []
      untold = undefined
      for (const what of all) what()
    })
    stream.on('data', bytes => tell(() => hearing.part(bytes)))
    stream.on('end', () =>
      tell(() => {
        isEnded = true
        // Node ends what was reset with CANCEL as if it were whole.
        if (stream.rstCode) hearing.failed(`the stream was reset with code ${stream.rstCode}`)
        else hearing.end()
      }),
    )
    stream.on('error', error => hearing.failed(error.message))
    stream.on('close', () => isEnded || hearing.failed(`the stream ended with code ${stream.rstCode}`))
    return () => stream.close(http2.constants.NGHTTP2_CANCEL)
  }

  return {
    ask(question, hearing) {
      return question.manner === 'h2'
        ? askOverOne(question, hearing)
        : askAlone(question, hearing, { localAddress, ca: authority, kept })
    },
    close() {
      kept.plain.destroy()
      kept.secure.destroy()
      for (const session of sessions.values()) session.destroy()
    },
  }
}

interface Place {
  readonly localAddress: string
  readonly ca: string
  readonly kept: { readonly plain: http.Agent; readonly secure: https.Agent }
}

function askAlone(question: Question, hearing: Hearing, { localAddress, ca, kept }: Place): () => void {
  const { manner, address, port, host, path } = question
  const headers = { ...question.headers, host: `${host}:${port}` }
  const options = { host: address, port, path, headers, localAddress }
  const isKept = manner.endsWith('kept')
  const asked = isPlain(manner)
    ? http.request({ ...options, agent: isKept && kept.plain })
    : https.request({ ...options, ca, servername: host, agent: isKept && kept.secure })
  asked.on('error', error => hearing.failed(error.message))
  asked.on('socket', socket => {
    if (asked.reusedSocket) hearing.connected(true)
    else socket.once('connect', () => hearing.connected(false))
  })
  asked.on('response', response => {
    hearing.head(response.statusCode!, response.headers)
    response.on('data', hearing.part)
    response.on('error', error => hearing.failed(error.message))
    response.on('end', hearing.end)
  })
  asked.end()
  return () => asked.destroy()
}
