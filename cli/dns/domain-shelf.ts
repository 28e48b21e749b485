// What an edge serves of custom domains, ready for those who ask at every query: zones for DNS, labels for HTTP.

import { isFault } from '../../base/fault.ts'
import type { ClaimEntry } from '../../registry-contract/claim.ts'
import type { Registry } from '../../registry-contract/registry.ts'
import { type Security, securityOf } from '../../resolver/delegation/verdict.ts'
import type { Change, Kept, Standing } from '../../resolver/delegation/watch.ts'
import { types } from '../../resolver/wire/code.ts'
import { type Name, nameText, parseName } from '../../resolver/wire/name.ts'
import { dataOctets } from '../../resolver/wire/rdata.ts'
import { createDomainZone, type DomainZoneOptions, withSite } from '../../resolver/zone/domain-zone.ts'
import type { Names } from '../../resolver/zone/names.ts'
import type { Ttls } from '../../resolver/zone/suffix.ts'
import type { Zone } from '../../resolver/zone/zone.ts'

export interface DomainShelf {
  /** The label of the site that a host shows: that of a served domain, or of a name below one. */
  labelOf(host: string): string | undefined
  /** Whether `domain` (lower case, no dot at the end) is served for the site `label`. */
  serves(domain: string, label: string): boolean
  /** `own`, and a zone for each served domain that has none there; the same array until either changes. */
  zones(own: readonly Zone[]): readonly Zone[]
  /** An owner's unsigned zone with the places and the content of the site `label` at its apex and `www`. */
  withSite(zone: Zone, label: string): Zone
  /** After each change of what is served. */
  onChange(action: () => void): void
  change(changes: readonly Change<ClaimEntry>[]): void
  /** Names were registered: claims may have been ahead of them. */
  relabel(): void
  kept(): Iterable<Kept<ClaimEntry>>
  count(): number
  securityOf(standing: Standing): Security
}

export interface DomainShelfOptions {
  readonly registry: Pick<Registry, 'labelOf'>
  readonly names: Names
  readonly ttls: Ttls
}

interface Served {
  readonly kept: Kept<ClaimEntry>
  /** Undefined while nobody has registered the site. */
  readonly label: string | undefined
  readonly zone: Zone | undefined
}

/** Undefined for a domain so long that there is no room below it for the names of a site. */
function zoneOf(options: DomainZoneOptions): Zone | undefined {
  try {
    return createDomainZone(options)
  } catch (error) {
    if (isFault(error, 'name/invalid')) return undefined
    throw error
  }
}

export function createDomainShelf({ registry, names, ttls }: DomainShelfOptions): DomainShelf {
  const served = new Map<string, Served>()
  const actions = new Set<() => void>()
  let own: readonly Zone[] = []
  let ownByApex: ReadonlyMap<Name, Zone> = new Map()
  let all: readonly Zone[] | undefined
  const put = (domain: string, kept: Kept<ClaimEntry>): void => {
    const label = registry.labelOf(kept.claim.site)
    const { hosts, ttlS } = kept.delegation
    const zone = label === undefined ? undefined : zoneOf({ domain, site: label, names, hosts, ttlS, ttls })
    served.set(domain, { kept, label, zone })
  }
  const changed = (): void => {
    all = undefined
    for (const action of actions) action()
  }
  return {
    change(changes) {
      for (const { domain, after } of changes) {
        if (after === undefined) served.delete(domain)
        else put(domain, after)
      }
      changed()
    },
    relabel() {
      const found = [...served.values()].filter(
        ({ kept, label }) => label === undefined && registry.labelOf(kept.claim.site) !== undefined,
      )
      for (const { kept } of found) put(kept.claim.name, kept)
      if (found.length > 0) changed()
    },
    labelOf(host) {
      for (let at = 0; ; at = host.indexOf('.', at) + 1) {
        const found = served.get(host.slice(at))
        if (found !== undefined) return found.label
        if (!host.includes('.', at)) return undefined
      }
    },
    serves: (domain, label) => served.get(domain)?.label === label,
    zones(given) {
      if (all !== undefined && given === own) return all
      if (given !== own) ownByApex = new Map(given.map(zone => [zone.apex, zone]))
      own = given
      const made = [...served.values()]
        .flatMap(({ zone }) => zone ?? [])
        .filter(({ apex }) => !ownByApex.has(apex))
      return (all = [...given, ...made])
    },
    withSite: (zone, site) =>
      withSite(zone, {
        site,
        owners: [zone.apex, parseName(`www.${nameText(zone.apex)}`)],
        names,
        contentTtlS: ttls.contentS,
      }),
    onChange: action => void actions.add(action),
    *kept() {
      for (const { kept } of served.values()) yield kept
    },
    count: () => served.size,
    securityOf({ domain, kept }) {
      if (kept === undefined) return 'unclear'
      const apex = parseName(domain)
      const keys = ownByApex.get(apex)?.node(apex, apex)?.rrset(types.DNSKEY)
      const rdata = keys !== undefined && 'data' in keys ? keys.data.map(dataOctets) : []
      return securityOf(apex, kept.delegation.ds, rdata)
    },
  }
}
