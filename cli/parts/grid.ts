// The grid of an edge: its place in the trie, its share of everybody's records, and its way to all others.
//
// Two machines, each on streams of its own. What arrives is vetted first, and nothing that is promised goes out before
// it is on disk (`overlay/io/stream-driver.ts`).

import { join } from 'node:path'
import { LRUCache } from 'lru-cache'
import { realRandom } from '../../base/io/chance.ts'
import { dateOf, realClock } from '../../base/io/clock.ts'
import type { Address } from '../../overlay/address.ts'
import type { QueryEvent } from '../../overlay/grid/ground.ts'
import { gridKeyOf, gridRangeOf } from '../../overlay/grid/key.ts'
import { Queries } from '../../overlay/grid/queries.ts'
import { decodeQuery, encodeQuery, type QueryMessage } from '../../overlay/grid/queries-wire.ts'
import { Structure, type StructureEvent } from '../../overlay/grid/structure.ts'
import { decodeStructure, encodeStructure, type StructureMessage } from '../../overlay/grid/structure-wire.ts'
import { createGridded } from '../../overlay/io/gridded.ts'
import type { Host } from '../../overlay/io/host.ts'
import type { Identity } from '../../overlay/io/identity.ts'
import type { Contact } from '../../overlay/io/lines.ts'
import { openRecordFile, type RecordFile } from '../../overlay/io/record-store.ts'
import { openStreamDriver } from '../../overlay/io/stream-driver.ts'
import type { Member } from '../../overlay/membership/member.ts'
import type { PeerId } from '../../overlay/peer.ts'
import { type LeafOptions, RecordLeaf } from '../../overlay/records/leaf.ts'
import { Marks } from '../../overlay/records/marks.ts'
import type { Record } from '../../overlay/records/record.ts'
import type { Records } from '../../overlay/records/records.ts'
import { encodeAddress } from '../../overlay/records/values.ts'
import { admit, type Doorway, Vetting, type VettingOptions } from '../../overlay/records/vetting.ts'
import type { OverlayStatus } from '../edge-interface.ts'
import type { Gossip } from './gossip.ts'
import type { Ground } from './ground.ts'
import { queryTuning, structureTuning } from './tunings.ts'

export interface Grid {
  readonly records: Records
  /** To be called when members come or go. */
  membersChanged(): void
  status(): OverlayStatus['grid']
}

/** Expired records are dropped this often. */
const sweepMs = 5000
/** Where a peer listens is said for a day, and again every half. */
const addressLifeMs = 24 * 60 * 60 * 1000

/** Faults of the records on disk: state/locked, config/unreadable. */
export async function openGrid(
  ground: Ground,
  self: Address & Identity,
  host: Host,
  gossip: Gossip,
  trust: VettingOptions,
): Promise<Grid> {
  const { settings, meter, log, stack } = ground
  const { membership, rttMs } = gossip
  const clock = realClock
  const store = await openStore(ground)
  const door: Doorway = { vetting: new Vetting({ ...trust, dateOf }), marks: new Marks(), meter }
  const leaf = openLeaf(ground, store, door.vetting)
  const members = () => membership.routable()
  const place = { host: self.host, port: self.port, peer: self.id }
  const structure = new Structure(
    { tuning: structureTuning(settings), self: place, random: realRandom, leaf, members, rttMs },
    clock.now(),
  )
  const queries = new Queries({
    ...{ view: structure, leaf, gridKeyOf, random: realRandom, dateOf, tuning: queryTuning(settings) },
    rttMs: peer => rttMs(peer) ?? settings['membership.probeTimeoutMs'],
  })
  const contacts = createContacts(members)
  const common = {
    ...{ node: host.node, clock, meter, contactOf: contacts.of, settled: () => store.settled() },
    vet: <M extends StructureMessage | QueryMessage>(message: M, from: PeerId) => vetted(message, from, door),
  }
  const structures = await openStreamDriver<StructureMessage, StructureEvent>({
    ...common,
    protocol: '/inxt/structure/1',
    machine: structure,
    codec: { encode: encodeStructure, decode: decodeStructure },
    tell(event) {
      if (event.kind === 'refused') meter.count(`grid.refused.${event.reason}`)
      else {
        log.info({ before: event.before, after: event.after }, `the place in the grid is ${event.kind}`)
        records.membersChanged()
      }
    },
  })
  const asking = await openStreamDriver<QueryMessage, QueryEvent>({
    ...common,
    protocol: '/inxt/queries/1',
    machine: queries,
    codec: { encode: encodeQuery, decode: decodeQuery },
    lost: (peer, now) => queries.lost(peer, now),
    tell(event) {
      if (event.kind === 'moved') contacts.move(event.peer, event)
      else if (event.kind === 'silent')
        structures.run([]) // it heard of it already, and may want to wake sooner
      else records.told(event)
    },
  })
  const records = createGridded({
    ...{ self: self.id, sign: self.sign, clock, dateOf, queries, gridRangeOf, run: asking.run },
    isLive: peer => contacts.of(peer) !== undefined,
    admit: async record => void (await door.vetting.vet(record, clock.now())),
  })
  stack.defer(async () => {
    records.close()
    await asking.close()
    await structures.close()
  })
  void records.publish(`peer/${self.id}`, encodeAddress(self), addressLifeMs)
  return {
    records,
    membersChanged() {
      structures.run(structure.membersChanged(clock.now()))
      records.membersChanged()
    },
    status: () => statusOf(structure, queries, leaf, door.marks),
  }
}

