// A zone of the owner's own, from a master file to validated answers of every edge: signed, published, changed,
// broken; and one that the server signs itself.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import {
  type Devnet,
  inxt,
  type Place,
  projectRoot,
  ran,
  reservePlace,
  startDevnet,
  until,
} from './devnet.ts'
import { digAt, edgeView, publish } from './reader.ts'
import { digShort, toolsMissing } from './tools.ts'

const witnesses = { dig: 'dnsutils', delv: 'dnsutils' }
const door = join(projectRoot, 'cli', 'inxt.mjs')
const zoneText = (address: string): string => `$TTL 300
@ SOA ns.example.net. hostmaster 1 7200 3600 1209600 300
  NS ns.example.net.
  MX 10 mail
  CAA 0 issue "ca.example.net"
mail A ${address}
*.wild TXT "anything"
`

interface Published {
  readonly done: boolean
  readonly serial: number
  readonly root: string
  readonly holders: readonly string[]
  readonly edges: readonly { readonly address: string }[]
  readonly ds: readonly string[]
}

describe('a zone of the owner', { skip: toolsMissing(witnesses) }, () => {
  let place: Place
  let devnet: Devnet
  let data: string
  let file: string
  let content: string
  let first: Published

  const zone = async (...words: string[]): Promise<Published> => {
    const keys = join(place.folder, 'keys')
    const { code, stdout, stderr } = await inxt(['zone', ...words, '--data', data, '--keys', keys, '--json'])
    assert.equal(code, 0, stderr)
    return JSON.parse(stdout) as Published
  }
  const serials = async (): Promise<string[]> => {
    const { edges } = await devnet.network()
    const found = edges.map(({ address, dnsPort }) => digShort(address, dnsPort, 'mysite.inxt', 'SOA'))
    return (await Promise.all(found)).map(([line]) => line!.split(' ')[2]!)
  }
  const point = async (root: string): Promise<void> => {
    const { code, stderr } = await inxt(['name', 'set', 'mysite', '--zone', root, '--data', data, '--yes'])
    assert.equal(code, 0, stderr)
  }

  before(async () => {
    place = await reservePlace()
    data = join(place.folder, '.inxt')
    file = join(place.folder, 'mysite.zone')
    await writeFile(file, zoneText('192.0.2.25'))
    devnet = await startDevnet(place)
    content = (await publish(data, join(projectRoot, 'examples', 'sites', 'welcome'), 'mysite')).root
    first = await zone('publish', file, 'mysite')
  })
  after(async () => {
    await devnet?.stop()
    await place?.remove()
  })

  test('every edge serves it, two at least hold it, and there is a DS to hand on', async () => {
    assert.equal(first.edges.length, 5)
    assert(first.holders.length >= 2)
    assert.match(first.ds[0]!, /^mysite\.inxt\. IN DS \d+ 13 2 [0-9A-F]{64}$/)
    assert.deepEqual(new Set(await serials()), new Set([`${first.serial}`]))
  })

  test('delv validates the places of the site, other records, a wildcard and what is not there', async () => {
    const { edges } = await devnet.network()
    const anchor = join(place.folder, 'anchor')
    const all = new Set(edges.map(({ address }) => address))
    for (const edge of edges) {
      const delv = await delvAt(edge, 'mysite.inxt', anchor)
      const places = await delv('mysite.inxt', 'A')
      assert.match(places, /; fully validated/)
      const named = [...places.matchAll(/IN\s+A\s+(\S+)/g)].map(([, address]) => address!)
      assert(named.length === 3 && named.every(address => all.has(address)), places)
      assert.match(await delv('mail.mysite.inxt', 'A'), /; fully validated[\s\S]*192\.0\.2\.25/)
      assert.match(await delv('x.wild.mysite.inxt', 'TXT'), /; fully validated/)
      assert.match(await delv('nothing.mysite.inxt', 'A'), /negative response, fully validated/)
      assert.match(await delv('mysite.inxt', 'AAAA'), /negative response, fully validated/)
      const https = await delv('mysite.inxt', 'HTTPS')
      assert.match(https, /; fully validated[\s\S]*HTTPS\s+1 \. alpn="h2,http\/1\.1" port=\d+\n/)
      const link = await delv('_dnslink.mysite.inxt', 'TXT')
      assert(link.includes(`"dnslink=/ipfs/${content}"`) && /; fully validated/.test(link), link)
      assert.match(await delv('mysite.inxt', 'CAA'), /; fully validated[\s\S]*0 issue "ca\.example\.net"/)
    }
  })

  test('of a name that nobody holds nothing is signed, and no key is made', async () => {
    const unheld = join(place.folder, 'unheld.zone')
    const keys = join(place.folder, 'unheld-keys')
    await writeFile(unheld, zoneText('192.0.2.40'))
    const { code, stderr } = await inxt(['zone', 'publish', unheld, 'unheld', '--data', data, '--keys', keys])
    assert.notEqual(code, 0)
    assert.match(stderr, /nobody holds the name unheld/)
    const left = await readdir(place.folder)
    assert.deepEqual(
      left.filter(file => file.startsWith('unheld')),
      ['unheld.zone'],
    )
  })

  test('keep does nothing while nothing changed; what did is published, the old serial gone everywhere', async () => {
    assert.equal((await zone('keep', file, 'mysite')).done, false)
    await writeFile(file, zoneText('192.0.2.26'))
    const second = await zone('keep', file, 'mysite')
    assert.equal(second.serial, first.serial + 1)
    assert.deepEqual(new Set(await serials()), new Set([`${second.serial}`]))
    for (const { address, dnsPort } of (await devnet.network()).edges)
      assert.deepEqual(await digShort(address, dnsPort, 'mail.mysite.inxt', 'A'), ['192.0.2.26'])
  })

  test('an edge that missed a version serves the old one until it has the new one', async () => {
    const { edges } = await devnet.network()
    const late = edges[4]!
    const [old] = await serials()
    process.kill(late.pid, 'SIGSTOP')
    try {
      await writeFile(file, zoneText('192.0.2.27'))
      assert.equal((await zone('keep', file, 'mysite')).edges.length, 4)
    } finally {
      process.kill(late.pid, 'SIGCONT')
    }
    const now = `${Number(old) + 1}`
    await until('the late edge has the new version', 30_000, async () => {
      const all = await serials()
      assert(
        all.every((serial, i) => serial === now || (i === 4 && serial === old)),
        all.join(),
      )
      return all[4] === now ? true : undefined
    })
  })

  test('a devnet starts again although the name of its own site has a zone', async () => {
    const own = join(place.folder, 'welcome.zone')
    await writeFile(own, zoneText('192.0.2.30'))
    const { serial } = await zone('publish', own, 'welcome')
    assert.equal(await devnet.stop(), 0)
    devnet = await startDevnet(place)
    const { edges } = await devnet.network()
    for (const { address, dnsPort } of edges) {
      assert.deepEqual(await digShort(address, dnsPort, 'mail.welcome.inxt', 'A'), ['192.0.2.30'])
      const [soa] = await digShort(address, dnsPort, 'welcome.inxt', 'SOA')
      assert.equal(soa!.split(' ')[2], `${serial}`)
    }
    assert.deepEqual(new Set(await serials()).size, 1)
  })

  test('a site is published again although its name has a zone of its own, which keep tells of it', async () => {
    const site = join(place.folder, 'site')
    await cp(join(projectRoot, 'examples', 'sites', 'welcome'), site, { recursive: true })
    await writeFile(join(site, 'new.txt'), 'new')
    const { edges, root } = await publish(data, site, 'mysite')
    assert.equal(edges.length, 5)
    await zone('keep', file, 'mysite')
    for (const { address, dnsPort } of (await devnet.network()).edges)
      assert.deepEqual(await digShort(address, dnsPort, '_dnslink.mysite.inxt', 'TXT'), [
        `"dnslink=/ipfs/${root}"`,
      ])
  })

  test('an older version, one with a wrong signature and what is no zone are refused, and the old stays', async () => {
    const before = await serials()
    const refused = async (root: string, count: string): Promise<void> => {
      const { edges } = await devnet.network()
      const counted = async (): Promise<number[]> =>
        Promise.all(edges.map(async edge => (await edgeView(edge)).counts[count] ?? 0))
      const had = await counted()
      await point(root)
      await until(`every edge counts ${count}`, 20_000, async () =>
        (await counted()).every((now, i) => now > had[i]!) ? true : undefined,
      )
      assert.deepEqual(await serials(), before, count)
    }
    await refused(first.root, 'zones.refused.older')
    const folder = join(place.folder, 'forged')
    await cp(join(projectRoot, 'examples', 'sites', 'welcome'), folder, { recursive: true })
    const signed = await readFile(`${file}.signed`, 'latin1')
    await writeFile(join(folder, 'zone'), signed.replace('192.0.2.27', '192.0.2.66'), 'latin1')
    await refused((await publish(data, folder, 'forged')).root, 'zones.refused.broken')
    const site = join(projectRoot, 'examples', 'sites', 'welcome')
    await refused((await publish(data, site, 'plain')).root, 'zones.refused.broken')
    const { stdout } = await digAt((await devnet.network()).edges[0]!, 'mail.mysite.inxt', 'A')
    assert.match(stdout, /192\.0\.2\.27/)
  })

  test('keep puts the chain right again, and a name without a zone is the registry’s again', async () => {
    assert.equal((await zone('keep', file, 'mysite')).done, true)
    await point('none')
    const { edges } = await devnet.network()
    await until('no edge serves the zone', 20_000, async () => {
      const mx = await Promise.all(edges.map(edge => digAt(edge, 'mail.mysite.inxt', 'A')))
      return mx.every(({ stdout }) => /NXDOMAIN/.test(stdout)) ? true : undefined
    })
  })
})

