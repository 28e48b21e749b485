// Records at the three members that rendezvous hashing names for the key: one hop, no routing table.
//
// Right as long as everybody knows everybody, which membership gives up to some thousands. When members come and go
// the homes of a few keys move; publishers notice and tell the new homes, so nobody has to copy between homes, and a
// record whose publisher is gone dies with its expiry, which for `holder/` records is the right thing.
// A reader asks all homes at once and takes what has come shortly after the first that knew anything.

import { fromUtf8, utf8 } from '../base/bytes.ts'
import { assert, Fault } from '../base/fault.ts'
import { rendezvous } from '../base/hash.ts'
import type { Clock } from '../base/io/clock.ts'
import type { Address } from './address.ts'
import type { PeerId } from './peer.ts'
import {
  decodeRecord,
  decodeRecords,
  encodeRecord,
  encodeRecords,
  isRecordKey,
  type Record,
  signRecord,
  valueBytesMax,
} from './record.ts'
import type { Records } from './records.ts'
import { mergeRecords, type Shelf } from './shelf.ts'
import type { Sign, Verify } from './signature.ts'

type Contact = Address & { readonly id: PeerId }

export type ReplicatedOptions = {
  self: PeerId
  /** The live members without this peer. */
  members: () => readonly Contact[]
  shelf: Shelf
  sign: Sign
  verify: Verify
  clock: Clock
  call: (to: Contact, method: string, body: Uint8Array, timeoutMs: number) => Promise<Uint8Array>
  handle: (method: string, handler: (from: PeerId, body: Uint8Array) => Promise<Uint8Array>) => void
  /** Three: two may fail at once. */
  replicas?: number
  /** What a silent home costs a reader when nobody else knows anything. */
  callTimeoutMs?: number
  /** How long a reader waits for more after the first home that knew something. */
  graceMs?: number
  /** Between attempts to reach homes that failed; expired records are swept as often. */
  repairMs?: number
  /** What this peer itself says at once. */
  ownMax?: number
}

type Own = { record: Record; lifeMs: number; storedAt: Set<PeerId>; isBusy: boolean }

const putMethod = 'records/put'
const getMethod = 'records/get'
/** Of one key in one answer; 64 · 1.4 KiB is under the bound of a call. */
const recordsPerAnswerMax = 64
const answerBytesMax = 128 * 1024
const stored = Uint8Array.of(1)
const refused = Uint8Array.of(0)

