// The driver of machines that speak over streams: frames in, effects out, one timer for whatever is due next.
//
// It does two things that the UDP driver need not. What a frame carries is vetted before the machine sees it, which may
// take a proof and hence a while. And effects go out only after `settled`, when all that the machine took in before is
// on disk: an acknowledgement that leaves the house is true after a SIGKILL, as in any write-ahead log.

import type { Clock } from '../../base/io/clock.ts'
import { Budget } from '../budget.ts'
import type { Effect, Machine } from '../machine.ts'
import type { PeerId } from '../peer.ts'
import { type Codec, decodeOrCount } from './codec.ts'
import { type Contact, type Lines, type LinesOptions, openLines } from './lines.ts'

export type StreamDriverOptions<Message, Event> = Pick<LinesOptions, 'node' | 'protocol' | 'meter'> & {
  machine: Machine<Message, Event>
  codec: Codec<Message>
  clock: Clock
  tell: (event: Event) => void
  /** Where a peer is reached; undefined loses the frame. */
  contactOf: (peer: PeerId) => Contact | undefined
  /** The message without what must not be believed; undefined to drop it all. */
  vet?: (message: Message, from: PeerId) => Promise<Message | undefined> | Message | undefined
  /** What the machine makes of a peer that could not be dialled. */
  lost?: (peer: PeerId, now: number) => readonly Effect<Message, Event>[]
  /** Undefined when nothing is left to be written. */
  settled?: () => Promise<void> | undefined
  /** Frames looked at per second and peer; the rest is dropped. */
  framesPerSecondMax?: number
  /** Frames being vetted at once, of all peers; the rest is dropped. */
  vettingMax?: number
}

export type StreamDriver<Message, Event> = {
  /** Carries out what a command of the machine returned. */
  run(effects: readonly Effect<Message, Event>[]): void
  close(): Promise<void>
}

/** Peers whose budgets are kept; a connection costs far more than one of these. */
const budgetsMax = 4096

export async function openStreamDriver<Message, Event>(
  options: StreamDriverOptions<Message, Event>,
): Promise<StreamDriver<Message, Event>> {
  const { node, protocol, machine, codec, clock, meter, tell, contactOf } = options
  const { vet, lost, settled, framesPerSecondMax = 2000, vettingMax = 256 } = options
  const budgets = new Map<PeerId, Budget>()
  let cancel = (): void => {}
  let isClosed = false
  let vetting = 0

  const carryOut = (effects: readonly Effect<Message, Event>[]): void => {
    if (isClosed) return
    for (const effect of effects) {
      if (effect.do === 'tell') tell(effect.event)
      else {
        const to = contactOf(effect.to)
        if (to) lines.send(to, codec.encode(effect.message))
        else meter.count('overlay.lines.nowhere')
      }
    }
  }
  const run = (effects: readonly Effect<Message, Event>[]): void => {
    if (isClosed) return
    const pending = effects.length > 0 ? settled?.() : undefined
    if (pending) void pending.then(() => carryOut(effects))
    else carryOut(effects)
    cancel()
    const wakeAt = machine.wakeAt()
    if (wakeAt === Number.POSITIVE_INFINITY) return
    cancel = clock.after(wakeAt - clock.now(), () => run(machine.wake(clock.now())))
  }
  const isWithinBudget = (from: PeerId, now: number): boolean => {
    if (!budgets.has(from) && budgets.size >= budgetsMax) budgets.clear()
    const budget = budgets.get(from) ?? new Budget(framesPerSecondMax, now)
    budgets.set(from, budget)
    return budget.take(now)
  }
  const receive = (message: Message | undefined, from: PeerId): void => {
    if (message !== undefined && !isClosed) run(machine.receive(message, from, clock.now()))
  }
  const hear = (from: PeerId, frame: Uint8Array): void => {
    if (isClosed) return
    meter.count('overlay.lines.heard')
    if (vetting >= vettingMax || !isWithinBudget(from, clock.now())) {
      meter.count('overlay.lines.over-budget')
      return
    }
    const message = decodeOrCount(codec, frame, meter)
    const vetted = vet && message !== undefined ? vet(message, from) : message
    if (vetted instanceof Promise) {
      vetting++
      void vetted.then(good => receive(good, from)).finally(() => vetting--)
    } else receive(vetted, from)
  }
  const lines: Lines = await openLines({
    ...{ node, protocol, meter, hear },
    lost: peer => run(lost?.(peer, clock.now()) ?? []),
  })
  run([])
  return {
    run,
    async close() {
      isClosed = true
      cancel()
      await lines.close()
    },
  }
}
