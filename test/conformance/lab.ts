// The lab: a root and a top-level domain by NSD, the server under test for what is below, others' programs around it.
//
// The servers beside which ours is measured serve the very same files, each on an address of its own; four validating
// resolvers start at the root, as they do everywhere.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Ran } from '../e2e/devnet.ts'
import {
  inxt,
  type LabZones,
  labAddresses,
  makeZones,
  ownerAddresses,
  ownerZone,
  rootAddresses,
  subjectAddresses,
} from './lab-zones.ts'
import { answers, openRoom, type Room } from './room.ts'

export const peerAddresses = {
  nsd: '50.1.1.1',
  knot: '51.1.1.1',
  bind: '52.1.1.1',
  powerdns: '54.1.1.1',
} as const
export const resolverAddresses = {
  unbound: '10.0.0.1',
  named: '10.0.0.2',
  recursor: '10.0.0.3',
  kresd: '10.0.0.4',
} as const

export interface Lab {
  readonly room: Room
  readonly zones: LabZones
}

/** Root, top-level domain and the server under test, answering. */
export async function openLab(stack: AsyncDisposableStack): Promise<Lab> {
  const addresses = [...subjectAddresses, ...ownerAddresses, ...rootAddresses, ...labAddresses]
  const others = [...Object.values(peerAddresses), ...Object.values(resolverAddresses)]
  const room = await openRoom([...addresses, ...others], resolverAddresses.unbound, stack)
  const zones = await makeZones(room)
  const upper = new Map([
    ['.', zones.root],
    ['lab', zones.lab],
  ])
  await Promise.all([
    startNsd(room, 'upper', [...rootAddresses, ...labAddresses], upper),
    startSubject(room, zones),
  ])
  await Promise.all([
    answers(room, 'upper', labAddresses[0], 'lab'),
    answers(room, 'subject', subjectAddresses[0], 'example.lab'),
  ])
  return { room, zones }
}

/** Ours, unless INXT_SUBJECT=nsd asks whether the lab itself is right: NSD must pass all that does not name ours. */
async function startSubject(room: Room, { subject, online, keyFolder }: LabZones): Promise<void> {
  if (process.env['INXT_SUBJECT'] === 'nsd') return startNsd(room, 'subject', subjectAddresses, subject)
  const certificate = ['-keyout', 'tls.key', '-out', 'tls.crt', '-subj', '/CN=ns1.example.lab', '-nodes']
  const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-days', '2']
  await room.run('openssl', [...words, ...certificate, '-addext', 'subjectAltName=DNS:ns1.example.lab'])
  const places = subjectAddresses.flatMap(address => [
    '--dns',
    address.includes(':') ? `[${address}]` : address,
  ])
  const files = [...subject, ...online].flatMap(([zone, file]) => ['--zone', `${zone}=${file}`])
  await room.start('subject', process.execPath, [
    ...[inxt, 'edge', '--standalone', ...files, ...places, '--sign-online', keyFolder],
    ...['--dot', subjectAddresses[0], '--doh', subjectAddresses[0]],
    ...['--tls-cert', join(room.folder, 'tls.crt'), '--tls-key', join(room.folder, 'tls.key')],
  ])
}

/** The zone of an owner as edges serve it, answering. */
export async function startOwner({ room, zones: { owner } }: Lab): Promise<void> {
  const script = join(import.meta.dirname, 'owner-server.ts')
  await room.start('owner', process.execPath, [script, owner.zone, owner.places, ...ownerAddresses])
  await answers(room, 'owner', ownerAddresses[0], ownerZone)
}

/** NSD in the foreground on `addresses`; the label of its log is `label`. */
export async function startNsd(
  room: Room,
  label: string,
  addresses: readonly string[],
  zones: ReadonlyMap<string, string>,
): Promise<void> {
  const path = (what: string): string => `"${join(room.folder, `${label}.${what}`)}"`
  const config = await room.file(
    `${label}.nsd.conf`,
    `server:
${addresses.map(address => `  ip-address: ${address}`).join('\n')}
  username: ""
  chroot: ""
  zonesdir: ""
  database: ""
  hide-version: yes
  minimal-responses: yes
  pidfile: ${path('pid')}
  xfrdfile: ${path('xfrd')}
  zonelistfile: ${path('zonelist')}
  xfrdir: "${room.folder}"
  rrl-ratelimit: 0
remote-control:
  control-enable: no
${[...zones].map(([zone, file]) => `zone:\n  name: "${zone}"\n  zonefile: "${file}"\n`).join('')}`,
  )
  await room.start(label, 'nsd', ['-d', '-c', config])
}

function primary([zone, file]: readonly [string, string]): string {
  return `zone "${zone}" { type primary; file "${file}"; check-names ignore; };\n`
}

/** NSD, Knot, BIND and PowerDNS with the files of the server under test, answering. */
export async function startPeers({ room, zones }: Lab): Promise<void> {
  await Promise.all([
    startNsd(room, 'nsd', [peerAddresses.nsd], zones.subject),
    startKnot(room, zones.subject),
    startBind(room, zones.subject),
    startPowerDns(room, zones.subject),
  ])
  await Promise.all(
    Object.entries(peerAddresses).map(([label, address]) => answers(room, label, address, 'example.lab')),
  )
}

async function startKnot(room: Room, zones: LabZones['subject']): Promise<void> {
  const knot = await room.file(
    'knot.conf',
    `server:
    listen: ${peerAddresses.knot}@53
    rundir: "${room.folder}"
    user: root
database:
    storage: "${room.folder}"
template:
  - id: default
    zonefile-sync: -1
    journal-content: none
    semantic-checks: off
zone:
${[...zones].map(([zone, file]) => `  - domain: ${zone}\n    file: "${file}"\n`).join('')}`,
  )
  await room.start('knot', 'knotd', ['-c', knot])
}

