// The driver: runs a machine on a UDP socket. Bytes in, effects out, one timer for whatever is due next.
//
// It knows no protocol. Whatever a stranger sends ends here as a count and never as an exception out of a socket
// handler; only a bug of ours is allowed through, to be seen.

import type { Clock } from '../../base/io/clock.ts'
import type { Meter } from '../../base/meter.ts'
import type { Address } from '../address.ts'
import { Budget } from '../budget.ts'
import type { Effect, Machine } from '../machine.ts'
import { type Codec, decodeOrCount } from './codec.ts'
import type { UdpSocket } from './socket.ts'

export type DriverOptions<Message, Event> = {
  udp: UdpSocket
  machine: Machine<Message, Event, Address>
  codec: Codec<Message>
  clock: Clock
  meter: Meter
  tell: (event: Event) => void
  /** Frames looked at per second; the rest is dropped unread. 5000 · 0.1 ms is half a core at worst. */
  framesPerSecondMax?: number
}

export type Driver<Message, Event> = {
  /** Carries out what a command of the machine returned. */
  run(effects: readonly Effect<Message, Event, Address>[]): void
  /** Stops the timer, lets frames already handed to the socket go out, and closes it. */
  close(): Promise<void>
}

export function openDriver<Message, Event>(options: DriverOptions<Message, Event>): Driver<Message, Event> {
  const { udp, machine, codec, clock, meter, tell } = options
  const budget = new Budget(options.framesPerSecondMax ?? 5000, clock.now())
  let cancel = (): void => {}
  let isClosed = false
  let sending = 0
  let onIdle = (): void => {}

  const send = (to: Address, message: Message): void => {
    meter.count('overlay.frames.sent')
    sending++
    udp.socket.send(codec.encode(message), to.port, to.host, error => {
      if (error) meter.count('overlay.frames.unsent') // no route, full buffer: to the protocol it is a loss
      if (--sending === 0) onIdle()
    })
  }
  const run = (effects: readonly Effect<Message, Event, Address>[]): void => {
    if (isClosed) return
    for (const effect of effects)
      if (effect.do === 'send') send(effect.to, effect.message)
      else tell(effect.event)
    cancel()
    const wakeAt = machine.wakeAt()
    if (wakeAt === Number.POSITIVE_INFINITY) return
    cancel = clock.after(wakeAt - clock.now(), () => run(machine.wake(clock.now())))
  }
  udp.socket.on('error', () => meter.count('overlay.socket.errors'))
  udp.socket.on('message', (bytes, from) => {
    if (isClosed) return
    const now = clock.now()
    meter.count('overlay.frames.received')
    if (!budget.take(now)) return meter.count('overlay.frames.over-budget')
    const message = decodeOrCount(codec, bytes, meter)
    if (message !== undefined) run(machine.receive(message, { host: from.address, port: from.port }, now))
  })
  run([])
  return {
    run,
    async close() {
      if (isClosed) return
      isClosed = true
      cancel()
      if (sending > 0) await new Promise<void>(resolve => (onIdle = resolve))
      await new Promise<void>(resolve => udp.socket.close(() => resolve()))
    },
  }
}
