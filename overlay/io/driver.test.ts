import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { describe, test } from 'node:test'
import { isFault } from '../../base/fault.ts'
import { realClock } from '../../base/io/clock.ts'
import { createMeter } from '../../base/meter.ts'
import { seededRandom } from '../../base/random.ts'
import type { Address } from '../address.ts'
import type { MembershipEvent } from '../membership/event.ts'
import { Membership } from '../membership/membership.ts'
import { devnetTuning, type MembershipTuning } from '../membership/options.ts'
import { decodeFrame, encodeFrame, type Message } from '../membership/wire.ts'
import { createVerify } from '../signature.ts'
import { testKey } from '../testing.ts'
import { type Driver, openDriver } from './driver.ts'
import { openSocket } from './socket.ts'
import { eventually } from './testing.ts'

const tuning: MembershipTuning = { ...devnetTuning, probeIntervalMs: 60, probeTimeoutMs: 25, joinRetryMs: 60 }

async function openPeer(number: number, bootstraps: Address[]) {
  const udp = await openSocket({ host: '127.0.0.1', port: 0 })
  const { id, sign } = testKey(number)
  const verify = createVerify()
  const meter = createMeter()
  const events: MembershipEvent[] = []
  const self = { id, ...udp.address, incarnation: Math.floor(realClock.now() / 1000) }
  const random = seededRandom(number)
  const machine = new Membership({ tuning, self, random, sign, verify }, realClock.now())
  const driver: Driver<Message, MembershipEvent> = openDriver({
    ...{ udp, machine, clock: realClock, meter, tell: event => void events.push(event) },
    codec: { encode: message => encodeFrame(message, sign), decode: bytes => decodeFrame(bytes, verify) },
    framesPerSecondMax: 500,
  })
  driver.run(machine.join(bootstraps, realClock.now()))
  return { id, address: udp.address, machine, driver, meter, events }
}

describe('membership over UDP', () => {
  test('three peers find each other, notice one that stops, and hear one that leaves', async () => {
    const a = await openPeer(1, [])
    const b = await openPeer(2, [a.address])
    const c = await openPeer(3, [a.address])
    const peers = [a, b, c]
    await eventually('all know all', () => peers.every(peer => peer.machine.live().length === 2))
    await c.driver.close()
    await eventually('the stopped one is gone', () =>
      [a, b].every(peer => peer.machine.members().some(m => m.id === c.id && m.standing === 'dead')),
    )
    b.driver.run(b.machine.leave())
    await b.driver.close()
    await eventually('the goodbye is heard', () =>
      a.events.some(e => e.kind === 'left' && e.member.id === b.id),
    )
    await a.driver.close()
    await a.driver.close()
  })

  test('what strangers send is counted, and over the budget it is not even looked at', async () => {
    const a = await openPeer(1, [])
    const stranger = createSocket('udp4')
    const send = (bytes: Uint8Array): Promise<void> =>
      new Promise(done => stranger.send(bytes, a.address.port, a.address.host, () => done()))
    const read = (name: string): number => a.meter.read()[`overlay.frames.${name}`] ?? 0
    await send(new Uint8Array(0))
    await send(new Uint8Array(2000))
    await send(Buffer.from('GET / HTTP/1.1\r\n'))
    await eventually('all are refused', () => read('refused.bytes/malformed') === 2)
    await eventually('and the large one', () => read('refused.bytes/too-large') === 1)
    for (let i = 0; i < 800; i++) await send(Uint8Array.of(1))
    await eventually('the budget is spent', () => read('over-budget') > 0)
    await new Promise<void>(done => stranger.close(() => done()))
    await a.driver.close()
  })

  test('a port that is taken is a Fault that names it', async () => {
    const a = await openSocket({ host: '127.0.0.1', port: 0 })
    await assert.rejects(
      openSocket(a.address),
      error => isFault(error, 'net/port-taken') && error.message.includes(String(a.address.port)),
    )
    await new Promise<void>(done => a.socket.close(() => done()))
  })
})
