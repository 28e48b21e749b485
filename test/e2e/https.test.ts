// HTTPS from every edge of a devnet, as curl sees it; and ten thousand handshakes for names that nobody has.

import assert from 'node:assert/strict'
import { Resolver } from 'node:dns/promises'
import { mkdir, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import type { Network, NetworkEdge } from '../../cli/network.ts'
import { type Devnet, type Place, type Ran, ran, reservePlace, startDevnet, until } from './devnet.ts'
import { edgeView, publish } from './reader.ts'
import { toolsMissing } from './tools.ts'

const host = 'welcome.inxt'

describe('HTTPS', { skip: toolsMissing({ curl: 'curl' }) }, () => {
  let place: Place
  let devnet: Devnet
  let network: Network
  let root: string

  before(async () => {
    place = await reservePlace()
    devnet = await startDevnet(place)
    network = await devnet.network()
    root = join(place.folder, '.inxt', 'authority', 'local-authority.pem')
  })
  after(async () => {
    await devnet?.stop()
    await place?.remove()
  })

  const curl = (edge: NetworkEdge, name: string, ...words: string[]): Promise<Ran> => {
    const at = ['--cacert', root, '--resolve', `${name}:${edge.httpsPort}:${edge.address}`]
    return ran('curl', ['-sS', '--max-time', '20', ...at, ...words, `https://${name}:${edge.httpsPort}/`])
  }

  test('every edge serves it, by both versions, whole, in part and compressed', async () => {
    const pages = new Set<string>()
    for (const edge of network.edges) {
      for (const version of ['1.1', '2']) {
        const whole = await curl(
          edge,
          host,
          `--http${version}`,
          '-w',
          '%{stderr}%{http_version} %{http_code}',
        )
        assert.equal(whole.stderr, `${version} 200`)
        pages.add(whole.stdout)
        const part = await curl(edge, host, `--http${version}`, '-r', '2-8', '-w', ' %{http_code}')
        assert.equal(part.stdout, 'doctype 206')
      }
      // Whoever takes no other form waits until the small one is made.
      const small = await curl(edge, host, '--compressed', '-H', 'Accept-Encoding: gzip, identity;q=0')
      assert.equal(small.code, 0, small.stderr)
      pages.add(small.stdout)
      const own = await curl(edge, edge.address, '-o', '/dev/null', '-w', '%{http_code}')
      assert.equal(own.code, 0, `by its address: ${own.stderr}`)
    }
    assert.equal(pages.size, 1, 'the same page from all')
  })

  test('publishing tells its address, where it then is', async () => {
    const folder = join(place.folder, 'safe')
    await mkdir(folder)
    await writeFile(join(folder, 'index.html'), 'safely here')
    const { urls } = await publish(join(place.folder, '.inxt'), folder, 'safe')
    const [edge] = network.edges as [NetworkEdge]
    assert.deepEqual(urls, [`http://safe.inxt:${edge.httpPort}/`, `https://safe.inxt:${edge.httpsPort}/`])
    assert.equal((await curl(edge, 'safe.inxt')).stdout, 'safely here')
  })

  test('a root that a name points at is a site of its own, which DNS, HTTP and certificates know', async () => {
    const byName = await curl(network.edges[0]!, host, '-D', '-', '-o', '/dev/null')
    const [, cid] = /^x-ipfs-path: \/ipfs\/(\w+)\//im.exec(byName.stdout)!
    const [own, strange] = [`${cid}.ipfs.inxt`, 'bafkqaaa.ipfs.inxt']
    const page = (await curl(network.edges[0]!, host)).stdout
    for (const edge of network.edges) {
      await until(`edge ${edge.number} has heard of it`, 20_000, async () =>
        (await curl(edge, own)).stdout === page ? true : undefined,
      )
      const resolver = new Resolver()
      resolver.setServers([`${edge.address}:${edge.dnsPort}`])
      const places = await resolver.resolve4(own)
      assert.ok(places.every(address => network.edges.some(one => one.address === address)))
      await assert.rejects(resolver.resolve4(strange), { code: 'ENOTFOUND' })
      await assert.rejects(resolver.resolve4('ipfs.inxt'), { code: 'ENODATA' })
      assert.equal((await curl(edge, strange)).code, 35)
      // A browser that asks by path is sent to where the root has an origin of its own.
      const at = `http://${edge.address}:${edge.httpPort}/ipfs/${cid}/`
      const { stdout } = await ran('curl', ['-sS', '-o', '/dev/null', '-w', '%{redirect_url}', at])
      assert.equal(stdout, `http://${own}:${edge.httpPort}/`)
    }
  })

  test('a name that nobody has is refused by an alert', async () => {
    const { code, stderr } = await curl(network.edges[0]!, 'nobody.inxt')
    assert.equal(code, 35)
    assert.match(stderr, /unrecognized name/)
  })

  test('ten thousand handshakes for unknown names leave nothing, and take nothing from a reader', async t => {
    const [edge] = network.edges as [NetworkEdge]
    const hello = await helloFor('stranger-00000.inxt')
    const quietMs = await pageMs(edge, 400)

    const before = (await edgeView(edge)).counts
    const [count, perS] = [10_000, 1_250]
    const reading = pageMs(edge, 1_400)
    const refusals: Promise<void>[] = []
    const startedAt = performance.now()
    await until('all strangers have come', 60_000, async () => {
      const due = Math.min(count, ((performance.now() - startedAt) * perS) / 1000)
      while (refusals.length < due) refusals.push(refused(edge, hello, refusals.length))
      return refusals.length === count ? true : undefined
    })
    await Promise.all(refusals)
    const besideMs = await reading

    const { counts } = await edgeView(edge)
    const grown = (name: string): number => (counts[name] ?? 0) - (before[name] ?? 0)
    assert.equal(grown('http.tls.unrecognizedName'), count)
    for (const what of ['ordered', 'issued']) assert.equal(grown(`certificates.${what}`), 0, what)
    for (const what of ['failed', 'hurried', 'internalError'])
      assert.equal(grown(`http.tls.${what}`), 0, what)
    const figures = `${quietMs} ms alone, ${besideMs} ms beside ${perS} strangers a second`
    t.diagnostic(`a page takes (median) ${figures}`)
  })

  /** The median of so many pages on one connection, 200 a second; each must be a 200. */
  async function pageMs(edge: NetworkEdge, count: number): Promise<number> {
    const at = ['--cacert', root, '--resolve', `${host}:${edge.httpsPort}:${edge.address}`]
    const url = `https://${host}:${edge.httpsPort}/style.css?[1-${count}]`
    const words = ['-sS', '-f', '--rate', '200/s', '-o', '/dev/null', '-w', '%{http_code} %{time_total}\n']
    const { code, stdout, stderr } = await ran('curl', [...words, ...at, url])
    assert.equal(code, 0, stderr)
    const lines = stdout.trim().split('\n')
    assert.equal(lines.length, count)
    const times = lines.map(line => {
      assert.match(line, /^200 /)
      return 1000 * Number(line.slice(4))
    })
    return Number(times.toSorted((a, b) => a - b)[count >> 1]!.toFixed(2))
  }
})

/** What a TLS library says first when it wants `name`. */
async function helloFor(name: string): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<Buffer>()
  const server = createServer(socket => {
    socket.on('error', () => {})
    socket.once('data', hello => {
      resolve(hello)
      socket.destroy()
    })
  })
  await new Promise<void>(ready => server.listen(0, '127.0.0.1', ready))
  connectTls({ port: (server.address() as AddressInfo).port, servername: name }).on('error', () => {})
  const hello = await promise
  server.close()
  return hello
}

/** One handshake for a name that was never heard, from one of 250 addresses; resolves when it was refused. */
function refused(edge: NetworkEdge, template: Buffer, number: number): Promise<void> {
  const hello = Buffer.from(template)
  hello.write(`${number}`.padStart(5, '0'), hello.indexOf('stranger-') + 'stranger-'.length, 'latin1')
  return new Promise((resolve, reject) => {
    const from = { localAddress: `127.77.0.${1 + (number % 250)}` }
    const socket = connect({ host: edge.address, port: edge.httpsPort, ...from }, () => socket.write(hello))
    let said = Buffer.alloc(0)
    socket.on('data', bytes => {
      said = Buffer.concat([said, bytes])
    })
    socket.once('error', reject)
    socket.once('close', () => {
      // Alert, fatal, unrecognized_name (RFC 6066 §3).
      if (said.length === 7 && said[0] === 21 && said[5] === 2 && said[6] === 112) resolve()
      else reject(new Error(`stranger ${number} heard ${said.toString('hex')}`))
    })
  })
}