function statusOf(
  structure: Structure,
  queries: Queries,
  leaf: RecordLeaf,
  marks: Marks,
): OverlayStatus['grid'] {
  const { path } = structure.self()
  const { records, bytes, bytesMax } = leaf.usage()
  return {
    path,
    references: [...path].map((_, i) => structure.references(i + 1).length),
    replicas: structure.replicas().length,
    records: { records, bytes, bytesMax },
    copies: queries.copies().keys,
    shunned: marks.shunned(realClock.now()),
  }
}

function openStore({ settings, folder, meter, log, stack }: Ground): Promise<RecordFile> {
  return openRecordFile({
    folder: join(folder, 'records'),
    bytesMax: 2 * settings['records.bytesMax'], // halves of pages stay empty beside large records
    fsync: settings['records.survive'] === 'power',
    meter,
    onBroken: event => log.warn(event, 'the records on disk were damaged: they begin anew'),
  }).then(store => {
    stack.defer(() => store.close())
    return store
  })
}

function openLeaf({ settings, stack }: Ground, store: RecordFile, vetting: Vetting): RecordLeaf {
  const standingOf: LeafOptions['standingOf'] = (record, now) => vetting.standingOf(record, now)
  const bytesMax = settings['records.bytesMax']
  const leaf = new RecordLeaf({ bytesMax, standingOf, gridKeyOf, dateOf, store }, realClock.now())
  let cancel = (): void => {}
  const sweep = (): void => {
    leaf.sweep(realClock.now())
    cancel = realClock.after(sweepMs, sweep)
  }
  sweep()
  stack.defer(async () => cancel())
  return leaf
}

/** The message without the records that must not be believed; undefined from who is not listened to. */
function vetted<Message extends StructureMessage | QueryMessage>(
  message: Message,
  from: PeerId,
  door: Doorway,
): Promise<Message | undefined> | Message | undefined {
  const now = realClock.now()
  if (door.marks.isShunned(from, now)) return undefined
  if (!('records' in message) || message.records.length === 0) return message
  const good = admit(message.records, from, now, door)
  const withGood = (records: Record[]): Message => ({ ...message, records })
  return good instanceof Promise ? good.then(withGood) : withGood(good)
}

/** Where peers are reached: as membership has it, else as their own records in the grid have it. */
function createContacts(members: () => readonly Member[]) {
  const moved = new LRUCache<PeerId, Contact>({ max: 1024 })
  let known: { list: readonly Member[]; byId: ReadonlyMap<PeerId, Contact> } = { list: [], byId: new Map() }
  return {
    of(peer: PeerId): Contact | undefined {
      const list = members()
      if (list !== known.list) known = { list, byId: new Map(list.map(member => [member.id, member])) }
      return known.byId.get(peer) ?? moved.get(peer)
    },
    move: (peer: PeerId, { host, port }: Address) => void moved.set(peer, { id: peer, host, port }),
  }
}
