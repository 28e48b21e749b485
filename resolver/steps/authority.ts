// What we have authority for, as it stands at this query: the zones, the ladder over them, and whether
// anything changed since the query before.
//
// Zones are snapshots: a new version is another array, never the old one with other content. So one comparison
// tells that everything ready-made is stale, and no part of a server has to tell another of a change.

import { foldCase, type Name, parentOf, rootName } from '../wire/name.ts'
import type { Question } from '../wire/question.ts'
import type { Decision } from '../zone/decision.ts'
import { createLadder } from '../zone/ladder.ts'
import type { Zone } from '../zone/zone.ts'

export interface Authority {
  /** With signatures and proofs if `dnssecOk` (RFC 4035 §3.1). */
  decide(question: Question, dnssecOk: boolean): Decision
  /** The apex of the zone that `name` is in. */
  apexOf(name: Name): Name | undefined
  /** Whether the zone `apex` denies names compactly (RFC 9824). */
  isCompact(apex: Name | undefined): boolean
  /** Whether answers may have changed since this was last asked. */
  hasChanged(): boolean
}

const noZones: readonly Zone[] = []

/** `own` zones, which change when `version()` returns something else, and `others()`, which are snapshots. */
export function createAuthority(options: {
  own: readonly Zone[]
  others?: (() => readonly Zone[]) | undefined
  version?: (() => unknown) | undefined
}): Authority {
  const { own, others = () => noZones, version = () => 0 } = options
  let zones = others()
  let ladder = createLadder([...own, ...zones])
  let apexes = apexesOf([...own, ...zones])
  let lastVersion = version()
  let stale = false
  const renew = (): void => {
    const now = others()
    if (now === zones) return
    ladder = createLadder([...own, ...now])
    apexes = apexesOf([...own, ...now])
    zones = now
    stale = true
  }
  return {
    decide(question, dnssecOk) {
      renew()
      return ladder(question, dnssecOk)
    },
    apexOf(name) {
      for (let ancestor = foldCase(name); ; ancestor = parentOf(ancestor)) {
        if (apexes.has(ancestor)) return ancestor
        if (ancestor === rootName) return undefined
      }
    },
    isCompact: apex => apex !== undefined && apexes.get(apex)?.denial?.compact === true,
    hasChanged() {
      renew()
      const now = version()
      const changed = stale || now !== lastVersion
      lastVersion = now
      stale = false
      return changed
    },
  }
}

function apexesOf(zones: readonly Zone[]): ReadonlyMap<Name, Zone> {
  return new Map(zones.map(zone => [zone.apex, zone]))
}
