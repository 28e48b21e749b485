// A domain of one's own, from the claim to the page: a real devnet in a room of its own, with a root and two top-level
// domains by NSD. The edges refuse the domain until its parent names them, and serve it as soon as somebody asks then.
// What the README says of a domain is done word for word.

import assert from 'node:assert/strict'
import { cp, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { startNsd } from '../conformance/lab.ts'
import { labAddresses, rootAddresses } from '../conformance/lab-zones.ts'
import { answers, openRoom, type Room } from '../conformance/room.ts'
import { labMissing } from '../conformance/tools.ts'
import { projectRoot, type Ran, until } from './devnet.ts'
import { toolsMissing } from './tools.ts'

const [one, two] = labAddresses
const edge = '127.0.1.1'
const head = (serial: number): string =>
  `$TTL 300\n@ SOA ns1.nic.lab. hostmaster.nic.lab. ${serial} 3600 600 1209600 60\n`
const servers = `ns1.nic.lab. A ${one}\nns2.nic.lab. A ${two}\n`
const cut = (zone: string): string => `${zone} NS ns1.nic.lab.\n${zone} NS ns2.nic.lab.\n`
const root = `${head(1)}@ NS a.\na. A ${rootAddresses[0]}\n${cut('lab')}${cut('com')}${servers}`
const lab = (serial: number, more: string): string => `${head(serial)}${cut('@')}${servers}${more}`
const com = (serial: number, more: string): string => `${head(serial)}${cut('@')}${more}`

const stack = new AsyncDisposableStack()
const skip = labMissing() || toolsMissing({ curl: 'curl' })
let room: Room
const door = join(projectRoot, 'cli', 'inxt.mjs')
const inxt = (...words: string[]): Promise<Ran> => room.run(process.execPath, [door, ...words])
/** Puts `text` into the zone of a top-level domain. */
const delegate = async (zone: string, text: string): Promise<void> => {
  await room.file(zone, text)
  await room.run('kill', ['-HUP', (await readFile(join(room.folder, 'lab.pid'), 'utf8')).trim()])
}
const dig = async (...words: string[]): Promise<string> =>
  (await room.run('dig', ['+tries=1', '+time=1', ...words])).stdout

describe('a domain of one’s own', { skip }, () => {
  before(async () => {
    room = await openRoom([...rootAddresses, ...labAddresses], one, stack)
    await startNsd(room, 'root', rootAddresses, new Map([['.', await room.file('root', root)]]))
    const zones = new Map([
      ['lab', await room.file('lab', lab(1, ''))],
      ['com', await room.file('com', com(1, ''))],
    ])
    await startNsd(room, 'lab', [one, two], zones)
    await answers(room, 'lab', one, 'lab')
    const ports = ['--dns-port', '53', '--http-port', '80']
    await room.start('devnet', process.execPath, [door, 'devnet', '--edges', '2', ...ports])
    await until('the devnet', 60_000, async () => {
      const isServed = /^127/m.test(await dig(`@${edge}`, '+short', 'welcome.inxt', 'A'))
      return isServed ? readFile(join(room.folder, '.inxt', 'network.json'), 'utf8') : undefined
    })
  })
  after(() => stack.disposeAsync())

  test('a claim counts when the parent says so', async () => {
    const claim = await inxt('domain', 'claim', 'shop.lab', 'welcome', '--yes', '--json')
    assert.equal(claim.code, 0, claim.stderr)
    const named = JSON.parse(claim.stdout).servers as { host: string; addresses: string[] }[]
    assert.equal(named.length, 2)
    assert.match(await dig(`@${edge}`, 'shop.lab', 'A'), /status: REFUSED/)
    assert.match((await inxt('domain', 'show', 'shop.lab')).stdout, /has no name servers at its parent/)

    const glue = named.map(({ host, addresses }) => `shop NS ${host}.\n${host}. A ${addresses[0]}\n`)
    await delegate('lab', lab(2, `${glue.join('')}shop DS 4711 13 2 ${'ab'.repeat(32)}\n`))
    await until('the domain', 30_000, async () =>
      /^127/m.test(await dig(`@${edge}`, '+short', 'www.shop.lab', 'A')) ? true : undefined,
    )
    assert.match(
      await dig(`@${edge}`, 'shop.lab', 'NS'),
      new RegExp(`flags: qr aa.*NS\\s${named[0]!.host}\\.`, 's'),
    )
    const page = [
      '-s',
      '-o',
      '/dev/null',
      '-w',
      '%{http_code}',
      '-H',
      'Host: www.shop.lab',
      `http://${edge}/`,
    ]
    assert.equal((await room.run('curl', page)).stdout, '200')
    const shown = (await inxt('domain', 'show', 'shop.lab')).stdout
    assert.match(shown, /is delegated to the name servers of 0x/)
    assert.match(shown, /shop\.lab has a DS at its parent that fits no key of its zone/)
    assert.match(
      (await inxt('status')).stdout,
      /shop\.lab \(welcome\) has a DS at its parent that fits no key/,
    )

    assert.equal((await inxt('domain', 'release', 'shop.lab', '--yes')).code, 0)
    await until('the end', 10_000, async () =>
      /status: REFUSED/.test(await dig(`@${edge}`, 'shop.lab', 'A')) ? true : undefined,
    )
  })

  test('the README word for word: published, claimed, delegated, signed, kept', async () => {
    const readme = await readFile(join(projectRoot, 'README.md'), 'utf8')
    const [, block] = /\*\*A domain of your own:[\s\S]*?```sh\n([\s\S]*?)```/.exec(readme)!
    const [publish, claim, show, publishZone, keepZone, ...more] = block!.trimEnd().split('\n')
    assert.deepEqual(more, [])
    const typed = async (line: string | undefined): Promise<string> => {
      const words = `npx() { shift; ${process.execPath} ${door} "$@"; }\nexport XDG_CONFIG_HOME=$PWD/settings\n${line}`
      const { code, stdout, stderr } = await room.run('sh', ['-c', words])
      assert.equal(code, 0, `${line}\n${stderr}`)
      return stdout
    }
    await cp(join(projectRoot, 'examples', 'sites', 'welcome'), join(room.folder, 'mysite'), {
      recursive: true,
    })
    await room.file('example.com.zone', `${head(1)}@ NS ns1\n@ MX 10 mail\nmail A 192.0.2.25\n`)

    await typed(publish)
    // Nobody is there to say yes.
    const named = await typed(claim!.replace('mysite', 'mysite --yes'))
    const glue = [...named.matchAll(/^ *(\S+\.example\.com) +(\S+)$/gm)]
    assert.equal(glue.length, 2, named)
    const delegation = glue
      .map(([, host, address]) => `example NS ${host}.\n${host}. A ${address}\n`)
      .join('')
    await delegate('com', com(2, delegation))
    await until('the domain', 30_000, async () =>
      /^127/m.test(await dig(`@${edge}`, '+short', 'example.com', 'A')) ? true : undefined,
    )
    assert.match(await typed(show), /no DS: the zone counts as unsigned/)

    const printed = await typed(publishZone)
    const ds = [...printed.matchAll(/^ *example\.com\. IN (DS .*)$/gm)].map(
      ([, record]) => `example ${record}\n`,
    )
    assert(ds.length > 0, printed)
    await delegate('com', com(3, `${delegation}${ds.join('')}`))
    await until('the DS', 10_000, async () =>
      (await dig(`@${one}`, '+short', 'example.com', 'DS')) === '' ? undefined : true,
    )
    assert.match(await typed(show), /It fits a key of the zone that is served: resolvers validate it/)
    const anchor = ds[0]!.replace(
      /^example DS (\d+) (\d+) (\d+) (.*)\n$/,
      '"example.com." static-ds $1 $2 $3 "$4";',
    )
    await room.file('anchor', `trust-anchors { ${anchor} };\n`)
    for (const question of [
      ['example.com', 'A'],
      ['www.example.com', 'A'],
      ['example.com', 'MX'],
    ]) {
      const words = [`@${edge}`, '-a', 'anchor', '+root=example.com', ...question]
      assert.match((await room.run('delv', words)).stdout, /; fully validated/, question.join(' '))
    }
    assert.match(await typed(keepZone), /nothing to do/)
  })
})
