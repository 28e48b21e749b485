// A domain of one's own, from the claim to the page: a real devnet in a room of its own, with a root and a top-level
// domain by NSD. The edges refuse the domain until its parent names them, and serve it as soon as somebody asks then.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startNsd } from '../conformance/lab.ts'
import { labAddresses, rootAddresses } from '../conformance/lab-zones.ts'
import { answers, openRoom, type Room } from '../conformance/room.ts'
import { labMissing } from '../conformance/tools.ts'
import { projectRoot, until } from './devnet.ts'
import { toolsMissing } from './tools.ts'

const [one, two] = labAddresses
const edge = '127.0.1.1'
const head = (serial: number): string =>
  `$TTL 300\n@ SOA ns1.nic.lab. hostmaster.nic.lab. ${serial} 3600 600 1209600 60\n`
const servers = `ns1.nic.lab. A ${one}\nns2.nic.lab. A ${two}\n`
const root = `${head(1)}@ NS a.\na. A ${rootAddresses[0]}\nlab NS ns1.nic.lab.\nlab NS ns2.nic.lab.\n${servers}`
const lab = (serial: number, more: string): string =>
  `${head(serial)}@ NS ns1.nic\n@ NS ns2.nic\n${servers}${more}`

const stack = new AsyncDisposableStack()
const skip = labMissing() || toolsMissing({ curl: 'curl' })
let room: Room
const inxt = (...words: string[]) =>
  room.run(process.execPath, [
    join(projectRoot, 'cli', 'inxt.mjs'),
    ...words,
    '--data',
    join(room.folder, 'net'),
  ])
const dig = async (...words: string[]): Promise<string> =>
  (await room.run('dig', ['+tries=1', '+time=1', ...words])).stdout

before(async () => {
  if (skip !== false) return
  room = await openRoom([...rootAddresses, ...labAddresses], one, stack)
  await startNsd(room, 'root', rootAddresses, new Map([['.', await room.file('root', root)]]))
  await startNsd(room, 'lab', [one, two], new Map([['lab', await room.file('lab', lab(1, ''))]]))
  await answers(room, 'lab', one, 'lab')
  const ports = ['--dns-port', '53', '--http-port', '80']
  const words = ['devnet', '--data', join(room.folder, 'net'), '--edges', '2', ...ports]
  await room.start('devnet', process.execPath, [join(projectRoot, 'cli', 'inxt.mjs'), ...words])
  await until('the devnet', 60_000, async () => {
    const isServed = /^127/m.test(await dig(`@${edge}`, '+short', 'welcome.inxt', 'A'))
    return isServed ? readFile(join(room.folder, 'net', 'network.json'), 'utf8') : undefined
  })
})
after(() => stack.disposeAsync())

test('a claim counts when the parent says so', { skip }, async () => {
  const claim = await inxt('domain', 'claim', 'shop.lab', 'welcome', '--yes', '--json')
  assert.equal(claim.code, 0, claim.stderr)
  const named = JSON.parse(claim.stdout).servers as { host: string; addresses: string[] }[]
  assert.equal(named.length, 2)
  assert.match(await dig(`@${edge}`, 'shop.lab', 'A'), /status: REFUSED/)
  assert.match((await inxt('domain', 'show', 'shop.lab')).stdout, /has no name servers at its parent/)

  const glue = named.map(({ host, addresses }) => `shop NS ${host}.\n${host}. A ${addresses[0]}\n`)
  await room.file('lab', lab(2, `${glue.join('')}shop DS 4711 13 2 ${'ab'.repeat(32)}\n`))
  await room.run('kill', ['-HUP', (await readFile(join(room.folder, 'lab.pid'), 'utf8')).trim()])
  await until('the domain', 30_000, async () =>
    /^127/m.test(await dig(`@${edge}`, '+short', 'www.shop.lab', 'A')) ? true : undefined,
  )
  assert.match(
    await dig(`@${edge}`, 'shop.lab', 'NS'),
    new RegExp(`flags: qr aa.*NS\\s${named[0]!.host}\\.`, 's'),
  )
  const page = ['-s', '-o', '/dev/null', '-w', '%{http_code}', '-H', 'Host: www.shop.lab', `http://${edge}/`]
  assert.equal((await room.run('curl', page)).stdout, '200')
  const shown = (await inxt('domain', 'show', 'shop.lab')).stdout
  assert.match(shown, /is delegated to the name servers of 0x/)
  assert.match(shown, /shop\.lab has a DS at its parent that fits no key of its zone/)
  assert.match((await inxt('status')).stdout, /shop\.lab \(welcome\) has a DS at its parent that fits no key/)

  assert.equal((await inxt('domain', 'release', 'shop.lab', '--yes')).code, 0)
  await until('the end', 10_000, async () =>
    /status: REFUSED/.test(await dig(`@${edge}`, 'shop.lab', 'A')) ? true : undefined,
  )
})
