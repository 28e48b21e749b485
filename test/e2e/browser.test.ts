// What a person sees: Chromium, which trusts the devnet's authority, loads sites over HTTPS. Each site has an edge of
// its own here, and is an origin of its own: a cookie and a service worker of one are nothing to the other.

import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import type { Network } from '../../cli/network.ts'
import { type Devnet, type Place, projectRoot, ran, reservePlace, startDevnet, until } from './devnet.ts'
import { publish } from './reader.ts'
import { toolsMissing } from './tools.ts'

const missing = toolsMissing({ chromium: 'chromium', certutil: 'libnss3-tools' })

describe('a browser', { skip: missing }, () => {
  let place: Place
  let devnet: Devnet
  let network: Network
  let browser: Browser
  let context: BrowserContext
  const complaints: string[] = []

  before(async () => {
    place = await reservePlace()
    devnet = await startDevnet(place)
    network = await devnet.network()
    const data = join(place.folder, '.inxt')
    const offline = join(projectRoot, 'examples', 'sites', 'offline')
    await Promise.all(['one', 'two'].map(name => publish(data, offline, name)))
    const [first, second, third] = network.edges.map(({ address }) => address)
    const rules = `MAP welcome.inxt ${third}, MAP one.inxt ${first}, MAP two.inxt ${second}`
    const args = ['--no-sandbox', `--host-resolver-rules=${rules}`]
    const env = { ...process.env, HOME: await trusting(place.folder, data) }
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', env, args })
    context = await browser.newContext()
  })
  after(async () => {
    await browser?.close()
    await devnet?.stop()
    await place?.remove()
  })

  const address = (name: string, path = '/'): string =>
    `https://${name}.inxt:${network.edges[0]!.httpsPort}${path}`
  const open = async (): Promise<Page> => {
    const page = await context.newPage()
    page.on('console', message => complaints.push(`${page.url()} ${message.type()}: ${message.text()}`))
    page.on('pageerror', error => complaints.push(`${page.url()}: ${error.message}`))
    page.on('requestfailed', request => complaints.push(`${request.url()} ${request.failure()?.errorText}`))
    return page
  }

  test('loads the welcome site by HTTP/2 without a complaint, and again at the price of its header', async () => {
    const page = await open()
    const first = await page.goto(address('welcome'), { waitUntil: 'load' })
    assert.equal(first?.status(), 200)
    assert.equal(await first?.httpVersion(), 'HTTP/2.0')
    assert.equal((await first?.securityDetails())?.protocol, 'TLS 1.3')
    await page.getByRole('heading', { level: 1 }).waitFor()
    assert.match((await page.textContent('#board')) ?? '', /edge 5/i, 'its script has run')

    const seen: number[] = []
    const wire = await context.newCDPSession(page)
    await wire.send('Network.enable')
    wire.on('Network.responseReceivedExtraInfo', ({ statusCode }) => seen.push(statusCode))
    await page.reload({ waitUntil: 'load' })
    assert(seen.length > 3 && seen.every(status => status === 304), `${seen}`)

    const coding = `(async () => {
      const got = await fetch('/app.js', { cache: 'no-store' })
      await got.text()
      return got.headers.get('content-encoding') ?? ''
    })()`
    await until('the script in its small form', 10_000, async () => {
      const said = await page.evaluate<string>(coding)
      return said === '' ? undefined : said
    })
    await wire.send('Network.setCacheDisabled', { cacheDisabled: true })
    await page.reload({ waitUntil: 'load' })
    assert.match((await page.textContent('#board')) ?? '', /edge 5/i, 'its script runs in its small form')
    const sizes = await page.evaluate<{ encodedBodySize: number; decodedBodySize: number }>(
      `performance.getEntriesByType('resource').find(({ name }) => name.endsWith('/app.js')).toJSON()`,
    )
    assert(
      sizes.encodedBodySize < 0.6 * sizes.decodedBodySize,
      `${sizes.encodedBodySize} of ${sizes.decodedBodySize}`,
    )
    assert.deepEqual(complaints.splice(0), [])
  })

  test('two sites never see each other', async () => {
    const [one, two] = [await open(), await open()]
    for (const [page, name] of [
      [one, 'one'],
      [two, 'two'],
    ] as const) {
      await page.goto(address(name))
      await page.getByText(`The worker of ${name}.inxt keeps this page.`).waitFor()
      await page.waitForFunction('navigator.serviceWorker.controller !== null')
    }
    await one.reload()
    await one.getByText('2 times').waitFor()
    await two.getByText('for the first time').waitFor()
    const cookies = await context.cookies()
    assert.deepEqual(cookies.map(({ domain, value }) => `${domain} ${value}`).sort(), [
      'one.inxt 2',
      'two.inxt 1',
    ])
    const workers = context.serviceWorkers().map(worker => worker.url())
    assert.deepEqual(workers.sort(), [address('one', '/worker.js'), address('two', '/worker.js')])
    const reach = await two.evaluate(`(async () => {
      document.cookie = 'stray=1; Domain=inxt; Path=/; Secure'
      const asked = await fetch('${address('one')}').then(() => 'read', () => 'refused')
      return { cookie: document.cookie, asked, caches: await caches.keys() }
    })()`)
    assert.deepEqual(reach, { cookie: 'visits=1', asked: 'refused', caches: ['page-1'] })
    assert.equal(await one.evaluate('document.cookie'), 'visits=2')
    // The refusal above is told on the console, by the browser and by the worker.
    for (const line of complaints.splice(0)) assert.match(line, /one\.inxt.*(CORS|ERR_FAILED)|ERR_FAILED/)

    await context.setOffline(true)
    await one.reload()
    await one.getByText('3 times').waitFor()
    await context.setOffline(false)
    complaints.splice(0)
  })

  test('is sent on by a rule, and told that a page is not there', async () => {
    const own = await browser.newContext({ serviceWorkers: 'block' })
    const page = await own.newPage()
    await page.goto(address('one', '/old/path'))
    assert.equal(page.url(), address('one'))
    const chain: number[] = []
    page.on('response', response => chain.push(response.status()))
    const nowhere = await page.goto(address('two', '/nowhere'))
    assert.equal(nowhere?.status(), 404)
    assert.match((await page.textContent('h1')) ?? '', /There is no such page/)
    await page.goto(address('two', '/old/path'), { waitUntil: 'load' })
    assert.deepEqual(chain.slice(0, 4), [404, 301, 302, 200])
    await own.close()
  })

  test('is warned off a name that nobody has', async () => {
    const page = await context.newPage()
    await assert.rejects(page.goto(address('welcome').replace('welcome', 'nobody')), /ERR_/)
    await page.close()
  })
})

/** A home whose certificate store trusts the devnet's authority. */
async function trusting(folder: string, data: string): Promise<string> {
  const home = join(folder, 'home')
  const store = join(home, '.pki', 'nssdb')
  await mkdir(store, { recursive: true })
  const root = join(data, 'authority', 'local-authority.pem')
  for (const words of [
    ['-N', '--empty-password'],
    ['-A', '-n', 'devnet', '-t', 'C,,', '-i', root],
  ]) {
    const { code, stderr } = await ran('certutil', [...words, '-d', `sql:${store}`])
    assert.equal(code, 0, stderr)
  }
  return home
}
