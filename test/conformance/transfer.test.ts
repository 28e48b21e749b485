// A secondary elsewhere: the real NSD, Knot and BIND take a zone from ours with TSIG, and again at each NOTIFY.

import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { projectRoot, until } from '../e2e/devnet.ts'
import { openRoom, type Room } from './room.ts'
import { labMissing } from './tools.ts'

const primary = '53.1.1.1'
const secondaries = { nsd: '53.1.1.2', knot: '53.1.1.3', named: '53.1.1.4' } as const
const stranger = '53.1.1.9'
const hosts = 20_000
const secret = Buffer.alloc(32, 5).toString('base64')

function zoneText(serial: number): string {
  // Refresh by the clock is an hour away: only NOTIFY brings a new version sooner.
  const head = `$TTL 60\n@ SOA ns hostmaster ${serial} 3600 600 1209600 60\n@ NS ns\nns A ${primary}\n`
  const lines = Array.from({ length: hosts }, (_, i) => `h${i} A 10.0.${i >> 8}.${i & 255}\n`)
  return `${head}${lines.join('')}www A 192.0.2.${serial}\nchild NS ns.child\nns.child A 192.0.2.200\n`
}

describe('zone transfer', { skip: labMissing() }, () => {
  const stack = new AsyncDisposableStack()
  let room: Room
  let file: string
  let server: ChildProcess
  const startPrimary = (label: string): Promise<ChildProcess> =>
    room.start(label, process.execPath, [
      ...[join(projectRoot, 'cli', 'inxt.mjs'), 'edge', '--standalone', '--zone', `example.com=${file}`],
      ...[
        '--dns',
        primary,
        '--tsig-file',
        join(room.folder, 'key'),
        '--journal',
        join(room.folder, 'journal'),
      ],
      ...['--transfer', `example.com=${Object.values(secondaries).join(',')}`],
    ])
  before(async () => {
    room = await openRoom([primary, stranger, ...Object.values(secondaries)], primary, stack)
    file = await room.file('zone', zoneText(1))
    await chmod(
      await room.file('key', `key "second.key" { algorithm hmac-sha256; secret "${secret}"; };\n`),
      0o600,
    )
    await room.file('wrong', `key "second.key" { algorithm hmac-sha256; secret "${'A'.repeat(43)}="; };\n`)
    server = await startPrimary('primary')
    await until('the primary', 20_000, async () => ((await serialAt(primary)) === 1 ? true : undefined))
    await Promise.all([startNsd(room), startKnot(room), startBind(room)])
  })
  after(() => stack.disposeAsync())

  const dig = async (...words: string[]): Promise<string> =>
    (await room.run('dig', ['+tries=1', '+time=3', ...words])).stdout
  const serialAt = async (server: string): Promise<number> =>
    Number((await dig(`@${server}`, '+short', 'example.com', 'SOA')).split(' ')[2])
  const logs = async (): Promise<string> =>
    (await Promise.all(['primary', ...Object.keys(secondaries)].map(room.logOf))).join('\n')

  for (const [label, address] of Object.entries(secondaries)) {
    test(`${label} takes the zone`, async () => {
      await until(`serial 1 at ${label}`, 20_000, async () =>
        (await serialAt(address)) === 1 ? true : undefined,
      )
      assert.equal(await dig(`@${address}`, '+short', `h${hosts - 1}.example.com`), '10.0.78.31\n')
    })
  }
  test('a new version reaches each of them by NOTIFY', async () => {
    await writeFile(`${file}.new`, zoneText(2))
    await rename(`${file}.new`, file)
    for (const [label, address] of Object.entries(secondaries)) {
      await until(`serial 2 at ${label}`, 20_000, async () =>
        (await serialAt(address)) === 2 ? true : undefined,
      )
      assert.equal(await dig(`@${address}`, '+short', 'www.example.com'), '192.0.2.2\n')
    }
    const heard = (await logs()).match(/a secondary is notified/g) ?? []
    assert.ok(heard.length >= 3, await logs())
  })
  test('and comes as what changed: Knot and BIND say so, and dig shows it', async () => {
    assert.match(await room.logOf('knot'), /IXFR, incoming, .* finished, .* 1 messages/)
    assert.match(await room.logOf('named'), /Transfer completed: 1 messages, 6 records/)
    const keyed = ['-b', secondaries.nsd, '-k', join(room.folder, 'key')]
    const changes = await dig(`@${primary}`, 'example.com', 'IXFR=1', ...keyed)
    assert.match(changes, /XFR size: 6 records/)
    assert.deepEqual(changes.match(/192\.0\.2\.\d+/g), ['192.0.2.1', '192.0.2.2'])
    // Of a version that nobody remembers, all.
    assert.match(await dig(`@${primary}`, 'example.com', 'IXFR=0', ...keyed), /XFR size: 20007 records/)
  })
  test('and so it comes from a primary that was started again', async () => {
    const ended = once(server, 'exit')
    server.kill('SIGTERM')
    await ended
    server = await startPrimary('again')
    await until('the primary', 20_000, async () => ((await serialAt(primary)) === 2 ? true : undefined))
    const keyed = ['-b', secondaries.nsd, '-k', join(room.folder, 'key')]
    assert.match(await dig(`@${primary}`, 'example.com', 'IXFR=1', ...keyed), /XFR size: 6 records/)
  })
  test('dig takes it whole with the key, and not without, with another, or from elsewhere', async () => {
    const axfr = [`@${primary}`, 'example.com', 'AXFR', '-b']
    const whole = await dig(...axfr, secondaries.nsd, '-k', join(room.folder, 'key'))
    assert.match(whole, new RegExp(`XFR size: ${hosts + 7} records`))
    assert.match(await dig(...axfr, secondaries.nsd), /Transfer failed/)
    assert.match(await dig(...axfr, stranger, '-k', join(room.folder, 'key')), /Transfer failed/)
    const forged = await dig(...axfr, secondaries.nsd, '-k', join(room.folder, 'wrong'))
    assert.match(forged, /BADSIG|NOTAUTH|Transfer failed/)
    assert.doesNotMatch(forged, /192\.0\.2\./)
  })
  test('no secret is in what was logged', async () => {
    assert.ok(!(await readFile(join(room.folder, 'primary.log'), 'utf8')).includes(secret))
  })
})

