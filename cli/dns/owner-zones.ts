// The zones that owners published, as this edge serves them: for each name with a zone hash on chain its content is
// read, judged as a validator would, and put in the place of the version before between two queries.
//
// The old version stays while a new one is missing, broken, expired, early or older: of two versions the one with the
// later serial counts (RFC 1982), and between equal serials the one that the chain named later. Another owner begins
// anew, and so does whoever comes after signatures that ended. What is served is remembered on disk, for a start to go
// on from. A name without a zone hash ends its zone at once, one whose term is over at the next turn.

import { isFault } from '../../base/fault.ts'
import type { Clock } from '../../base/io/clock.ts'
import type { Log } from '../../base/io/log.ts'
import type { Meter } from '../../base/meter.ts'
import { viewBundle } from '../../resolver/sign/bundle-view.ts'
import type { Judge } from '../../resolver/sign/io/judging.ts'
import {
  type JudgedZone,
  type PublishedFiles,
  publishedApex,
  type Refusal,
} from '../../resolver/sign/publication.ts'
import { type Name, nameText } from '../../resolver/wire/name.ts'
import { openZone } from '../../resolver/zone/packed.ts'
import { withSignedPlaces } from '../../resolver/zone/signed-places.ts'
import type { Zone } from '../../resolver/zone/zone.ts'
import { freshnessOf, freshnessTexts, type ZoneFreshness } from './zone-freshness.ts'
import { isBehind, pauseMs, refusalOf } from './zone-refusal.ts'

/** What the chain says of a name that has a zone. */
export interface ZoneClaim {
  /** CID of what the owner published. */
  readonly root: string
  readonly sequence: number
  readonly owner: string
}

/** A version that was served, as it is remembered on disk. */
export interface KeptZone extends ZoneClaim {
  readonly label: string
}

export interface OwnerZonesOptions {
  /** What the chain says now; undefined for a name that ended or has no zone. */
  claimOf(label: string): ZoneClaim | undefined
  /** Every name that has a zone: read when there is room again for what found none. */
  labels(): Iterable<string>
  /** Faults: content/*, bytes/*. */
  read(root: string): Promise<PublishedFiles>
  readonly judge: Judge
  /** Whether the owner of `label` may say what is in the zone `apex` (lower case). */
  serves(apex: Name, label: string): boolean
  /** Gives a zone that is not signed the places of its site. */
  withSite(zone: Zone, label: string): Zone
  /** This edge serves the zone, so it should hold its content. */
  hold(root: string): void
  /** What `kept` gives is another. */
  remember(): void
  readonly clock: Clock
  /** What the system's clock says, in ms; unlike `clock` it may jump. */
  readonly wallNow: () => number
  readonly zonesMax: number
  /** Of all zones together, as they were published. */
  readonly bytesMax: number
  readonly log: Log
  readonly meter: Meter
}

export interface ZoneStatus {
  /** Undefined until a version is served. */
  readonly zone: string | undefined
  readonly label: string
  readonly serial: number | undefined
  readonly records: number
  /** Milliseconds since the epoch; undefined where nothing is signed. */
  readonly endsAt: number | undefined
  readonly freshness: ZoneFreshness
  /** Of the version that the chain names, when that is not served. */
  readonly refused: { readonly root: string; readonly refusal: Refusal; readonly why: string } | undefined
}

interface Served extends ZoneClaim {
  readonly judged: JudgedZone
  readonly bytes: number
  readonly zone: Zone
}

interface Entry {
  readonly label: string
  claim: ZoneClaim
  /** What was served before this start, until it was tried. */
  kept: KeptZone | undefined
  served: Served | undefined
  refused: { root: string; refusal: Refusal; why: string; retryAt: number; apex?: Name } | undefined
  failures: number
  /** A version took long to judge: from then on it waits for its like only. */
  isSlow: boolean
  freshness: ZoneFreshness
}

/** Zones read and judged at once, but for those that take long. */
const loadsMax = 4
/** A clock may drift by that much between two turns without a word. */
const jumpS = 60

export class OwnerZones {
  readonly #options: OwnerZonesOptions
  readonly #entries = new Map<string, Entry>()
  /** What was served last, in this run or an earlier one. */
  readonly #kept: Map<string, KeptZone>
  readonly #loads = new Map<string, Promise<void>>()
  /** Of the loads: those that wait to be judged where only what takes long waits. */
  readonly #slow = new Set<string>()
  #hasLeftOut = false
  #isClosed = false
  #zones: readonly Zone[] = []
  /** How far the system's clock is ahead of the steady one. */
  #drift: number

  constructor(options: OwnerZonesOptions, kept: readonly KeptZone[]) {
    this.#options = options
    this.#kept = new Map(kept.map(zone => [zone.label, zone]))
    this.#drift = options.wallNow() - options.clock.now()
  }

  /** The same array until a zone is replaced. */
  zones(): readonly Zone[] {
    return this.#zones
  }

