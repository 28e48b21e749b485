// The zones of the lab: a root, a top-level domain, and below it the zones under test, signed by Debian's signer.
//
// `example.lab` has one of everything that a resolver may ask for; `third.lab` is the same with NSEC3; `expired.lab`
// and `wrong.lab` are lies that a validator must see through. Root and top-level domain hold the delegations, and the
// root answers for reverse names too, so that the checkers find nothing to say about the surroundings.

import type { Room } from './room.ts'

export const subjectAddresses = ['46.1.1.1', '47.1.1.1', '2a0e:46::1', '2a0e:47::1'] as const
/** The addresses of the real root servers, which some tools have compiled in. */
export const rootAddresses = [
  ...[
    '198.41.0.4',
    '170.247.170.2',
    '192.33.4.12',
    '199.7.91.13',
    '192.203.230.10',
    '192.5.5.241',
    '192.112.36.4',
  ],
  ...['198.97.190.53', '192.36.148.17', '192.58.128.30', '193.0.14.129', '199.7.83.42', '202.12.27.33'],
]
export const labAddress = '48.1.1.1'
export const otherLabAddress = '49.1.1.1'

const delegated = ['example.lab', 'third.lab', 'expired.lab', 'wrong.lab'] as const
const servers = subjectAddresses.map((address, i) => {
  const type = address.includes(':') ? 'AAAA' : 'A'
  return `ns${(i % 2) + 1} ${type} ${address}`
})
const top = `$TTL 3600
@ SOA ns1 hostmaster 2026112201 14400 3600 1209600 300
@ NS ns1
@ NS ns2
@ MX 10 mail
@ TXT "v=spf1 mx -all"
${servers.join('\n')}
mail A 46.1.1.1
www A 192.0.2.80
www AAAA 2001:db8::80
`
const long = Array.from({ length: 14 }, (_, i) => `"${String(i).padStart(2, '0').repeat(100)}"`).join(' ')
const everything = `${top}@ A 192.0.2.1
@ AAAA 2001:db8::1
@ CAA 0 issue "ca.example.net"
alias CNAME www
chain1 CNAME chain2
chain2 CNAME chain3
chain3 A 192.0.2.3
loop1 CNAME loop2
loop2 CNAME loop1
away CNAME www.elsewhere.test.
dangling CNAME nothing
*.wild A 192.0.2.42
*.wild TXT "a wildcard"
exact.wild AAAA 2001:db8::42
*.walias CNAME www
leaf.branch.ent A 192.0.2.5
tree DNAME target
www.target A 192.0.2.6
long TXT ${long}
_443._tcp.www TLSA 3 1 1 d2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb106618e971
_sip._tcp SRV 10 60 5060 www
host SSHFP 4 2 123456789abcdef67890123456789abcdef67890123456789abcdef123456789
ptr PTR www
naptr NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:info@example.lab!" .
loc LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m
uri URI 10 1 "https://www.example.lab/"
hinfo HINFO "CPU" "OS"
svc HTTPS 1 . alpn=h2,h3 ipv4hint=192.0.2.80
_dns SVCB 1 www alpn=dot port=853
alias0 HTTPS 0 www
unknown TYPE65280 \\# 4 0a000001
secure NS ns.secure
ns.secure A 46.1.1.1
plain NS ns.plain
ns.plain A 46.1.1.1
outside NS ns.elsewhere.test.
`
const small = (ns: string): string => `$TTL 3600
@ SOA ${ns} hostmaster 2026112201 14400 3600 1209600 300
@ NS ${ns}
${ns} A 46.1.1.1
www A 192.0.2.90
`

export interface LabZones {
  /** Zone name to the file that is served by the server under test. */
  readonly subject: ReadonlyMap<string, string>
  readonly root: string
  readonly lab: string
  /** Files for validators: the trust anchor as a DNSKEY record, as a DS record, and the root hints. */
  readonly keyFile: string
  readonly dsFile: string
  readonly hintsFile: string
  readonly key: { readonly flags: string; readonly base64: string }
}

/** Signs with one ECDSA P-256 key; the signed file and the DS records. */
async function signed(
  room: Room,
  zone: string,
  text: string,
  more: readonly string[] = [],
): Promise<{ file: string; ds: string; key: string }> {
  const label = zone === '.' ? 'root' : zone
  const file = await room.file(`${label}.zone`, `$ORIGIN ${zone === '.' ? '.' : `${zone}.`}\n${text}`)
  const words = ['-q', '-a', 'ECDSAP256SHA256', '-f', 'KSK', '-K', room.folder, zone]
  const made = await checked(room, 'dnssec-keygen', words)
  const key = `${room.folder}/${made.trim()}`
  const out = `${file}.signed`
  // -z: one key for all; -S would look for keys by itself, here it is named.
  await checked(room, 'dnssec-signzone', [
    ...['-z', '-q', '-P', '-N', 'keep', '-x', '-o', zone, '-f', out, ...more],
    ...['-S', '-K', room.folder, file],
  ])
  return { file: out, ds: await checked(room, 'dnssec-dsfromkey', ['-2', `${key}.key`]), key: `${key}.key` }
}

