// Records in the P-Grid: promises in front of the query machine, and this peer's own publications behind them.
//
// The machine says what to do, `run` does it, and what it tells comes back through `told`; each promise waits for the
// one event that bears its number. Every command of the machine ends by itself in a few seconds, so nothing here needs
// a timeout of its own.

import { assert } from '../../base/fault.ts'
import type { Clock } from '../../base/io/clock.ts'
import type { QueryEffect, QueryEvent } from '../grid/ground.ts'
import type { GridKey } from '../grid/path.ts'
import type { Queries } from '../grid/queries.ts'
import type { PeerId } from '../peer.ts'
import { type DateOf, oneClock } from '../records/dating.ts'
import { isRecordKey, type Record } from '../records/record.ts'
import type { Records } from '../records/records.ts'
import type { Sign } from '../signature.ts'
import { createPublishing } from './publishing.ts'

export type GriddedOptions = {
  self: PeerId
  sign: Sign
  clock: Clock
  dateOf?: DateOf
  queries: Pick<Queries, 'lookup' | 'put' | 'range' | 'replicasChanged'>
  /** Carries out effects; what they tell is to be handed to `told`. */
  run: (effects: readonly QueryEffect[]) => void
  gridRangeOf: (prefix: string) => { from: GridKey; to: GridKey | undefined }
  /** Resolves once it is judged whether the record may be believed: a proof takes a while, and a leaf that has not
   *  heard of it refuses. */
  admit?: (record: Record) => Promise<void>
  /** Whether membership counts on this peer; a publication whose homes it does not is said again. */
  isLive: (peer: PeerId) => boolean
  /** Between two looks at what is to be said again. */
  repairMs?: number
  /** Keys this peer may speak about at once. */
  publicationsMax?: number
  /** Questions of this process that are open at once; more are answered as if nobody had anything. */
  openMax?: number
}

/** Members come and go in bunches; one repair serves them all. */
const settleMs = 50
/** Records asked for in one turn of a range. */
const perTurnMax = 500
/** Turns of one range: a prefix that is cut more often is asked too widely. */
const turnsMax = 64

/** Undefined: closed, or too much is open, before there was an answer. */
type Ask = <Kind extends 'found' | 'stored' | 'ranged'>(
  kind: Kind,
  command: (id: number, now: number) => QueryEffect[],
) => Promise<Answer<Kind> | undefined>
type Answer<Kind> = Extract<QueryEvent, { kind: Kind }>
/** Undefined: closed before there was an answer. */
type Waiting = (event: (QueryEvent & { id: number }) | undefined) => void

export function createGridded(options: GriddedOptions): Records & { told(event: QueryEvent): void } {
  const { clock, isLive, queries, run, self, sign } = options
  const { dateOf = oneClock, publicationsMax = 10_000, repairMs = 2000 } = options
  const { answered, ask, close } = createQuestions(options)
  let cancelRepair = (): void => {}
  let isSettling = false

  const store = async (record: Record): Promise<readonly PeerId[]> => {
    await options.admit?.(record)
    const stored = await ask('stored', (id, now) => queries.put(id, record, now))
    return stored?.homes ?? []
  }
  const own = createPublishing({ self, sign, clock, dateOf, store, isLive, publicationsMax })
  const repairAfter = (delayMs: number): void => {
    cancelRepair()
    cancelRepair = clock.after(delayMs, () => {
      isSettling = false
      own.repair()
      repairAfter(repairMs)
    })
  }

  repairAfter(repairMs)
  return {
    told: answered,
    put: async record => (await store(record)).length,
    async get(key) {
      if (!isRecordKey(key)) return []
      const found = await ask('found', (id, now) => queries.lookup(id, key, now))
      return [...(found?.records ?? [])]
    },
    range: (prefix, countMax) => readRange(options, ask, prefix, countMax),
    publish: own.publish,
    withdraw: own.withdraw,
    membersChanged() {
      run(queries.replicasChanged(clock.now()))
      if (isSettling) return // else an endless coming and going would put the repair off for ever
      isSettling = true
      repairAfter(settleMs)
    },
    close() {
      cancelRepair()
      close()
    },
  }
}

/** Each answer to the promise that waits for it. */
function createQuestions({ clock, run, openMax = 512 }: GriddedOptions) {
  const open = new Map<number, Waiting>()
  let lastId = 0
  const ask: Ask = (kind, command) =>
    new Promise(resolve => {
      if (open.size >= openMax) return resolve(undefined)
      const id = ++lastId
      open.set(id, event => {
        assert(event === undefined || event.kind === kind, 'an answer of the kind that was asked for')
        resolve(event as Parameters<typeof resolve>[0])
      })
      run(command(id, clock.now()))
    })
  return {
    ask,
    answered(event: QueryEvent): void {
      if (!('id' in event)) return
      const waiting = open.get(event.id)
      open.delete(event.id)
      waiting?.(event)
    },
    close(): void {
      for (const waiting of open.values()) waiting(undefined)
      open.clear()
    },
  }
}

async function readRange(
  { clock, dateOf = oneClock, gridRangeOf, queries }: GriddedOptions,
  ask: Ask,
  prefix: string,
  countMax: number,
): Promise<Record[]> {
  const { from, to = '' } = gridRangeOf(prefix)
  const records: Record[] = []
  let next: GridKey | undefined = from
  for (let turn = 0; turn < turnsMax && next !== undefined && records.length < countMax; turn++) {
    // A few come cheapest one leaf after the other, many fastest from all leaves at once.
    const part: Parameters<Queries['range']>[1] = {
      from: next,
      to,
      countMax: Math.min(countMax, perTurnMax),
      isInOrder: countMax < perTurnMax,
    }
    const ranged = await ask('ranged', (id, now) => queries.range(id, part, now))
    const isValid = ({ expiresAt, key, value }: Record): boolean =>
      key.startsWith(prefix) && value.length > 0 && expiresAt > dateOf(clock.now())
    records.push(...(ranged?.records ?? []).filter(isValid))
    next = ranged?.next || undefined
  }
  return records.slice(0, countMax)
}
