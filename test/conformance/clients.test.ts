// Answers per client, seen by kdig and through resolvers that tell whose question they ask (RFC 7871) or do not: each
// client gets its own edge, out of what the owner signed, and a validator takes it.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { inxt, projectRoot } from '../e2e/devnet.ts'
import { answers, openRoom, type Room } from './room.ts'
import { labMissing } from './tools.ts'

const subject = '46.1.1.1'
const resolvers = { unbound: '62.1.1.1', recursor: '63.1.1.1', named: '64.1.1.1' } as const
const [first, second, third] = ['203.0.113.1', '203.0.113.2', '203.0.113.3']
/** The resolvers themselves are the third edge's, so a client that gets another one was told of. */
const map = `60.0.0.0/8 = ${first}
60.1.0.0/16 = ${second}
61.0.0.0/8 = ${second}
62.0.0.0/7 = ${third}
64.0.0.0/8 = ${third}
2001:db8:60::/48 = ${second}
`
/** The first one is in no line of the map: what it gets is a guess, which must not be kept for the others. */
const clients: [address: string, edge: string][] = [
  ['9.9.9.9', first],
  ['60.2.1.1', first],
  ['61.1.1.1', second],
  ['60.1.1.1', second],
  ['60.2.2.1', first],
]
const zone = `$TTL 3600
@ SOA ns1 hostmaster 1 14400 3600 1209600 300
@ NS ns1
ns1 A ${subject}
`
const missing = labMissing()

describe('answers per client', { skip: missing }, () => {
  const stack = new AsyncDisposableStack()
  let room: Room
  before(async () => {
    const addresses = [subject, ...Object.values(resolvers), ...clients.map(([address]) => address)]
    room = await openRoom(addresses, resolvers.unbound, stack)
    const anchor = await startSubject(room)
    await Promise.all([
      startUnbound(room, anchor.key),
      startRecursor(room, anchor.ds),
      startNamed(room, anchor.ds),
    ])
    await Promise.all(Object.entries(resolvers).map(([label, at]) => answers(room, label, at, 'example.lab')))
  })
  after(() => stack.disposeAsync())

  test('are scoped by what they depend on, and no scope reaches into another', async () => {
    const rows: [subnet: string, edge: string, scope: number][] = [
      ['60.2.0.0/24', first, 15],
      ['60.1.7.0/24', second, 16],
      ['60.1.7.8/32', second, 16],
      ['60.128.0.0/16', first, 9],
      ['61.9.9.0/24', second, 8],
      ['10.0.0.0/24', first, 3],
      ['2001:db8:60:100::/56', second, 48],
      ['2001:db8:61::/48', first, 48],
    ]
    const complaints: string[] = []
    for (const [subnet, edge, scope] of rows) {
      const { stdout } = await room.run('kdig', [`@${subject}`, `+subnet=${subnet}`, 'www.example.lab', 'A'])
      if (stdout.includes(edge) && stdout.includes(`CLIENT-SUBNET: ${subnet}/${scope}\n`)) continue
      complaints.push(`${subnet}\n${stdout}`)
    }
    assert.equal(complaints.length, 0, complaints.join('\n'))
  })

  test('are for the asker itself when it tells nothing, or wants nothing told', async () => {
    for (const words of [[], ['+subnet=0.0.0.0/0'], ['+subnet=::/0']]) {
      const { stdout } = await room.run('kdig', [
        `@${subject}`,
        '-b',
        resolvers.named,
        ...words,
        'www.example.lab',
        'A',
      ])
      assert.ok(stdout.includes(third), stdout)
      assert.equal(/CLIENT-SUBNET: \S+\/0\/0/.test(stdout), words.length > 0, stdout)
    }
  })

  const edgeFor = async (resolver: string, client: string): Promise<string> => {
    const words = [`@${resolver}`, '-b', client, '+dnssec', '+tries=2', '+time=5', 'www.example.lab', 'A']
    const { stdout } = await room.run('dig', words)
    assert.match(stdout, /^;; flags:[^;]* ad[; ]/m, `validated:\n${stdout}`)
    return /\sA\s(203\.0\.113\.\d)$/m.exec(stdout)?.[1] ?? stdout
  }
  for (const resolver of ['unbound', 'recursor'] as const) {
    test(`reach each client through ${resolver}, validated`, async () => {
      // Twice, so that what the resolver kept is seen.
      for (let round = 0; round < 2; round++)
        for (const [client, edge] of clients)
          assert.equal(await edgeFor(resolvers[resolver], client), edge, client)
    })
  }
  test('are those of the resolver through named, which tells of nobody', async () => {
    for (const [client] of clients) assert.equal(await edgeFor(resolvers.named, client), third, client)
  })
})

