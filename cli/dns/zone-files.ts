// The zones of a standalone server, read from master files and kept true to them.
//
// A file that changes is read anew, and a version without an error takes the place of the old one between two
// queries; one with errors is told, every error with its line, and the old version stays. Nothing is half replaced:
// a zone is an immutable snapshot, and the set of zones another array. Who reads does so on another thread
// (zone-reader.ts).

import { Fault, isFault } from '../../base/fault.ts'
import { type Clock, realClock } from '../../base/io/clock.ts'
import type { Log } from '../../base/io/log.ts'
import type { Freshness, Life } from '../../resolver/sign/verdict.ts'
import { type Name, nameText } from '../../resolver/wire/name.ts'
import { isLaterSerial } from '../../resolver/zone/serial.ts'
import type { Zone } from '../../resolver/zone/zone.ts'

export interface ZoneFile {
  readonly apex: Name
  readonly file: string
}

/** A zone as it was read, with what a person wants to know of it. */
export interface ZoneVersion {
  readonly zone: Zone
  readonly serial: number
  readonly records: number
  /** What is odd but no reason to refuse it, one sentence each. */
  readonly warnings: readonly string[]
  /** What its signatures have left, by seconds since the epoch; undefined where nothing is signed. */
  readonly life: ((nowS: number) => Life) | undefined
  /** Of its file. */
  readonly digest: string
}

/**
 * The zone in its file now, or undefined when that has the digest `known`. Rejects with Fault `config/unreadable`, or
 * `config/invalid` with one line for each error.
 */
export type ReadZone = (zone: ZoneFile, known: string | undefined) => Promise<ZoneVersion | undefined>

export interface ZoneFiles {
  /** The same array until a zone is replaced. */
  zones(): readonly Zone[]
  versions(): readonly (ZoneVersion & ZoneFile)[]
  /** Reads `file`, or all files; never rejects: what is wrong with a file is in the log. */
  reload(file?: string): Promise<void>
}

/** Lives of signatures are days. */
const lookAgainMs = 3_600_000

/** Reads them all; throws Fault `config/unreadable` or `config/invalid` with every error of every file. */
export async function openZoneFiles(
  files: readonly ZoneFile[],
  read: ReadZone,
  log: Log,
  clock: Pick<Clock, 'after'> = realClock,
  wallNow: () => number = Date.now,
): Promise<ZoneFiles> {
  const twice = files.find(({ apex }, i) => files.findIndex(other => other.apex === apex) < i)
  if (twice !== undefined) throw new Fault('config/invalid', `${nameText(twice.apex)} has two zone files`)
  const versions: (ZoneVersion & ZoneFile)[] = []
  const complaints: Fault[] = []
  const readings = await Promise.allSettled(files.map(zone => read(zone, undefined)))
  for (const [i, reading] of readings.entries()) {
    if (reading.status === 'fulfilled') versions.push({ ...files[i]!, ...reading.value! })
    else if (isFault(reading.reason)) complaints.push(reading.reason)
    else throw reading.reason
  }
  if (complaints.length > 0) {
    const what = complaints.map(fault => fault.message).join('\n')
    throw new Fault(complaints[0]!.code, what)
  }
  for (const version of versions) tellWarnings(version, log)
  const told = new Map<Name, Freshness>()
  const tellLives = (): void => {
    for (const version of versions) tellLife(version, told, wallNow(), log)
    clock.after(lookAgainMs, tellLives)
  }
  tellLives()
  let zones = versions.map(({ zone }) => zone)
  const replace = async (place: number): Promise<void> => {
    const old = versions[place]!
    const zone = nameText(old.apex)
    const found = await read(old, old.digest)
    if (found === undefined) return
    const version = { apex: old.apex, file: old.file, ...found }
    versions[place] = version
    zones = versions.map(({ zone }) => zone)
    const { serial, records } = version
    if (!isLaterSerial(serial, old.serial)) {
      log.warn({ zone, from: old.serial, to: serial }, 'a zone changed without a later serial')
    }
    log.info({ zone, from: old.serial, to: serial, records }, 'a zone is replaced')
    tellWarnings(version, log)
    told.delete(version.apex)
    tellLife(version, told, wallNow(), log)
  }
  const reload = async (file?: string): Promise<void> => {
    const places = [...versions.keys()].filter(place => file === undefined || versions[place]!.file === file)
    await Promise.all(
      places.map(place => replace(place).catch(error => tellRefused(versions[place]!, error, log))),
    )
  }
  // One at a time: of two readings of a file the later must win.
  let work = Promise.resolve()
  return {
    zones: () => zones,
    versions: () => versions,
    reload: file => (work = work.then(() => reload(file))),
  }
}

function tellWarnings({ apex, warnings }: ZoneVersion & ZoneFile, log: Log): void {
  for (const warning of warnings) log.warn({ zone: nameText(apex) }, warning)
}

const lives = {
  warning: 'a third of the life of its signatures is left: sign the zone again',
  alarm: 'a tenth of the life of its signatures is left: sign the zone again',
  expired: 'signatures have ended: validating resolvers refuse the zone',
} as const

/** Once for each step down; `inxt zone check` judges by the same measure. */
function tellLife(version: ZoneVersion & ZoneFile, told: Map<Name, Freshness>, now: number, log: Log): void {
  const { apex, file, life } = version
  if (life === undefined) return
  const { freshness, endsAtS } = life(now / 1000)
  if (told.get(apex) === freshness) return
  told.set(apex, freshness)
  if (freshness === 'fresh') return
  const level = freshness === 'warning' ? 'warn' : 'error'
  const endsAt = new Date(Math.round(endsAtS) * 1000).toISOString()
  log[level]({ zone: nameText(apex), file, endsAt }, lives[freshness])
}

function tellRefused({ apex, file }: ZoneFile, error: unknown, log: Log): void {
  const zone = nameText(apex)
  if (isFault(error)) for (const line of error.message.split('\n')) log.error({ zone, file }, line)
  else log.error({ err: error, zone, file }, 'a zone file met a bug')
  log.error({ zone, file }, 'a zone file has errors: the old version stays')
}