describe('a zone file that signs itself', { skip: toolsMissing(witnesses) }, () => {
  for (const algorithm of ['p256', 'ed25519']) {
    test(`delv validates what is there and what is not, by ${algorithm}`, async () => {
      const folder = await mkdtemp(join(tmpdir(), 'inxt-online-'))
      const keys = ['--zone', 'example.com', '--keys', join(folder, 'keys')]
      const file = join(folder, 'zone')
      let server: ChildProcess | undefined
      try {
        await writeFile(file, zoneText('192.0.2.25'))
        await inxt(['zone', 'keys', '--make', '--algorithm', algorithm, ...keys])
        const words = ['edge', '--standalone', '--zone', `example.com=${file}`, '--dns', '127.0.0.1:0']
        server = spawn(process.execPath, [door, ...words, '--sign-online', join(folder, 'keys')])
        const port = await portOf(server)
        const ask = await delvAt(
          { address: '127.0.0.1', dnsPort: port },
          'example.com',
          join(folder, 'anchor'),
        )
        assert.match(await ask('mail.example.com', 'A'), /; fully validated[\s\S]*192\.0\.2\.25/)
        assert.match(await ask('x.wild.example.com', 'TXT'), /; fully validated/)
        assert.match(await ask('example.com', 'DNSKEY'), /; fully validated/)
        for (const name of ['nothing.example.com', 'mail.example.com', 'wild.example.com'])
          assert.match(await ask(name, 'AAAA'), /negative response, fully validated/)
      } finally {
        server?.kill('SIGKILL')
        await rm(folder, { recursive: true, force: true })
      }
    })
  }
})

