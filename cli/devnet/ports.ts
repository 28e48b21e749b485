// Are all ports free? Asked before anything starts, so that a taken port leaves nothing half-started.

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { Fault } from '../../base/fault.ts'

export interface Endpoint {
  readonly address: string
  readonly port: number
  /** The option that chooses this port, for the error. */
  readonly flag: string
  readonly udp: boolean
}

/** Throws Fault net/port-taken naming every endpoint that cannot be bound. */
export async function requireFree(endpoints: readonly Endpoint[]): Promise<void> {
  const verdicts = await Promise.all(endpoints.map(complaint))
  const taken = endpoints.filter((_, i) => verdicts[i] !== undefined)
  if (taken.length === 0) return
  const what = verdicts.filter(text => text !== undefined)
  const flags = [...new Set(taken.map(({ flag }) => flag))].join(', ')
  const shown = what.length > 4 ? [...what.slice(0, 3), `and ${what.length - 3} more`] : what
  throw new Fault('net/port-taken', shown.join('; '), {
    hint: `Is a devnet running already? Stop it, or choose other ports with ${flags}.`,
  })
}

async function complaint({ address, port, udp }: Endpoint): Promise<string | undefined> {
  const kind = udp ? 'UDP' : 'TCP'
  try {
    if (udp) {
      const socket = createSocket('udp4')
      const bound = once(socket, 'listening')
      socket.bind({ address, port, exclusive: true })
      await bound
      socket.close()
    } else {
      const server = createServer()
      const bound = once(server, 'listening')
      server.listen({ host: address, port, exclusive: true })
      await bound
      server.close()
      await once(server, 'close')
    }
    return undefined
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const reason = code === 'EADDRINUSE' ? 'is taken' : `cannot be used (${code})`
    return `${kind} ${address}:${port} ${reason}`
  }
}