  /** Of what is served and of what the chain names: content that somebody must hold. */
  roots(): ReadonlySet<string> {
    const roots = new Set<string>()
    for (const { claim, kept, served } of this.#entries.values()) {
      for (const root of [claim.root, kept?.root, served?.root]) if (root !== undefined) roots.add(root)
    }
    return roots
  }

  /** What a start must know not to go back: also versions that were not loaded again yet. */
  kept(): readonly KeptZone[] {
    return [...this.#kept.values()].filter(({ label }) => this.#entries.has(label))
  }

  status(): readonly ZoneStatus[] {
    return [...this.#entries.values()].map(entry => statusOf(entry, this.#nowS()))
  }

  /** Names that changed on chain. */
  look(labels: Iterable<string>): void {
    const { claimOf, zonesMax, meter } = this.#options
    for (const label of labels) {
      const entry = this.#entries.get(label)
      const claim = entry === undefined ? claimOf(label) : undefined
      if (entry !== undefined) this.#follow(entry)
      else if (claim === undefined) continue
      else if (this.#entries.size < zonesMax) this.#enter(label, claim)
      else {
        this.#hasLeftOut = true
        meter.count('zones.refused.too-many')
      }
    }
    this.#advance()
  }

  /** Looks at all zones again: time passed, or what `serves` answers changed. */
  turn(): void {
    this.#watchClock()
    for (const entry of this.#entries.values()) {
      this.#follow(entry)
      this.#tellFreshness(entry)
    }
    if (this.#hasLeftOut && this.#entries.size < this.#options.zonesMax) {
      this.#hasLeftOut = false
      this.look(this.#options.labels())
    }
    this.#advance()
  }

  /** Resolves when nothing is being read or judged. */
  async idle(): Promise<void> {
    while (this.#loads.size > 0) await Promise.all(this.#loads.values())
  }

  /** Begins nothing more, and tells nothing of what breaks off. */
  close(): Promise<void> {
    this.#isClosed = true
    return this.idle()
  }

  #nowS(): number {
    return Math.floor(this.#options.wallNow() / 1000)
  }

  #enter(label: string, claim: ZoneClaim): void {
    const kept = this.#kept.get(label)
    const isOld = kept !== undefined && kept.root !== claim.root && kept.owner === claim.owner
    const state = {
      served: undefined,
      refused: undefined,
      failures: 0,
      isSlow: false,
      freshness: 'fresh',
    } as const
    this.#entries.set(label, { label, claim, kept: isOld ? kept : undefined, ...state })
  }

  /** Begins what is due, as far as there is room, and serves what came of the rest. */
  #advance(): void {
    if (this.#isClosed) return
    for (const entry of this.#entries.values()) {
      if (this.#loads.size - this.#slow.size >= loadsMax) break
      if (!this.#loads.has(entry.label) && this.#isDue(entry)) this.#begin(entry)
    }
    this.#refresh()
  }

  #watchClock(): void {
    const { clock, wallNow, log, meter } = this.#options
    const drift = wallNow() - clock.now()
    const seconds = Math.round((drift - this.#drift) / 1000)
    this.#drift = drift
    if (Math.abs(seconds) < jumpS) return
    log.warn({ seconds }, 'the clock jumped: zones are judged again')
    meter.count('zones.clock-jumped')
    for (const { refused } of this.#entries.values()) {
      if (refused?.refusal === 'early' || refused?.refusal === 'expired') refused.retryAt = 0
    }
  }

  #follow(entry: Entry): void {
    const claim = this.#options.claimOf(entry.label)
    if (claim === undefined) {
      this.#entries.delete(entry.label)
      if (this.#kept.delete(entry.label)) this.#options.remember()
      if (entry.served)
        this.#options.log.info({ label: entry.label }, 'a zone is served no more: its name has none')
      return
    }
    if (claim.root !== entry.claim.root) entry.failures = 0
    entry.claim = claim
    if (entry.served?.root === claim.root) entry.refused = undefined
  }

  #isDue({ label, claim, served, refused, kept }: Entry): boolean {
    if (kept !== undefined) return true
    if (served?.root === claim.root) return false
    if (refused?.root !== claim.root) return true
    const { apex, retryAt } = refused
    return apex === undefined ? this.#options.clock.now() >= retryAt : this.#options.serves(apex, label)
  }

  #begin(entry: Entry): void {
    const claim = entry.kept ?? entry.claim
    const done = this.#load(entry, claim)
      .catch(error => {
        if (!isFault(error)) this.#options.log.error({ err: error, label: entry.label }, 'a zone met a bug')
        this.#refuse(entry, claim.root, isFault(error) ? refusalOf(error) : 'broken', String(error.message))
      })
      .finally(() => {
        // Tried once: what cannot be had any more gives way to what the chain names.
        entry.kept = undefined
        this.#loads.delete(entry.label)
        this.#slow.delete(entry.label)
        // To the end of the queue: whoever changes a zone all the time waits for everybody else each time.
        if (this.#entries.get(entry.label) === entry) {
          this.#entries.delete(entry.label)
          this.#entries.set(entry.label, entry)
        }
        this.#advance()
      })
    this.#loads.set(entry.label, done)
  }

  async #load(entry: Entry, claim: ZoneClaim): Promise<void> {
    const { label } = entry
    const { read, serves, judge, bytesMax, withSite } = this.#options
    const refuse = (refusal: Refusal, why: string, apex?: Name): void =>
      this.#refuse(entry, claim.root, refusal, why, apex)
    const files = await read(claim.root)
    const apex = publishedApex(files.zone)
    if (!serves(apex, label)) return refuse('foreign', `${nameText(apex)} is not for ${label} to serve`, apex)
    const bytes = files.zone.length + (files.places?.length ?? 0)
    if (this.#bytesBeside(entry) + bytes > bytesMax) {
      return refuse('too large', `${bytes} octets; zones may have ${bytesMax} together: zones.totalBytesMax`)
    }
    const { isSlow } = entry
    const judgement = await judge(files, this.#nowS(), { isSlow, onSlow: () => this.#wait(entry) })
    if ('refusal' in judgement) return refuse(judgement.refusal, judgement.why)
    const { zone: judged } = judgement
    const why = isBehind(judged, claim, entry.served, this.#nowS())
    if (why !== undefined) return refuse('older', why)
    const bare = opened(judged, files, label)
    const zone = judged.isSigned ? bare : withSite(bare, label)
    // The name may have lost its zone meanwhile.
    if (this.#entries.get(label) === entry) this.#install(entry, { ...claim, judged, bytes, zone })
  }

  /** Others begin in its place. */
  #wait(entry: Entry): void {
    entry.isSlow = true
    this.#slow.add(entry.label)
    this.#advance()
  }

  #bytesBeside(entry: Entry): number {
    let sum = 0
    for (const other of this.#entries.values()) if (other !== entry) sum += other.served?.bytes ?? 0
    return sum
  }

  #install(entry: Entry, served: Served): void {
    const { log, meter, hold, remember } = this.#options
    const { label } = entry
    const { judged, zone, sequence, root, owner } = served
    const from = entry.served?.judged.serial
    Object.assign(entry, { served, refused: undefined, failures: 0, freshness: 'fresh' })
    this.#refresh()
    meter.count('zones.replaced')
    const { serial: to, records } = judged
    log.info({ zone: nameText(zone.apex), label, from, to, sequence, records }, 'a zone is served')
    hold(root)
    this.#tellFreshness(entry)
    this.#kept.set(label, { label, root, sequence, owner })
    remember()
  }

  #refuse(entry: Entry, root: string, refusal: Refusal, why: string, apex?: Name): void {
    if (this.#isClosed) return
    const { clock, log, meter } = this.#options
    const { label, served, refused: known } = entry
    const retryAt = clock.now() + pauseMs(refusal, entry.failures++)
    entry.refused = { root, refusal, why, retryAt, ...(apex && { apex }) }
    if (known?.root === root && known.refusal === refusal) return
    meter.count(`zones.refused.${refusal.replace(' ', '-')}`)
    log.warn({ label, root, refusal, why, serving: served?.judged.serial }, 'a version of a zone is refused')
  }

  #refresh(): void {
    const now = new Map<Name, Zone>()
    for (const { served, label } of this.#entries.values()) {
      if (served === undefined || now.has(served.zone.apex)) continue
      if (this.#options.serves(served.zone.apex, label)) now.set(served.zone.apex, served.zone)
    }
    const next = [...now.values()]
    const isSame = next.length === this.#zones.length && next.every((zone, i) => zone === this.#zones[i])
    if (!isSame) this.#zones = next
  }

  #tellFreshness(entry: Entry): void {
    const { served, label } = entry
    if (served === undefined) return
    const { freshness, endsAt } = freshnessOf(served.judged.spans, this.#nowS())
    if (freshness === entry.freshness) return
    entry.freshness = freshness
    if (freshness === 'fresh') return
    // An older version that is valid is better than none that is.
    if (freshness === 'expired' && entry.refused?.refusal === 'older') entry.refused.retryAt = 0
    this.#options.meter.count(`zones.${freshness}`)
    const level = freshness === 'warning' ? 'warn' : 'error'
    const zone = nameText(served.zone.apex)
    this.#options.log[level](
      { zone, label, endsAt: new Date(endsAt ?? 0).toISOString() },
      freshnessTexts[freshness],
    )
  }
}

/** Takes no longer for a larger zone, and one step for each set of its places. */
function opened({ packed }: JudgedZone, { places }: PublishedFiles, label: string): Zone {
  const zone = openZone(packed)
  if (places === undefined) return zone
  const sets = viewBundle(places)
  return withSignedPlaces(zone, { site: label, owners: sets.owners, sets })
}

function statusOf({ label, served, refused }: Entry, nowS: number): ZoneStatus {
  const { freshness, endsAt } = freshnessOf(served?.judged.spans ?? [], nowS)
  return {
    zone: served && nameText(served.zone.apex),
    label,
    serial: served?.judged.serial,
    records: served?.judged.records ?? 0,
    endsAt,
    freshness,
    refused: refused && { root: refused.root, refusal: refused.refusal, why: refused.why },
  }
}
