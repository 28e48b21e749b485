// What is wrong with a custom domain, in words that its owner or the operator can act on.

import { hostWithoutGlue, type Security, type Verdict } from '../../resolver/delegation/verdict.ts'
import type { Standing } from '../../resolver/delegation/watch.ts'
import { isWithin, nameText, parseName } from '../../resolver/wire/name.ts'

export interface Surroundings {
  /** Of the site that the claim names; undefined when nobody has registered it. */
  readonly label: string | undefined
  readonly security: Security
  /** Addresses of edges that serve. */
  readonly live: ReadonlySet<string>
}

/** Undefined when all is well. */
export function problemOf(standing: Standing, { label, security, live }: Surroundings): string | undefined {
  const { domain, kept, verdict } = standing
  if (kept === undefined) {
    return verdict?.kind === 'served'
      ? 'is delegated here, but this edge serves as many domains as it may: raise domains.countMax'
      : verdictText(verdict)
  }
  if (verdict !== undefined && verdict.kind !== 'served') {
    return `${verdictText(verdict)}; it is served as before until that is certain`
  }
  if (label === undefined)
    return 'its claim names a site that nobody has registered: claim it for another one'
  const strange = strangeHost(domain, standing, live)
  return securityText(security) ?? strange
}

export function verdictText(verdict: Verdict | undefined): string {
  switch (verdict?.kind) {
    case undefined:
      return 'was not looked up yet'
    case 'served':
      return `is delegated to the name servers of ${verdict.claim.owner}`
    case 'contested':
      return `has name servers of ${verdict.claims.map(({ owner }) => owner).join(' and ')}: leave those of one`
    case 'elsewhere': {
      const hosts = verdict.delegation.hosts.slice(0, 4).map(({ name }) => nameText(name))
      return `is delegated to nobody who claims it (${hosts.join(', ')})`
    }
    case 'undelegated':
      return 'has no name servers at its parent'
    case 'unclear':
      return `cannot be looked up: ${verdict.why}`
  }
}

/** Undefined for what needs no action. */
export function securityText(security: Security): string | undefined {
  if (security === 'bogus') {
    const what = 'has a DS at its parent that fits no key of its zone, so validating resolvers refuse it'
    return `${what}: take the DS away, or publish the signed zone`
  }
  if (security === 'island')
    return 'is signed, but its parent has no DS: enter the one that `inxt zone keys` prints'
  return undefined
}

/** A name server below the domain that leads nowhere. */
function strangeHost(domain: string, { kept }: Standing, live: ReadonlySet<string>): string | undefined {
  const apex = parseName(domain)
  const { delegation } = kept!
  const bare = hostWithoutGlue(apex, delegation)
  if (bare !== undefined) return `${nameText(bare.name)} has no address at the parent: enter one of an edge`
  const dead = delegation.hosts.find(
    ({ name, addresses }) => isWithin(name, apex) && !addresses.some(address => live.has(address)),
  )
  return (
    dead && `${nameText(dead.name)} has no address of an edge that serves now (${dead.addresses.join(', ')})`
  )
}