export function createReplicated(options: ReplicatedOptions): Records {
  const { self, members, shelf, sign, verify, clock, call, handle } = options
  const { replicas = 3, callTimeoutMs = 1000, graceMs = 30, repairMs = 2000, ownMax = 10_000 } = options
  const own = new Map<string, Own>()
  let cancelRepair = (): void => {}

  const homes = (key: string): (Contact | 'self')[] => {
    const byId = new Map(members().map(member => [member.id, member]))
    return rendezvous(key, [self, ...byId.keys()], replicas).map(id => byId.get(id) ?? 'self')
  }
  const storeAt = async (home: Contact | 'self', record: Record): Promise<boolean> => {
    if (home === 'self') return ['stored', 'known'].includes(shelf.put(record, clock.now()))
    const answer = await call(home, putMethod, encodeRecord(record), callTimeoutMs).catch(() => refused)
    return answer[0] === 1
  }
  /** Tells every home that does not have the record yet, or all of them; how many have it then. */
  const spread = async (mine: Own): Promise<number> => {
    const { record, storedAt } = mine
    const wanted = homes(record.key)
    mine.isBusy = true
    await Promise.all(
      wanted.map(async home => {
        const id = home === 'self' ? self : home.id
        if (!storedAt.has(id) && (await storeAt(home, record))) storedAt.add(id)
      }),
    )
    mine.isBusy = false
    return wanted.filter(home => storedAt.has(home === 'self' ? self : home.id)).length
  }
  const say = (key: string, value: Uint8Array, lifeMs: number): Own => {
    const now = Math.floor(clock.now())
    const sequence = Math.max(now, (own.get(key)?.record.sequence ?? 0) + 1)
    const record = signRecord({ key, value, publisher: self, sequence, expiresAt: now + lifeMs }, sign)
    const mine = { record, lifeMs, storedAt: new Set<PeerId>(), isBusy: false }
    own.set(key, mine)
    return mine
  }
  const repair = (): void => {
    cancelRepair()
    const now = clock.now()
    shelf.sweep(now)
    const live = new Set<PeerId>([self, ...members().map(member => member.id)])
    for (const [key, mine] of own) {
      const { record, lifeMs, storedAt } = mine
      for (const id of storedAt) if (!live.has(id)) storedAt.delete(id) // it may come back with nothing
      if (record.value.length === 0 && record.expiresAt <= now) own.delete(key)
      else if (record.value.length > 0 && record.expiresAt - now < lifeMs / 2)
        void spread(say(key, record.value, lifeMs))
      else if (!mine.isBusy) void spread(mine)
    }
    cancelRepair = clock.after(repairMs, repair)
  }
  const publish: Records['publish'] = async (key, value, lifeMs) => {
    checkOwn(key, value, lifeMs)
    if (!own.has(key) && own.size >= ownMax)
      throw new Fault('bytes/too-large', `more than ${ownMax} own records`)
    return spread(say(key, value, lifeMs))
  }

  handle(putMethod, async (_from, body) => {
    const outcome = shelf.put(decodeRecord(body), clock.now())
    return outcome === 'stored' || outcome === 'known' ? stored : refused
  })
  handle(getMethod, async (_from, body) => {
    const records = shelf.get(keyOf(body), clock.now()).sort((a, b) => b.sequence - a.sequence)
    return encodeRecords(records.slice(0, recordsPerAnswerMax), answerBytesMax)
  })
  cancelRepair = clock.after(repairMs, repair)
  return {
    put: async record => {
      const done = await Promise.all(homes(record.key).map(home => storeAt(home, record)))
      return done.filter(Boolean).length
    },
    async get(key) {
      if (!isRecordKey(key)) return []
      const questions = homes(key).map(async home => {
        if (home === 'self') return shelf.get(key, clock.now())
        return decodeRecords(await call(home, getMethod, utf8(key), callTimeoutMs), recordsPerAnswerMax)
      })
      return mergeRecords(await collect(questions, clock, graceMs), key, clock.now(), verify)
    },
    publish,
    async withdraw(key) {
      const mine = own.get(key)
      return mine && mine.record.value.length > 0 ? spread(say(key, new Uint8Array(0), mine.lifeMs)) : 0
    },
    membersChanged: repair,
    close: () => cancelRepair(),
  }
}

/** The answers that came until all had, or until a short grace after the first that was not empty. */
function collect(
  questions: readonly Promise<Record[]>[],
  clock: Clock,
  graceMs: number,
): Promise<Record[][]> {
  return new Promise(resolve => {
    const answers: Record[][] = []
    let open = questions.length
    let cancel: (() => void) | undefined
    const finish = (): void => {
      cancel?.()
      resolve([...answers])
    }
    for (const question of questions)
      question
        .catch((): Record[] => [])
        .then(records => {
          answers.push(records)
          if (--open === 0) finish()
          else if (records.length > 0) cancel ??= clock.after(graceMs, finish)
        })
  })
}

function keyOf(body: Uint8Array): string {
  const key = fromUtf8(body)
  if (key === undefined || !isRecordKey(key)) throw new Fault('bytes/malformed', 'a question without a key')
  return key
}

function checkOwn(key: string, value: Uint8Array, lifeMs: number): void {
  assert(isRecordKey(key), 'a record key is printable ASCII of 1 to 256 characters')
  assert(value.length > 0 && value.length <= valueBytesMax, 'a value has 1 to 1024 bytes')
  assert(Number.isInteger(lifeMs) && lifeMs > 0, 'a life is a whole number of ms')
}
