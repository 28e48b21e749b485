// What the tests of this folder share: keys from a number, a clock that a test moves, members sealed for real.

import { createHash, createPrivateKey, sign } from 'node:crypto'
import type { Clock } from '../base/io/clock.ts'
import { type Member, type Standing, sealMember } from './membership/member.ts'
import { type PeerId, peerIdOf } from './peer.ts'
import type { Sign } from './signature.ts'

export type TestKey = { id: PeerId; publicKey: Uint8Array; sign: Sign }

/** RFC 8410: the DER around a 32-byte Ed25519 seed. */
const seedHead = '302e020100300506032b657004220420'

/** The same key for the same number, every time. */
export function testKey(number: number): TestKey {
  const seed = createHash('sha256').update(`key ${number}`).digest()
  const der = Buffer.concat([Buffer.from(seedHead, 'hex'), seed])
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const publicKey = Uint8Array.from(Buffer.from(key.export({ format: 'jwk' }).x!, 'base64url'))
  return { id: peerIdOf(publicKey), publicKey, sign: bytes => Uint8Array.from(sign(null, bytes, key)) }
}

export function testMember(number: number, incarnation = 1, standing: Standing = 'alive'): Member {
  const { id, sign } = testKey(number)
  return sealMember({ id, host: '10.0.0.1', port: 7000 + number, incarnation, standing }, sign)
}

/** A clock that stands until it is moved; actions run in order of their time. */
export function testClock(start = 1_000_000): Clock & { advance(ms: number): Promise<void> } {
  let now = start
  let timers: { at: number; action: () => void }[] = []
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 50; i++) await Promise.resolve()
  }
  return {
    now: () => now,
    after(delayMs, action) {
      const timer = { at: now + delayMs, action }
      timers.push(timer)
      return () => {
        timers = timers.filter(other => other !== timer)
      }
    },
    async advance(ms) {
      const end = now + ms
      await settle()
      for (;;) {
        const next = timers.filter(timer => timer.at <= end).sort((a, b) => a.at - b.at)[0]
        if (!next) break
        timers = timers.filter(timer => timer !== next)
        now = next.at
        next.action()
        await settle()
      }
      now = end
    },
  }
}
