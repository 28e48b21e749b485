// The whole path on real processes: start, resolve, fetch, publish, update, kill and fall back.

import assert from 'node:assert/strict'
import { cp, readdir, readFile, writeFile } from 'node:fs/promises'
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
import { digAt, edgeView, fetchSite, insiderAndOutsider, publish, sha256 } from './reader.ts'
import { curlArgs, dig, digShort, toolsMissing } from './tools.ts'

const welcome = join(projectRoot, 'examples', 'sites', 'welcome')

async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter(entry => entry.isFile() && !entry.name.startsWith('.'))
    .map(entry => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort()
}

describe('first light', { skip: toolsMissing() }, () => {
  let place: Place
  let devnet: Devnet
  let data: string

  before(async () => {
    place = await reservePlace()
    data = join(place.folder, '.inxt')
    devnet = await startDevnet(place)
  })
  after(async () => {
    await devnet?.stop()
    await place?.remove()
  })

  test('the devnet says what it does, what is there and what to try', async () => {
    const output = devnet.output()
    const { edges } = await devnet.network()
    assert.equal(edges.length, 5)
    for (const edge of edges) assert(output.includes(edge.address), edge.address)
    for (const words of [
      'dig @',
      'curl --resolve',
      'npx inxt publish',
      'npx inxt status',
      'kill -9',
      'Ctrl-C',
    ])
      assert(output.includes(words), `${words} in\n${output}`)
  })

  test('dig: a site, its content, the zone, and what does not exist', async () => {
    const { edges } = await devnet.network()
    const addresses = edges.map(({ address }) => address).sort()
    for (const { address, dnsPort } of edges) {
      const named = await digShort(address, dnsPort, 'welcome.inxt', 'A')
      assert.equal(named.length, 4)
      assert(named.every(ip => addresses.includes(ip)))
      const [content] = await digShort(address, dnsPort, '_dnslink.welcome.inxt', 'TXT')
      assert.match(content!, /^"dnslink=\/ipfs\/bafybei[a-z2-7]{52}"$/)
      assert.deepEqual(await digShort(address, dnsPort, '+tcp', '_dnslink.welcome.inxt', 'TXT'), [content])
    }
    const { address, dnsPort } = edges[0]!
    assert.match((await digAt(edges[0]!, 'welcome.inxt', 'A')).stdout, /flags: qr aa rd;/)
    assert.match(
      (await dig(address, dnsPort, 'inxt', 'SOA')).stdout,
      /ANSWER SECTION:\ninxt\.\s+\d+\s+IN\s+SOA\s/,
    )
    assert.equal((await digShort(address, dnsPort, 'inxt', 'NS')).length, 5)
    const nxdomain = (await dig(address, dnsPort, 'no-such-site.inxt', 'A')).stdout
    assert.match(nxdomain, /status: NXDOMAIN/)
    assert.match(nxdomain, /AUTHORITY SECTION:\ninxt\.\s+\d+\s+IN\s+SOA/)
    const nodata = (await dig(address, dnsPort, 'welcome.inxt', 'MX')).stdout
    assert.match(nodata, /status: NOERROR/)
    assert.match(nodata, /ANSWER: 0, AUTHORITY: 1/)
    assert.match((await dig(address, dnsPort, 'example.com', 'A')).stdout, /status: REFUSED/)
    assert.match(
      (await dig(address, dnsPort, '+edns=1', '+noednsneg', 'welcome.inxt')).stdout,
      /status: BADVERS/,
    )
  })

  test('curl: every file of the welcome site from every edge, byte for byte', async () => {
    const { edges } = await devnet.network()
    const files = await filesUnder(welcome)
    assert(files.length >= 5)
    for (const edge of edges) {
      for (const file of files) {
        const expected = await readFile(join(welcome, file))
        const got = await fetchSite(edge, 'welcome.inxt', `/${file}`)
        assert.equal(got.status, 200, `${edge.address} ${file}`)
        assert.equal(sha256(got.body), sha256(expected), `${edge.address} ${file}`)
      }
    }
  })

  test('curl: index, redirect, types, ETag, 304, HEAD, ranges, 404, 421', async () => {
    const [edge] = (await devnet.network()).edges
    const curl = async (path: string, ...words: string[]): Promise<string> =>
      (await ran('curl', curlArgs(edge!, 'welcome.inxt', path, ...words))).stdout
    const head = await curl('/', '-I')
    assert.match(head, /^HTTP\/1\.1 200 OK\r\n/)
    assert.match(head, /\r\ncontent-type: text\/html; charset=utf-8\r\n/i)
    const etag = /\r\netag: ("bafk[^"]+"|"bafy[^"]+")\r\n/i.exec(head)?.[1]
    assert(etag !== undefined, head)
    assert.match(await curl('/', '-I', '-H', `If-None-Match: ${etag}`), /^HTTP\/1\.1 304 /)
    assert.match(await curl('/how', '-I'), /^HTTP\/1\.1 30[18] [\s\S]*\r\nlocation: \/how\/\r\n/i)
    assert.match(await curl('/no/such/page', '-i'), /^HTTP\/1\.1 404 /)
    const whole = await readFile(join(welcome, 'style.css'))
    assert.equal(await curl('/style.css', '-r', '10-29'), whole.subarray(10, 30).toString())
    assert.equal(await curl('/style.css', '-r', '-7'), whole.subarray(-7).toString())
    assert.match(
      await curl('/style.css', '-i', '-r', '0-1,5-6'),
      /^HTTP\/1\.1 206 [\s\S]*multipart\/byteranges; boundary=/,
    )
    assert.match(await curl('/style.css', '-i', '-r', '99999999-'), /^HTTP\/1\.1 416 /)
    const stranger = await ran('curl', curlArgs(edge!, 'example.com', '/', '-i'))
    assert.match(stranger.stdout, /^HTTP\/1\.1 421 /)
    const unknown = await ran('curl', curlArgs(edge!, 'no-such-site.inxt', '/', '-i'))
    assert.match(unknown.stdout, /^HTTP\/1\.1 404 /)
  })

  test('publish: a large real site, read back through an edge that did not get the upload', async () => {
    const folder = join(projectRoot, 'node_modules', 'swagger-ui-dist')
    const published = await publish(data, folder, 'swagger')
    assert(published.holders.length >= 2)
    assert.equal(published.edges.length, 5)
    const { outsider } = await insiderAndOutsider(await devnet.network(), published.root)
    assert.notEqual(outsider.address, published.uploadedTo)
    const files = await filesUnder(folder)
    assert(files.length > 10)
    for (const file of files) {
      const got = await fetchSite(outsider, 'swagger.inxt', `/${encodeURI(file)}`)
      assert.equal(got.status, 200, file)
      assert.equal(sha256(got.body), sha256(await readFile(join(folder, file))), file)
    }
    await until('the reader becomes a holder', 20_000, async () =>
      (await edgeView(outsider)).holds.includes(published.root) ? true : undefined,
    )
  })

  test('publish again: the old site is gone everywhere within 10 s of the block', async () => {
    const folder = join(place.folder, 'news')
    await cp(welcome, folder, { recursive: true })
    await writeFile(join(folder, 'index.html'), '<!doctype html><title>one</title>')
    const first = await publish(data, folder, 'news')
    await writeFile(join(folder, 'index.html'), '<!doctype html><title>two</title>')
    const second = await publish(data, folder, 'news')
    assert.notEqual(first.root, second.root)
    for (const { resolvedMs } of second.edges) assert(resolvedMs < 10_000, `${resolvedMs} ms`)
    for (const edge of (await devnet.network()).edges) {
      const got = await fetchSite(edge, 'news.inxt', '/')
      assert.equal(got.body.toString(), '<!doctype html><title>two</title>', edge.address)
    }
    const again = await publish(data, folder, 'news')
    assert.equal(again.root, second.root)
  })

  test('publish: bad input ends in three lines and exit code 1', async () => {
    const rows: [args: string[], says: RegExp][] = [
      [['publish', join(place.folder, 'missing'), 'site', '--data', data], /missing/],
      [['publish', welcome, 'Not-A-Label!', '--data', data], /Not-A-Label!/],
      [['publish', welcome, 'site', '--data', join(place.folder, 'nowhere')], /no devnet/],
      [['publish', join(welcome, 'index.html'), 'site', '--data', data], /not a folder/],
    ]
    for (const [args, says] of rows) {
      const { code, stderr } = await inxt(args)
      assert.equal(code, 1, stderr)
      assert.match(stderr, says)
      assert.equal(stderr.trim().split('\n').length, 3, stderr)
    }
  })

  test('status: what every edge sees', async () => {
    const { code, stdout } = await inxt(['status', '--data', data, '--json'])
    assert.equal(code, 0)
    const { edges } = JSON.parse(stdout) as {
      edges: { reachable: boolean; members: { standing: string }[] }[]
    }
    assert.equal(edges.length, 5)
    for (const edge of edges)
      assert.equal(edge.members.filter(({ standing }) => standing === 'alive').length, 5)
    assert.match((await inxt(['status', '--data', data])).stdout, /127\.0\.\d+\.5/)
    // A reader that leaves early is no failure to be told of.
    const words = `'${process.execPath}' cli/inxt.mjs status --data '${data}' | true`
    assert.equal((await ran('sh', ['-c', words])).stderr, '')
  })
})