async function startBind(room: Room, zones: LabZones['subject']): Promise<void> {
  const bind = await room.file(
    'bind.conf',
    `options {
  directory "${room.folder}";
  pid-file "${room.folder}/bind.pid";
  session-keyfile "${room.folder}/bind.session";
  listen-on { ${peerAddresses.bind}; };
  listen-on-v6 { none; };
  recursion no;
  minimal-responses yes;
  minimal-any yes;
  allow-transfer { none; };
};
controls { };
${[...zones].map(primary).join('')}`,
  )
  await room.start('bind', 'named', ['-f', '-c', bind])
}

/** Its backend for zone files needs to be told which zones are signed already, and which with NSEC3. */
async function startPowerDns(room: Room, zones: LabZones['subject']): Promise<void> {
  // It knows BIND's older word only.
  const list = [...zones].map(primary).join('').replaceAll('type primary', 'type master')
  const named = await room.file('powerdns.zones', list)
  const known = join(room.folder, 'powerdns.sqlite')
  const config = `launch=bind
bind-config=${named}
bind-dnssec-db=${known}
local-address=${peerAddresses.powerdns}
socket-dir=${room.folder}
security-poll-suffix=
disable-syslog=yes
cache-ttl=0
dname-processing=yes
`
  await room.file('pdns.conf', config)
  const tool = (...words: string[]): Promise<Ran> =>
    room.run('pdnsutil', [`--config-dir=${room.folder}`, ...words])
  await tool('create-bind-db', known)
  for (const [zone, file] of zones) {
    const text = await readFile(file, 'latin1')
    if (/\sNSEC3PARAM\s/.test(text)) await tool('set-meta', zone, 'NSEC3PARAM', '1 0 0 -')
    if (/\sRRSIG\s/.test(text)) await tool('set-presigned', zone)
  }
  await room.start('powerdns', 'pdns_server', [`--config-dir=${room.folder}`, '--daemon=no', '--guardian=no'])
}

/** The four validating resolvers, answering. */
export async function startResolvers({ room, zones }: Lab): Promise<void> {
  const at = resolverAddresses
  const unbound = await room.file(
    'unbound.conf',
    `server:
  interface: ${at.unbound}
  access-control: 0.0.0.0/0 allow
  username: ""
  chroot: ""
  directory: "${room.folder}"
  pidfile: "${room.folder}/unbound.pid"
  use-syslog: no
  root-hints: "${zones.hintsFile}"
  trust-anchor-file: "${zones.keyFile}"
  qname-minimisation: yes
  qname-minimisation-strict: yes
  use-caps-for-id: yes
  aggressive-nsec: yes
  harden-below-nxdomain: yes
  harden-referral-path: yes
  harden-algo-downgrade: yes
  ede: yes
remote-control:
  control-enable: no
`,
  )
  await room.start('unbound', 'unbound', ['-d', '-c', unbound])
  const named = await room.file(
    'named.conf',
    `options {
  directory "${room.folder}";
  pid-file "${room.folder}/named.pid";
  session-keyfile "${room.folder}/named.session";
  listen-on { ${at.named}; };
  listen-on-v6 { none; };
  query-source address ${at.named};
  allow-query { any; };
  recursion yes;
  allow-recursion { any; };
  dnssec-validation yes;
  qname-minimization strict;
  empty-zones-enable no;
};
controls { };
trust-anchors { . static-key ${zones.key.flags} "${zones.key.base64}"; };
zone "." { type hint; file "${zones.hintsFile}"; };
`,
  )
  await room.start('named', 'named', ['-f', '-c', named])
  const [, ...ds] = (await room.run('cat', [zones.dsFile])).stdout.trim().split(/\s+DS\s+/)
  const lua = await room.file('recursor.lua', `clearTA('.')\naddTA('.', '${ds.join('').trim()}')\n`)
  const empty = await room.file('recursor.conf', '')
  await room.start('recursor', 'pdns_recursor', [
    ...[
      `--config-dir=${join(empty, '..')}`,
      '--daemon=no',
      `--socket-dir=${room.folder}`,
      '--setuid=',
      '--setgid=',
    ],
    ...[`--local-address=${at.recursor}`, `--hint-file=${zones.hintsFile}`, `--lua-config-file=${lua}`],
    ...[
      '--dnssec=validate',
      '--threads=1',
      '--disable-syslog',
      '--dont-query=',
      '--query-local-address=0.0.0.0,::',
      '--security-poll-suffix=',
    ],
    ...['--allow-from=0.0.0.0/0', '--write-pid=no', '--qname-minimization=yes'],
  ])
  const kresd = await room.file(
    'kresd.conf',
    `net.listen('${at.kresd}', 53, { kind = 'dns' })
cache.open(10 * MB, 'lmdb://${room.folder}/kresd-cache')
modules.load('hints > iterate')
hints.root_file('${zones.hintsFile}')
trust_anchors.remove('.')
trust_anchors.add_file('${zones.keyFile}', true)
modules.unload('ta_update')
modules.unload('ta_signal_query')
modules.unload('priming')
modules.unload('detect_time_skew')
`,
  )
  await room.start('kresd', 'kresd', ['-n', '-c', kresd, room.folder])
  await Promise.all(
    Object.entries(at).map(([label, address]) => answers(room, label, address, 'example.lab')),
  )
}
