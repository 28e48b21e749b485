// The secondaries of a standalone server: who may take which zone, with which key, and who is told of new versions.
//
// An address alone is no proof and a key alone says too little: both are wanted. Of several keys in the file any may
// be used to ask; the first one signs what we send of our own accord.

import { open } from 'node:fs/promises'
import { isIPv6 } from 'node:net'
import { Fault, isFault } from '../../base/fault.ts'
import { unreadable } from '../../base/io/file.ts'
import type { Log } from '../../base/io/log.ts'
import type { Meter } from '../../base/meter.ts'
import type { Respond } from '../../resolver/responder.ts'
import type { LimitOptions } from '../../resolver/steps/limit.ts'
import { soaOf } from '../../resolver/transfer/axfr.ts'
import { createDoor, type Door } from '../../resolver/transfer/door.ts'
import { notify } from '../../resolver/transfer/io/notify.ts'
import { createJournal, type Journal } from '../../resolver/transfer/journal.ts'
import { parseTsigKeys } from '../../resolver/transfer/key-file.ts'
import type { TsigKey } from '../../resolver/transfer/tsig.ts'
import { type Name, nameText, parseName } from '../../resolver/wire/name.ts'
import type { Zone } from '../../resolver/zone/zone.ts'
import { type Place, parsePlace } from '../daemon/place.ts'
import { inSlices } from '../daemon/slices.ts'
import type { JournalShelf } from './journal-shelf.ts'

export interface Transfers {
  /** What stands before the responder. */
  door(respond: Respond, meter: Meter, limit?: LimitOptions): Door
  /** Notes what changed in every zone that is another than when this was called last, and then notifies of it. */
  tell(from: readonly Place[]): void
  [Symbol.dispose](): void
}

/**
 * `wanted` are words such as `example.com=192.0.2.1,192.0.2.2:5300`; undefined when there are none. Throws Fault
 * `input/invalid`, `config/unreadable` or `config/invalid`.
 */
export async function openTransfers(
  wanted: readonly string[],
  keyFile: string | undefined,
  zones: () => readonly Zone[],
  log: Log,
  shelf?: JournalShelf,
): Promise<Transfers | undefined> {
  if (wanted.length === 0 && keyFile === undefined) return undefined
  if (keyFile === undefined) {
    throw new Fault('input/invalid', '--transfer needs --tsig-file: no zone is given without a key', {
      hint: 'tsig-keygen NAME > FILE makes one, for both servers.',
    })
  }
  const keys = parseTsigKeys(await secretText(keyFile), keyFile)
  const peers = new Map<Name, Place[]>()
  for (const word of wanted) {
    const [apex, places] = peersOf(word)
    const zone = zones().find(zone => zone.apex === apex)
    if (zone === undefined) {
      throw new Fault('input/invalid', `--transfer ${word}: no --zone ${nameText(apex)} is served`)
    }
    if (zone.sets === undefined) {
      throw new Fault('input/invalid', `--transfer ${word}: this zone is signed while it is answered`, {
        hint: 'A secondary could not sign: sign it in advance with `inxt zone sign`, or serve it without secondaries.',
      })
    }
    peers.set(apex, [...(peers.get(apex) ?? []), ...places])
  }
  const journal = createJournal()
  for (const zone of zones()) {
    const kept = peers.has(zone.apex) ? await shelf?.read(zone) : undefined
    if (kept !== undefined) journal.restore(zone, kept)
  }
  return transfersOf(keys, peers, zones, log, journal, shelf)
}

function transfersOf(
  keys: readonly TsigKey[],
  peers: ReadonlyMap<Name, readonly Place[]>,
  zones: () => readonly Zone[],
  log: Log,
  journal: Journal,
  shelf: JournalShelf | undefined,
): Transfers {
  const told = new Map<Name, { zone: Zone; stop: AbortController }>()
  const tellOf = async (zone: Zone, from: readonly Place[]): Promise<void> => {
    const last = told.get(zone.apex)
    if (last?.zone === zone) return
    last?.stop.abort()
    const stop = new AbortController()
    told.set(zone.apex, { zone, stop })
    // Before anybody is told: who comes at once is to find it.
    if (last !== undefined) {
      await inSlices(journal.note(last.zone, zone))
      const kept = journal.kept(zone)
      if (kept !== undefined) await shelf?.write(zone, kept)
    }
    for (const to of peers.get(zone.apex) ?? []) {
      const source = from.find(({ address }) => isIPv6(address) === isIPv6(to.address))
      if (source === undefined) log.warn({ secondary: to.address }, 'no address of ours is of its family')
      else void notify({ to, from: source.address, soa: soaOf(zone), key: keys[0]! }, stop.signal, log)
    }
  }
  let work = Promise.resolve()
  return {
    door(respond, meter, limit) {
      const addresses = new Map(
        [...peers].map(([apex, places]) => [apex, places.map(({ address }) => address)]),
      )
      // The other side compares with its wall clock, so ours must follow when ours is set.
      const options = { keys, peers: addresses, zones, journal, respond, now: Date.now, meter }
      return createDoor({ ...options, ...(limit && { limit }) })
    },
    tell(from) {
      work = work
        .then(async () => {
          for (const zone of zones()) if (peers.has(zone.apex)) await tellOf(zone, from)
        })
        .catch(error => log.error({ err: error }, 'secondaries are not told'))
    },
    [Symbol.dispose]() {
      for (const { stop } of told.values()) stop.abort()
    },
  }
}

/** `example.com=192.0.2.1,[2001:db8::1]:5300`; the port is where NOTIFY goes. */
function peersOf(word: string): [apex: Name, places: Place[]] {
  const [, zone, places] = /^([^=]+)=(.+)$/s.exec(word) ?? []
  if (zone === undefined || places === undefined) {
    throw new Fault('input/invalid', `--transfer ${word}: a zone, an equals sign and addresses are wanted`, {
      hint: 'Such as --transfer example.com=192.0.2.1,192.0.2.2',
    })
  }
  return [parseName(zone.toLowerCase()), places.split(',').map(text => parsePlace('--transfer', text, 53))]
}

/** A secret that others may read is none: the same rule as for private keys. */
async function secretText(file: string): Promise<string> {
  try {
    await using handle = await open(file)
    const { mode } = await handle.stat()
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new Fault('config/unreadable', `${file} may be read by others: its secrets are none`, {
        hint: `chmod 600 ${file}`,
      })
    }
    return await handle.readFile('utf8')
  } catch (error) {
    if (isFault(error)) throw error
    throw unreadable(file, error)
  }
}
