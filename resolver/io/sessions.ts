// How long an HTTP connection may stay, by the rule of streams (stream.ts): whole queries keep it, octets do not.
//
// HTTP/2 has frames without end that ask nothing (PING, SETTINGS, a body octet by octet), each of which counts as
// activity to Node's own timeouts. So the idle clock is ours, and who outlives it, the lifetime or the number of
// queries is told to go (GOAWAY, or `Connection: close` in HTTP/1.1) and cut off when it stays. A body has as long as
// an idle connection.

import type { Http2ServerRequest, Http2ServerResponse, Http2Session } from 'node:http2'
import type { Socket } from 'node:net'
import { realClock } from '../../base/io/clock.ts'
import type { StreamLimits } from './stream.ts'

export interface Sessions {
  /** A connection of HTTP/2 has begun. */
  began(session: Http2Session): void
  /** A request has come, its body perhaps not yet. */
  asked(request: Http2ServerRequest, response: Http2ServerResponse): void
  /** The query of `request` is whole. */
  used(request: Http2ServerRequest): void
}

interface Stay {
  readonly idle: NodeJS.Timeout
  readonly leave: () => void
  queriesLeft: number
}

export function createSessions({
  idleTimeoutMs,
  lifetimeMs,
  queriesPerConnectionMax,
}: StreamLimits): Sessions {
  const stays = new WeakMap<Http2Session, Stay>()
  /** Of HTTP/1.1, where a connection that asks nothing is Node's to end (`keepAliveTimeout`). */
  const visits = new WeakMap<Socket, { readonly beganAt: number; queriesLeft: number }>()
  return {
    began(session) {
      const leave = (): void => {
        // Closes at once when nothing is open.
        session.close()
        if (!session.destroyed) idle.refresh()
      }
      const idle = setTimeout(() => (session.closed ? session.destroy() : leave()), idleTimeoutMs)
      const life = setTimeout(leave, lifetimeMs)
      stays.set(session, { idle, leave, queriesLeft: queriesPerConnectionMax })
      session.once('close', () => {
        clearTimeout(idle)
        clearTimeout(life)
      })
    },
    asked(request, response) {
      const late = setTimeout(() => request.destroy(), idleTimeoutMs)
      request.once('end', () => clearTimeout(late)).once('close', () => clearTimeout(late))
      if (request.httpVersionMajor > 1) return
      const { socket } = request
      const visit = visits.get(socket) ?? { beganAt: realClock.now(), queriesLeft: queriesPerConnectionMax }
      visits.set(socket, visit)
      if (--visit.queriesLeft <= 0 || realClock.now() - visit.beganAt >= lifetimeMs) {
        response.setHeader('connection', 'close')
      }
    },
    used(request) {
      const session = request.stream?.session
      const stay = session && stays.get(session)
      if (stay === undefined || session!.closed) return
      stay.idle.refresh()
      if (--stay.queriesLeft <= 0) stay.leave()
    },
  }
}
