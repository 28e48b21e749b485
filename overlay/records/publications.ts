// Publications: what this peer says about keys, said again before it expires and to homes that do not have it yet.
//
// A home is remembered together with its incarnation, so one that restarted, with nothing on its shelf, is told again.

import { assert, Fault } from '../../base/fault.ts'
import type { Clock } from '../../base/io/clock.ts'
import type { PeerId } from '../peer.ts'
import type { Sign } from '../signature.ts'
import { isRecordKey, type Record, signRecord, valueBytesMax } from './record.ts'

export type PublicationsOptions<Home> = {
  self: PeerId
  sign: Sign
  clock: Clock
  /** Who has to have a record under this key now. */
  homes: (key: string) => readonly Home[]
  /** One life of one home. */
  nameOf: (home: Home) => string
  /** False when it did not take it, for whatever reason; never rejects. */
  storeAt: (home: Home, record: Record) => Promise<boolean>
  /** Keys this peer may speak about at once. */
  publicationsMax: number
}

export type Publications = {
  publish(key: string, value: Uint8Array, lifeMs: number): Promise<number>
  withdraw(key: string): Promise<number>
  /** Does what is due: renews past half life, tells homes that lack a record, drops withdrawals that expired. */
  repair(): void
}

type Own = { record: Record; lifeMs: number; storedAt: Set<string>; isBusy: boolean }

export function createPublications<Home>(options: PublicationsOptions<Home>): Publications {
  const { self, sign, clock, homes, nameOf, storeAt, publicationsMax } = options
  const own = new Map<string, Own>()

  /** Tells every home that lacks the record; how many have it then. */
  const spread = async (mine: Own): Promise<number> => {
    const wanted = homes(mine.record.key)
    const names = new Set(wanted.map(nameOf))
    for (const name of mine.storedAt) if (!names.has(name)) mine.storedAt.delete(name)
    mine.isBusy = true
    await Promise.all(
      wanted.map(async home => {
        const name = nameOf(home)
        if (!mine.storedAt.has(name) && (await storeAt(home, mine.record))) mine.storedAt.add(name)
      }),
    )
    mine.isBusy = false
    return mine.storedAt.size
  }
  const say = (key: string, value: Uint8Array, lifeMs: number): Promise<number> => {
    const now = Math.floor(clock.now())
    const sequence = Math.max(now, (own.get(key)?.record.sequence ?? 0) + 1)
    const record = signRecord({ key, value, publisher: self, sequence, expiresAt: now + lifeMs }, sign)
    const mine = { record, lifeMs, storedAt: new Set<string>(), isBusy: false }
    own.set(key, mine)
    return spread(mine)
  }
  return {
    async publish(key, value, lifeMs) {
      assert(isRecordKey(key), 'a record key is printable ASCII of 1 to 256 characters')
      assert(value.length > 0 && value.length <= valueBytesMax, 'a value has 1 to 1024 bytes')
      assert(Number.isInteger(lifeMs) && lifeMs > 0, 'a life is a whole number of ms')
      if (!own.has(key) && own.size >= publicationsMax)
        throw new Fault('bytes/too-large', `more than ${publicationsMax} published keys`)
      return say(key, value, lifeMs)
    },
    async withdraw(key) {
      const mine = own.get(key)
      return mine && mine.record.value.length > 0 ? say(key, new Uint8Array(0), mine.lifeMs) : 0
    },
    repair() {
      const now = clock.now()
      for (const [key, mine] of own) {
        const { record, lifeMs } = mine
        if (record.value.length === 0 && record.expiresAt <= now) own.delete(key)
        else if (record.value.length > 0 && record.expiresAt - now < lifeMs / 2)
          void say(key, record.value, lifeMs)
        else if (!mine.isBusy) void spread(mine)
      }
    },
  }
}