/** From the line that a standalone server prints when it is ready. */
async function portOf(server: ChildProcess): Promise<number> {
  let output = ''
  server.stderr!.on('data', chunk => {
    output += chunk
  })
  for await (const chunk of server.stdout!) {
    output += String(chunk)
    const [, port] = /ready: DNS 127\.0\.0\.1:(\d+)/.exec(output) ?? []
    if (port !== undefined) return Number(port)
  }
  throw new Error(`the server ended: ${output}`)
}

/** Asks one server, with the key of `zone` that it gives now as the anchor; both streams of delv. */
async function delvAt(
  { address, dnsPort }: { address: string; dnsPort: number },
  zone: string,
  anchor: string,
): Promise<(...question: string[]) => Promise<string>> {
  const [dnskey] = await digShort(address, dnsPort, zone, 'DNSKEY')
  const [flags, protocol, algorithm, ...key] = dnskey!.split(' ')
  const words = `${flags} ${protocol} ${algorithm} "${key.join('')}"`
  await writeFile(anchor, `trust-anchors { "${zone}." static-key ${words}; };\n`)
  return async (...question) => {
    const at = [`@${address}`, '-p', `${dnsPort}`, '-a', anchor, `+root=${zone}`, '+nodnssec']
    const { stdout, stderr } = await ran('delv', [...at, ...question])
    return stdout + stderr
  }
}
