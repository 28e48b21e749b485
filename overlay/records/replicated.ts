// Records at the three members that rendezvous hashing names for the key: one hop, no routing table.
//
// Right as long as everybody knows everybody, which membership gives up to some thousands. When members come and go
// the homes of a few keys move; publishers notice and tell the new homes, so nobody has to copy between homes, and a
// record whose publisher is gone dies with its expiry, which for `holder/` records is the right thing.
// A reader asks all homes at once and takes what has come shortly after the first that knew anything.

import { fromUtf8, utf8 } from '../../base/bytes.ts'
import { Fault } from '../../base/fault.ts'
import { rendezvous } from '../../base/hash.ts'
import type { Clock } from '../../base/io/clock.ts'
import type { Address } from '../address.ts'
import type { PeerId } from '../peer.ts'
import type { Sign, Verify } from '../signature.ts'
import { createPublications } from './publications.ts'
import {
  decodeRecord,
  decodeRecords,
  encodeRecord,
  encodeRecords,
  isRecordKey,
  type Record,
} from './record.ts'
import type { Records } from './records.ts'
import { mergeRecords, type Shelf, type Shelved } from './shelf.ts'

type Contact = Address & { readonly id: PeerId; readonly incarnation: number }
type Home = Contact | 'self'

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
  /** Keys this peer may speak about at once. */
  publicationsMax?: number
}

const putMethod = 'records/put'
const getMethod = 'records/get'
/** Of one key in one answer; 64 · 1.4 KiB is under the bound of a call. */
const recordsPerAnswerMax = 64
const answerBytesMax = 128 * 1024
const stored = Uint8Array.of(1)
const refused = Uint8Array.of(0)
/** Members come and go in bunches; one repair serves them all. */
const settleMs = 50

export function createReplicated(options: ReplicatedOptions): Records {
  const { self, sign, verify, clock, members, shelf, call } = options
  const {
    replicas = 3,
    callTimeoutMs = 1000,
    graceMs = 30,
    repairMs = 2000,
    publicationsMax = 10_000,
  } = options
  let cancelRepair = (): void => {}
  let isSettling = false

  const homes = (key: string): Home[] => {
    const byId = new Map(members().map(member => [member.id, member]))
    return rendezvous(key, [self, ...byId.keys()], replicas).map(id => byId.get(id) ?? 'self')
  }
  const storeAt = async (home: Home, record: Record): Promise<boolean> => {
    if (home === 'self') return isKept(shelf.put(record, clock.now()))
    const answer = await call(home, putMethod, encodeRecord(record), callTimeoutMs).catch(() => refused)
    return answer[0] === 1
  }
  const ask = async (home: Home, key: string): Promise<Record[]> => {
    if (home === 'self') return shelf.get(key, clock.now())
    return decodeRecords(await call(home, getMethod, utf8(key), callTimeoutMs), recordsPerAnswerMax)
  }
  const nameOf = (home: Home): string => (home === 'self' ? self : `${home.id} ${home.incarnation}`)
  const own = createPublications({ self, sign, clock, homes, nameOf, storeAt, publicationsMax })
  const repairAfter = (delayMs: number): void => {
    cancelRepair()
    cancelRepair = clock.after(delayMs, () => {
      isSettling = false
      shelf.sweep(clock.now())
      own.repair()
      repairAfter(repairMs)
    })
  }

  answerOthers(options)
  repairAfter(repairMs)
  return {
    async put(record) {
      const done = await Promise.all(homes(record.key).map(home => storeAt(home, record)))
      return done.filter(Boolean).length
    },
    async get(key) {
      if (!isRecordKey(key)) return []
      const questions = homes(key).map(home => ask(home, key))
      return mergeRecords(await collect(questions, clock, graceMs), key, clock.now(), verify)
    },
    range: async () => [], // rendezvous hashing keeps no order
    publish: own.publish,
    withdraw: own.withdraw,
    membersChanged() {
      if (isSettling) return // else an endless coming and going would put the repair off for ever
      isSettling = true
      repairAfter(settleMs)
    },
    close: () => cancelRepair(),
  }
}

function answerOthers({ handle, shelf, clock }: ReplicatedOptions): void {
  handle(putMethod, async (_from, body) =>
    isKept(shelf.put(decodeRecord(body), clock.now())) ? stored : refused,
  )
  handle(getMethod, async (_from, body) => {
    const records = shelf.get(keyOf(body), clock.now()).sort((a, b) => b.sequence - a.sequence)
    return encodeRecords(records.slice(0, recordsPerAnswerMax), answerBytesMax)
  })
}

function isKept(outcome: Shelved): boolean {
  return outcome === 'stored' || outcome === 'known'
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
