// Publishing: what this peer says about keys, said again before it expires and when those who have it are gone.
//
// Replicas keep each other alike, so a publication is put once and then left alone until half of its life is over, or
// until one of the homes that acknowledged it is not counted on any more: then others may answer for the key now.

import { assert, Fault } from '../../base/fault.ts'
import type { Clock } from '../../base/io/clock.ts'
import type { PeerId } from '../peer.ts'
import type { DateOf } from '../records/dating.ts'
import { isRecordKey, type Record, signRecord, valueBytesMax } from '../records/record.ts'
import type { Sign } from '../signature.ts'

export type PublishingOptions = {
  self: PeerId
  sign: Sign
  clock: Pick<Clock, 'now'>
  dateOf: DateOf
  /** Who has it for certain; none when nobody was reached or would take it. Never rejects. */
  store: (record: Record) => Promise<readonly PeerId[]>
  isLive: (peer: PeerId) => boolean
  /** Keys this peer may speak about at once. */
  publicationsMax: number
}

export type Publishing = {
  publish(key: string, value: Uint8Array, lifeMs: number): Promise<number>
  withdraw(key: string): Promise<number>
  /** Does what is due: renews past half life, puts what lost a home, drops withdrawals that expired. */
  repair(): void
}

type Own = { record: Record; lifeMs: number; homes: readonly PeerId[]; isBusy: boolean }

/** Puts begun by one repair; the rest waits for the next. */
const repairsMax = 64

export function createPublishing(options: PublishingOptions): Publishing {
  const { clock, dateOf, isLive, publicationsMax, self, sign, store } = options
  const own = new Map<string, Own>()

  const spread = async (mine: Own): Promise<number> => {
    mine.isBusy = true
    mine.homes = await store(mine.record)
    mine.isBusy = false
    return mine.homes.length
  }
  const say = (key: string, value: Uint8Array, lifeMs: number): Promise<number> => {
    const date = Math.floor(dateOf(clock.now()))
    const sequence = Math.max(date, (own.get(key)?.record.sequence ?? 0) + 1)
    const record = signRecord({ key, value, publisher: self, sequence, expiresAt: date + lifeMs }, sign)
    const mine = { record, lifeMs, homes: [], isBusy: false }
    own.set(key, mine)
    return spread(mine)
  }
  const isDue = ({ homes, isBusy }: Own): boolean =>
    !isBusy && (homes.length === 0 || homes.some(peer => peer !== self && !isLive(peer)))
  return {
    async publish(key, value, lifeMs) {
      assert(isRecordKey(key), 'a record key is printable ASCII of 1 to 256 characters')
      assert(value.length > 0 && value.length <= valueBytesMax, 'a value within its bounds')
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
      const date = dateOf(clock.now())
      let repairs = 0
      for (const [key, mine] of own) {
        const { lifeMs, record } = mine
        const isWithdrawn = record.value.length === 0
        const leftMs = record.expiresAt - date
        // More than a life is left when the clock was set back since: others refuse what ends that late.
        const isOld = !isWithdrawn && (leftMs < lifeMs / 2 || leftMs > lifeMs)
        if (isWithdrawn && leftMs <= 0) own.delete(key)
        else if ((isOld || isDue(mine)) && repairs++ < repairsMax)
          void (isOld ? say(key, record.value, lifeMs) : spread(mine))
      }
    },
  }
}