async function startNsd(room: Room): Promise<void> {
  const path = (what: string): string => `"${join(room.folder, what)}"`
  const config = await room.file(
    'nsd.conf',
    `server:
  ip-address: ${secondaries.nsd}
  username: ""
  chroot: ""
  zonesdir: ""
  database: ""
  pidfile: ${path('nsd.pid')}
  xfrdfile: ${path('nsd.xfrd')}
  zonelistfile: ${path('nsd.zonelist')}
  xfrdir: "${room.folder}"
remote-control:
  control-enable: no
key:
  name: "second.key"
  algorithm: hmac-sha256
  secret: "${secret}"
zone:
  name: "example.com"
  zonefile: ${path('nsd.zone')}
  request-xfr: ${primary} second.key
  allow-notify: ${primary} second.key
  outgoing-interface: ${secondaries.nsd}
`,
  )
  await room.start('nsd', 'nsd', ['-d', '-c', config])
}

async function startKnot(room: Room): Promise<void> {
  const config = await room.file(
    'knot.conf',
    `server:
    listen: ${secondaries.knot}@53
    rundir: "${room.folder}"
    user: root
database:
    storage: "${room.folder}"
key:
  - id: second.key
    algorithm: hmac-sha256
    secret: ${secret}
remote:
  - id: primary
    address: ${primary}@53
    via: ${secondaries.knot}
    key: second.key
acl:
  - id: told
    address: ${primary}
    key: second.key
    action: notify
zone:
  - domain: example.com
    storage: "${room.folder}"
    file: knot.zone
    master: primary
    acl: told
`,
  )
  await room.start('knot', 'knotd', ['-c', config])
}

async function startBind(room: Room): Promise<void> {
  const config = await room.file(
    'named.conf',
    `options {
  directory "${room.folder}"; pid-file none; session-keyfile none; listen-on { ${secondaries.named}; };
  listen-on-v6 { none; }; recursion no; dnssec-validation no; transfer-source ${secondaries.named};
};
controls { };
include "${join(room.folder, 'key')}";
server ${primary} { keys { "second.key"; }; };
zone "example.com" {
  type secondary; primaries { ${primary} key "second.key"; }; allow-notify { key "second.key"; };
  file "named.zone"; masterfile-format text;
};
`,
  )
  await room.start('named', 'named', ['-g', '-c', config])
}