async function checked(room: Room, program: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await room.run(program, args)
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}: ${stdout}${stderr}`)
  return stdout
}

/** Makes keys, signs from the leaves up, and writes what validators need to begin with. */
export async function makeZones(room: Room): Promise<LabZones> {
  const secure = await signed(room, 'secure.example.lab', small('ns'))
  const plain = await room.file('plain.example.lab.zone', `$ORIGIN plain.example.lab.\n${small('ns')}`)
  const example = await signed(room, 'example.lab', everything + secure.ds)
  const third = await signed(room, 'third.lab', everything.replace(/^(secure|ns\.secure) .*$/gm, ''), [
    ...['-3', '-', '-H', '0'],
  ])
  const expired = await signed(room, 'expired.lab', top, ['-s', '20250101000000', '-e', '20250201000000'])
  const wrong = await signed(room, 'wrong.lab', top)
  await checked(room, 'sed', ['-i', 's/192\\.0\\.2\\.80/192.0.2.81/', wrong.file])
  const children = { 'example.lab': example, 'third.lab': third, 'expired.lab': expired, 'wrong.lab': wrong }
  const glue = servers.map(line => line.replace(/^(ns\d)/, '$1.CHILD'))
  const delegations = Object.entries(children).map(([child, { ds }]) =>
    [`${child}. NS ns1.${child}.`, `${child}. NS ns2.${child}.`, ...glue, ds]
      .join('\n')
      .replaceAll('CHILD', `${child}.`),
  )
  const lab = await signed(room, 'lab', `${labTop}${delegations.join('\n')}\n`)
  const root = await signed(room, '.', `${rootTop}${lab.ds}`)
  const key = await checked(room, 'grep', ['-v', '^;', root.key])
  const [, flags, base64] = /DNSKEY\s+(\d+ \d+ \d+)\s+(.+)/.exec(key)!
  const hints = rootAddresses.map(
    (address, i) => `. 3600000 NS ${rootName(i)}\n${rootName(i)} 3600000 A ${address}\n`,
  )
  return {
    subject: new Map([
      ...Object.entries(children).map(([child, { file }]): [string, string] => [child, file]),
      ['secure.example.lab', secure.file],
      ['plain.example.lab', plain],
    ]),
    ...{ root: root.file, lab: lab.file },
    keyFile: await room.file('root.key', key),
    dsFile: await room.file('root.ds', root.ds),
    hintsFile: await room.file('root.hints', hints.join('')),
    key: { flags: flags!, base64: base64!.replaceAll(' ', '') },
  }
}

function rootName(i: number): string {
  return `${String.fromCharCode(97 + i)}.root-servers.net.`
}

const labTop = `$TTL 3600
@ SOA ns1 hostmaster 2026112201 14400 3600 1209600 300
@ NS ns1
@ NS ns2
ns1 A ${labAddress}
ns2 A ${otherLabAddress}
@ MX 10 mail
mail A ${labAddress}
`
const reverse = [
  ...delegated.flatMap(zone =>
    subjectAddresses.map((address, i) => [address, `ns${(i % 2) + 1}.${zone}.`] as const),
  ),
  [labAddress, 'ns1.lab.'] as const,
  [otherLabAddress, 'ns2.lab.'] as const,
].map(([address, name]) => `${reverseName(address)} PTR ${name}`)

/** RFC 1035 §3.5, RFC 3596 §2.5; of IPv6 only the form `first:second::last`. */
function reverseName(address: string): string {
  if (!address.includes(':')) return `${address.split('.').reverse().join('.')}.in-addr.arpa.`
  const [first, second, , last] = address.split(':').map(group => group.padStart(4, '0'))
  const digits = `${first}${second}${'0'.repeat(20)}${last}`
  return `${[...digits].reverse().join('.')}.ip6.arpa.`
}

const rootTop = `$TTL 86400
@ SOA a.root-servers.net. hostmaster.lab. 2026112201 14400 3600 1209600 3600
${rootAddresses.map((address, i) => `@ NS ${rootName(i)}\n${rootName(i)} A ${address}`).join('\n')}
lab. NS ns1.lab.
lab. NS ns2.lab.
ns1.lab. A ${labAddress}
ns2.lab. A ${otherLabAddress}
${reverse.join('\n')}
`
