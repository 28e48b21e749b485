// The kinds of answer that a validator must vouch for, in every zone that has one of everything.

import { onlineZones, wholeZones } from './lab-zones.ts'

export const askedZones: readonly string[] = [...Object.keys(wholeZones), ...Object.keys(onlineZones)]

export type Row = readonly [what: string, question: string, expected: RegExp]

const noData = /NOERROR.*ANSWER: 0/s

/** What every whole zone is asked. */
export function kindsIn(zone: string): readonly Row[] {
  // Compact denial says so in a bit of the NSEC, which these resolvers do not turn into an rcode (RFC 9824 §5).
  const absent = zone in onlineZones ? noData : /status: NXDOMAIN/
  return [
    ['A', `www.${zone} A`, /^www\.\S+\s.*\sA\s192\.0\.2\.80$/m],
    ['AAAA', `www.${zone} AAAA`, /2001:db8::80/],
    ['NXDOMAIN', `nothing.${zone} A`, absent],
    ['NXDOMAIN below nothing', `a.b.nothing.${zone} A`, absent],
    ['NODATA', `www.${zone} MX`, noData],
    ['a wildcard', `x.wild.${zone} A`, /^x\.wild\..*192\.0\.2\.42$/m],
    ['a wildcard for two labels', `x.y.wild.${zone} A`, /^x\.y\.wild\..*192\.0\.2\.42$/m],
    ['NODATA of a wildcard', `x.wild.${zone} MX`, noData],
    ['a wildcard that is an alias', `x.walias.${zone} A`, /CNAME.*192\.0\.2\.80/s],
    ['an empty non-terminal', `branch.ent.${zone} A`, noData],
    ['a CNAME chain', `chain1.${zone} A`, /192\.0\.2\.3/],
    ['an alias to nothing', `dangling.${zone} A`, /CNAME/],
    ['DNAME', `www.tree.${zone} A`, /(?=.*\sDNAME\s)(?=.*192\.0\.2\.6$)/ms],
    ['a large TXT over TCP', `long.${zone} TXT`, /1313131313/],
    ['TLSA', `_443._tcp.www.${zone} TLSA`, /TLSA\s3 1 1/],
    ['SVCB for the web', `svc.${zone} TYPE65`, /ANSWER: [12]/],
    ['an unknown type', `unknown.${zone} TYPE65280`, /0A000001/i],
    ['DNSKEY', `${zone} DNSKEY`, /DNSKEY\s257 3 1[35]/],
    ['no DS of an unsigned child', `plain.${zone} DS`, noData],
  ]
}