/** Signs, starts the server under test, and returns the zone's key for validators to begin with. */
async function startSubject(room: Room): Promise<{ key: string; ds: string }> {
  const [plain, edges] = [await room.file('plain', zone), await room.file('edges', edgesFile)]
  await room.file('map', map)
  const file = (name: string): string => join(room.folder, name)
  const words = [
    'zone',
    'sign',
    plain,
    '--zone',
    'example.lab',
    '--out',
    file('zone'),
    '--keys',
    file('keys'),
  ]
  const signed = await inxt([...words, '--edges', edges, '--site', 'www', '--bundle', file('bundle')])
  assert.equal(signed.code, 0, signed.stderr)
  const script = join(projectRoot, 'test', 'conformance', 'clients-server.ts')
  await room.start('subject', process.execPath, [script, subject, room.folder])
  await answers(room, 'subject', subject, 'example.lab')
  const { stdout } = await room.run('dig', [`@${subject}`, '+noall', '+answer', 'example.lab', 'DNSKEY'])
  const key = await room.file('anchor.key', stdout)
  const made = await room.run('dnssec-dsfromkey', ['-2', '-f', key, 'example.lab'])
  return { key, ds: made.stdout.trim().replace(/^.*\sDS\s+/, '') }
}

const edgesFile = JSON.stringify([first, second, third].map(ipv4 => ({ ipv4 })))

async function startUnbound(room: Room, keyFile: string): Promise<void> {
  const config = await room.file(
    'unbound.conf',
    `server:
  interface: ${resolvers.unbound}
  access-control: 0.0.0.0/0 allow
  do-ip6: no
  username: ""
  chroot: ""
  directory: "${room.folder}"
  pidfile: "${room.folder}/unbound.pid"
  use-syslog: no
  module-config: "subnetcache validator iterator"
  send-client-subnet: ${subject}
  trust-anchor-file: "${keyFile}"
remote-control:
  control-enable: no
stub-zone:
  name: example.lab
  stub-addr: ${subject}
`,
  )
  await room.start('unbound', 'unbound', ['-d', '-c', config])
}

async function startRecursor(room: Room, ds: string): Promise<void> {
  const lua = await room.file('recursor.lua', `clearTA('.')\naddTA('example.lab', '${ds}')\n`)
  await room.file('recursor.conf', '')
  await room.start('recursor', 'pdns_recursor', [
    ...[
      `--config-dir=${room.folder}`,
      `--socket-dir=${room.folder}`,
      '--daemon=no',
      '--setuid=',
      '--setgid=',
    ],
    ...[
      `--local-address=${resolvers.recursor}`,
      `--lua-config-file=${lua}`,
      '--dnssec=validate',
      '--threads=1',
    ],
    ...[
      '--disable-syslog',
      '--dont-query=',
      '--security-poll-suffix=',
      '--allow-from=0.0.0.0/0',
      '--write-pid=no',
    ],
    ...[`--forward-zones=example.lab=${subject}`, `--edns-subnet-allow-list=${subject}`],
  ])
}

async function startNamed(room: Room, ds: string): Promise<void> {
  const [tag, algorithm, digestType, ...digest] = ds.split(/\s+/)
  const config = await room.file(
    'named.conf',
    `options {
  directory "${room.folder}";
  pid-file "${room.folder}/named.pid";
  session-keyfile "${room.folder}/named.session";
  listen-on { ${resolvers.named}; };
  listen-on-v6 { none; };
  query-source address ${resolvers.named};
  allow-query { any; };
  recursion yes;
  allow-recursion { any; };
  dnssec-validation yes;
};
controls { };
trust-anchors { example.lab static-ds ${tag} ${algorithm} ${digestType} "${digest.join('')}"; };
zone "example.lab" { type static-stub; server-addresses { ${subject}; }; };
`,
  )
  await room.start('named', 'named', ['-4', '-f', '-c', config])
}
