// The zones of the lab: a root, a top-level domain, and below it the zones under test, signed by `inxt zone sign`.
//
// `example.lab` has one of everything that a resolver may ask for; `third.lab`, `ed.lab` and `ed3.lab` are the same
// with NSEC3, Ed25519 and both; `live.lab` and `edlive.lab` are signed while they are answered. `owner.lab` has a site
// whose places are signed in advance. `expired.lab` and `wrong.lab` are lies that a validator must see through, told by
// Debian's signer, which signs what is above, too.
// Root and top-level domain hold the delegations, and the root answers for reverse names as well, so that the
// checkers find nothing to say about the surroundings.

import { join } from 'node:path'
import { projectRoot } from '../e2e/devnet.ts'
import type { Room } from './room.ts'

/** Where the zone of an owner is served as edges serve it, with its places, and the edges that were admitted. */
export const ownerAddresses = ['65.1.1.1', '66.1.1.1', '2a0e:65::1', '2a0e:66::1'] as const
export const ownerZone = 'owner.lab'
export const placedEdges = [1, 2, 3, 4, 5].map(i => ({
  ipv4: `203.0.113.${i}`,
  ipv6: `2001:db8:113::${i}`,
  httpsPort: 443,
}))
export const subjectAddresses = ['46.1.1.1', '47.1.1.1', '2a0e:46::1', '2a0e:47::1'] as const
/** Zones that have one of everything, and how each is signed. */
export const wholeZones = {
  'example.lab': [],
  'third.lab': ['--nsec3'],
  'ed.lab': ['--algorithm', 'ed25519'],
  'ed3.lab': ['--algorithm', 'ed25519', '--nsec3'],
} as const
/** The same, signed while answering, and by which algorithm. */
export const onlineZones = { 'live.lab': 'p256', 'edlive.lab': 'ed25519' } as const
/** The addresses of the real root servers, which some tools have compiled in. */
const rootIpv4 = [
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
const rootIpv6 = [
  ...['2001:503:ba3e::2:30', '2801:1b8:10::b', '2001:500:2::c', '2001:500:2d::d', '2001:500:a8::e'],
  ...['2001:500:2f::f', '2001:500:12::d0d', '2001:500:1::53', '2001:7fe::53', '2001:503:c27::2:30'],
  ...['2001:7fd::1', '2001:500:9f::42', '2001:dc3::35'],
]
export const rootAddresses = [...rootIpv4, ...rootIpv6]
export const labAddresses = ['48.1.1.1', '49.1.1.1', '2a0e:48::1', '2a0e:49::1'] as const

/** `ns1` and `ns2`, each of both families. */
function serverLines(addresses: readonly string[], zone?: string): string {
  return addresses
    .map((address, i) => `ns${(i % 2) + 1}${zone === undefined ? '' : `.${zone}.`} ${addressLine(address)}\n`)
    .join('')
}

function addressLine(address: string): string {
  return `${address.includes(':') ? 'AAAA' : 'A'} ${address}`
}

const top = `$TTL 3600
@ SOA ns1 hostmaster 2026112201 14400 3600 1209600 300
@ NS ns1
@ NS ns2
@ MX 10 mail
@ TXT "v=spf1 mx -all"
${serverLines(subjectAddresses)}mail A 46.1.1.1
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
plain NS ns.plain
ns.plain A 46.1.1.1
outside NS ns.elsewhere.test.
`
const owned = `$TTL 3600
@ SOA ns1 hostmaster 2026112201 14400 3600 1209600 300
@ NS ns1
@ NS ns2
@ MX 10 mail
@ TXT "v=spf1 mx -all"
${serverLines(ownerAddresses)}mail A 65.1.1.1
*.wild TXT "a wildcard"
`
const small = `$TTL 3600
@ SOA ns hostmaster 2026112201 14400 3600 1209600 300
@ NS ns
ns A 46.1.1.1
www A 192.0.2.90
`

export interface LabZones {
  /** Zone name to the file that is served by the server under test. */
  readonly subject: ReadonlyMap<string, string>
  /** The same of zones that are not signed, for which the server has keys in `keyFolder`. */
  readonly online: ReadonlyMap<string, string>
  readonly keyFolder: string
  /** The signed zone of an owner, and its places. */
  readonly owner: { readonly zone: string; readonly places: string }
  readonly root: string
  readonly lab: string
  /** Files for validators: the trust anchor as a DNSKEY record, as a DS record, and the root hints. */
  readonly keyFile: string
  readonly dsFile: string
  readonly hintsFile: string
  readonly key: { readonly flags: string; readonly base64: string }
}

export const inxt = join(projectRoot, 'cli', 'inxt.mjs')

interface SignedFile {
  readonly file: string
  readonly ds: string
}

function zoneFile(room: Room, zone: string, text: string): Promise<string> {
  return room.file(
    `${zone === '.' ? 'root' : zone}.zone`,
    `$ORIGIN ${zone === '.' ? '.' : `${zone}.`}\n${text}`,
  )
}

/** By `inxt zone sign`. */
async function signed(
  room: Room,
  zone: string,
  text: string,
  how: readonly string[] = [],
): Promise<SignedFile> {
  const file = await zoneFile(room, zone, text)
  const out = `${file}.signed`
  const words = [
    'zone',
    'sign',
    file,
    '--zone',
    zone,
    '--keys',
    join(room.folder, `keys-${zone}`),
    '--out',
    out,
  ]
  const { ds } = JSON.parse(await checked(room, process.execPath, [inxt, ...words, '--json', ...how]))
  return { file: out, ds: `${ds[0]}\n` }
}

const onlineKeys = 'keys-online'

/** Zone files as they are written, and keys for whoever serves them. */
async function onlineFiles(room: Room): Promise<Map<string, SignedFile>> {
  const files = new Map<string, SignedFile>()
  for (const [zone, algorithm] of Object.entries(onlineZones)) {
    const words = ['zone', 'keys', '--make', '--zone', zone, '--keys', join(room.folder, onlineKeys)]
    const told = await checked(room, process.execPath, [inxt, ...words, '--algorithm', algorithm, '--json'])
    files.set(zone, { file: await zoneFile(room, zone, everything), ds: `${JSON.parse(told).ds[0]}\n` })
  }
  return files
}

/** By Debian's signer, with one ECDSA P-256 key. */
async function signedByDebian(
  room: Room,
  zone: string,
  text: string,
  more: readonly string[] = [],
): Promise<SignedFile & { key: string }> {
  const file = await zoneFile(room, zone, text)
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
  const secure = await signed(room, 'secure.example.lab', small)
  const plain = await zoneFile(room, 'plain.example.lab', small)
  const secureCut = `secure NS ns.secure\nns.secure A 46.1.1.1\n${secure.ds}`
  const whole = Object.entries(wholeZones).map(async ([zone, how]) => {
    const text = zone === 'example.lab' ? everything + secureCut : everything
    return [zone, await signed(room, zone, text, how)] as const
  })
  const expired = signedByDebian(room, 'expired.lab', top, ['-s', '20250101000000', '-e', '20250201000000'])
  const wrong = await signedByDebian(room, 'wrong.lab', top)
  await checked(room, 'sed', ['-i', 's/192\\.0\\.2\\.80/192.0.2.81/', wrong.file])
  const places = join(room.folder, 'owner.places')
  const edges = await room.file('owner.edges', JSON.stringify(placedEdges))
  const how = ['--edges', edges, '--site', '@', '--site', 'www', '--bundle', places]
  const owner = await signed(room, ownerZone, owned, how)
  const children = new Map<string, SignedFile>([
    ...(await Promise.all(whole)),
    ['expired.lab', await expired],
    ['wrong.lab', wrong],
  ])
  const online = await onlineFiles(room)
  const delegation = (zone: string, ds: string, servers: readonly string[] = subjectAddresses): string =>
    `${zone}. NS ns1.${zone}.
${zone}. NS ns2.${zone}.
${serverLines(servers, zone)}${ds}`
  const lab = await signedByDebian(
    room,
    'lab',
    [
      labTop,
      ...[...children, ...online].map(([zone, { ds }]) => delegation(zone, ds)),
      delegation(ownerZone, owner.ds, ownerAddresses),
    ].join(''),
  )
  const root = await signedByDebian(room, '.', `${rootTop}${lab.ds}`)
  const key = await checked(room, 'grep', ['-v', '^;', root.key])
  const [, flags, base64] = /DNSKEY\s+(\d+ \d+ \d+)\s+(.+)/.exec(key)!
  return {
    subject: new Map([
      ...[...children].map(([zone, { file }]): [string, string] => [zone, file]),
      ['secure.example.lab', secure.file],
      ['plain.example.lab', plain],
    ]),
    online: new Map([...online].map(([zone, { file }]) => [zone, file])),
    keyFolder: join(room.folder, onlineKeys),
    owner: { zone: owner.file, places },
    ...{ root: root.file, lab: lab.file },
    keyFile: await room.file('root.key', key),
    dsFile: await room.file('root.ds', root.ds),
    hintsFile: await room.file('root.hints', rootServers('. 3600000', ' 3600000')),
    key: { flags: flags!, base64: base64!.replaceAll(' ', '') },
  }
}

/** NS records of `owner` and the addresses of both families. */
function rootServers(owner: string, ttl = ''): string {
  return rootIpv4
    .map((address, i) =>
      [
        `${owner} NS ${rootName(i)}`,
        `${rootName(i)}${ttl} A ${address}`,
        `${rootName(i)}${ttl} AAAA ${rootIpv6[i]}\n`,
      ].join('\n'),
    )
    .join('')
}

function rootName(i: number): string {
  return `${String.fromCharCode(97 + i)}.root-servers.net.`
}

const labTop = `$TTL 3600
@ SOA ns1 hostmaster 2026112201 14400 3600 1209600 300
@ NS ns1
@ NS ns2
${serverLines(labAddresses)}@ MX 10 mail
mail A ${labAddresses[0]}
`
const reverse = [
  ...[...Object.keys({ ...wholeZones, ...onlineZones }), 'expired.lab', 'wrong.lab'].flatMap(zone =>
    serversOf(zone, subjectAddresses),
  ),
  ...serversOf(ownerZone, ownerAddresses),
  ...serversOf('lab', labAddresses),
].map(([address, name]) => `${reverseName(address)} PTR ${name}`)

function serversOf(zone: string, addresses: readonly string[]): (readonly [address: string, name: string])[] {
  return addresses.map((address, i) => [address, `ns${(i % 2) + 1}.${zone}.`])
}

/** RFC 1035 §3.5, RFC 3596 §2.5; of IPv6 only the form `first:second::last`. */
function reverseName(address: string): string {
  if (!address.includes(':')) return `${address.split('.').reverse().join('.')}.in-addr.arpa.`
  const [first, second, , last] = address.split(':').map(group => group.padStart(4, '0'))
  const digits = `${first}${second}${'0'.repeat(20)}${last}`
  return `${[...digits].reverse().join('.')}.ip6.arpa.`
}

const rootTop = `$TTL 86400
@ SOA a.root-servers.net. hostmaster.lab. 2026112201 14400 3600 1209600 3600
${rootServers('@')}lab. NS ns1.lab.
lab. NS ns2.lab.
${serverLines(labAddresses, 'lab')}${reverse.join('\n')}
`
