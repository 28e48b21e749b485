// `inxt edge --standalone --http …` as a process: a folder over HTTP and HTTPS, an origin that dies, and words for who
// mistypes.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { on, once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, test } from 'node:test'
import { Agent, fetch } from 'undici'
import { inxt, projectRoot, ran, until } from './devnet.ts'
import { toolsMissing } from './tools.ts'

interface Started {
  readonly child: ChildProcess
  /** By scheme. */
  readonly places: Readonly<Record<string, string>>
}

describe('a standalone HTTP edge', { skip: toolsMissing({ openssl: 'openssl' }) }, () => {
  let folder: string
  const children: ChildProcess[] = []
  const trusting = new Agent({ connect: { rejectUnauthorized: false } })

  const start = async (...words: string[]): Promise<Started> => {
    const args = [join(projectRoot, 'cli', 'inxt.mjs'), 'edge', '--standalone', ...words]
    const env = { ...process.env, TMPDIR: folder }
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'], env })
    children.push(child)
    const signal = AbortSignal.timeout(10_000)
    for await (const [line] of on(createInterface(child.stdout!), 'line', { signal })) {
      if (!/^ready/.test(line as string)) continue
      const found = [...(line as string).matchAll(/(HTTPS?) (\S+:\d+)/g)]
      return {
        child,
        places: Object.fromEntries(found.map(([, word, place]) => [word!.toLowerCase(), place!])),
      }
    }
    throw new Error('it ended')
  }
  const stop = async (child: ChildProcess): Promise<number | null> => {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
    const gone = once(child, 'exit')
    child.kill('SIGTERM')
    return (await gone)[0]
  }
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'inxt-standalone-http-'))
  })
  after(async () => {
    await Promise.all(children.map(stop))
    await trusting.close()
    await rm(folder, { recursive: true })
  })

  test('serves a folder, reads it again when told to, and leaves nothing behind', async () => {
    const site = join(folder, 'site')
    await mkdir(site)
    await writeFile(join(site, 'index.html'), 'first')
    const [cert, key] = ['cert.pem', 'key.pem'].map(name => join(folder, name))
    const curve = [
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-subj',
      '/CN=localhost',
    ]
    const made = await ran('openssl', ['req', '-x509', ...curve, '-keyout', key!, '-out', cert!])
    assert.equal(made.code, 0, made.stderr)
    const secure = ['--https', '127.0.0.1:0', '--tls-cert', cert!, '--tls-key', key!]
    const { child, places } = await start('--http', '127.0.0.1:0', ...secure, '--site', site)
    const bare = await fetch(`http://${places['http']}/`)
    const encrypted = await fetch(`https://${places['https']}/`, { dispatcher: trusting })
    assert.deepEqual([await bare.text(), await encrypted.text()], ['first', 'first'])
    await writeFile(join(site, 'index.html'), 'second')
    child.kill('SIGHUP')
    await until('the folder is read again', 5000, async () => {
      const text = await (await fetch(`http://${places['http']}/`)).text()
      return text === 'second' ? true : undefined
    })
    assert.equal(await stop(child), 0)
    assert.deepEqual((await readdir(folder)).sort(), ['cert.pem', 'key.pem', 'site'])
  })

  test('goes on with what it has when the origin dies', async () => {
    const origin = createServer((_from, to) => {
      to.writeHead(200, { 'Cache-Control': 'max-age=0, stale-if-error=60', ETag: '"a"' }).end('good')
    })
    origin.listen(0, '127.0.0.1')
    await once(origin, 'listening')
    const { port } = origin.address() as AddressInfo
    const { child, places } = await start('--http', '127.0.0.1:0', '--origin', `http://127.0.0.1:${port}`)
    assert.equal(await (await fetch(`http://${places['http']}/`)).text(), 'good')
    origin.closeAllConnections()
    origin.close()
    const kept = await fetch(`http://${places['http']}/`)
    assert.deepEqual([kept.status, await kept.text()], [200, 'good'])
    assert.match(kept.headers.get('cache-status')!, /^inxt; fwd=stale; fwd-status=502; stored/)
    assert.equal((await fetch(`http://${places['http']}/other`)).status, 502)
    assert.equal(await stop(child), 0)
  })

  const mistakes: [words: string[], what: RegExp][] = [
    [['--http', '127.0.0.1:0'], /one thing to serve/],
    [['--http', '127.0.0.1:0', '--origin', 'http://a', '--site', '.'], /one only/],
    [['--http', '127.0.0.1:0', '--origin', 'http://a/b'], /not the address of an origin/],
    [['--http', '127.0.0.1:0', '--site', '/nowhere/at/all'], /there is no such folder/],
    [['--origin', 'http://a/b'], /not the address of an origin/],
    [['--https', '127.0.0.1:0', '--site', 'examples'], /--https needs --tls-cert/],
    [['--http', 'localhost:1', '--site', 'examples'], /an IP address with a port is wanted/],
  ]
  for (const [words, what] of mistakes) {
    test(`three lines for ${words.join(' ')}`, async () => {
      const { code, stderr } = await inxt(['edge', '--standalone', ...words])
      assert.equal(code, 1)
      assert.match(stderr, what)
      assert.ok(!stderr.includes('mistake in inxt itself'), stderr)
    })
  }
})
