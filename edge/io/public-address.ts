// Which addresses an edge may be led to by those who publish sites: public ones, looked up by the edge itself.
//
// A rule of a site names a host, and whoever answers for that host in DNS names any address: that of a metadata
// service, of the operator's router, another one a second later (DNS rebinding). So the address is judged, not the
// name, in the look-up of each connection; the connection goes to what was judged. Looked up by c-ares: getaddrinfo
// would read /etc/hosts, add the machine's search domains, and let slow names of strangers fill the thread pool.
// (IANA special-purpose address registries, RFC 6890.)

import { Resolver } from 'node:dns/promises'
import { BlockList, isIP, type LookupFunction } from 'node:net'

export interface Guard {
  /** All addresses of a host name, none when it has none; rejects when nobody knows. */
  resolve(host: string): Promise<readonly string[]>
  permits(address: string): boolean
}

export const notPublic = 'it has no public address'

export class NotPublic extends Error {
  constructor() {
    super(notPublic)
  }
}

const special4 = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12'],
  ...['192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24'],
  ...['203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'],
  // Metadata and keys of Azure's machines, behind a public address.
  '168.63.129.16/32',
]
/** Of what is unicast and global at all: protocols' own (Teredo among them), examples, and 6to4. */
const special6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']
const global6 = listOf(['2000::/3'])
const special = listOf([...special4, ...special6])

/** `isOurs` tells addresses of this network's edges, which are no origins; `allowed` are CIDRs beside public ones. */
export function createGuard({
  allowed,
  isOurs,
  resolve = lookUp,
}: {
  readonly allowed: readonly string[]
  readonly isOurs: (address: string) => boolean
  readonly resolve?: Guard['resolve']
}): Guard {
  // Two lists: BlockList finds ::ffff:10.0.0.1 in 10.0.0.0/8, where nobody would know an edge's address again.
  const extra = { ipv4: listOf(allowed.filter(isV4)), ipv6: listOf(allowed.filter(cidr => !isV4(cidr))) }
  return {
    resolve,
    permits(address) {
      const family = isIP(address)
      if (family === 0 || isOurs(address)) return false
      const kind = family === 6 ? 'ipv6' : 'ipv4'
      if (extra[kind].check(address, kind)) return true
      // An IPv4 address within an IPv6 one (::ffff:0:0/96, 64:ff9b::/96) is not global unicast: it is refused.
      return !special.check(address, kind) && (family === 4 || global6.check(address, kind))
    },
  }
}

function isV4(cidr: string): boolean {
  return !cidr.includes(':')
}

/** Throws RangeError for what is no CIDR. */
function listOf(cidrs: readonly string[]): BlockList {
  const list = new BlockList()
  for (const cidr of cidrs) {
    const [address = '', bits] = cidr.split('/')
    list.addSubnet(address, Number(bits), isV4(cidr) ? 'ipv4' : 'ipv6')
  }
  return list
}

/** Each try takes a second at most; connections have a time-out of their own. */
const resolver = new Resolver({ timeout: 1000, tries: 3 })

async function lookUp(host: string): Promise<readonly string[]> {
  const both = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)])
  const found = both.flatMap(one => (one.status === 'fulfilled' ? one.value : []))
  if (found.length === 0 && both[0].status === 'rejected') throw both[0].reason
  return found
}

/** The address in a URL's host, which is one already: '[::1]' and '127.0.0.1', not '127.1'. */
export function literalOf(hostname: string): string | undefined {
  const address = hostname.replace(/^\[|\]$/g, '')
  return isIP(address) === 0 ? undefined : address
}

/** For net.connect and tls.connect: only addresses that are permitted now. */
export function lookupBy({ resolve, permits }: Guard): LookupFunction {
  return (host, options, done) => {
    const answer = (found: readonly string[]): void => {
      const permitted = found.filter(permits).map(address => ({ address, family: isIP(address) }))
      const [first] = permitted
      if (first === undefined) done(new NotPublic(), '', 0)
      else if (options.all) done(null, permitted)
      else done(null, first.address, first.family)
    }
    resolve(host).then(answer, (error: Error) => done(error, '', 0))
  }
}
