// The field's own tests of HTTP caches (npm http-cache-tests), run whole against `inxt edge --standalone`.
//
// Every test that is not passed stands in a list here with its reason; one that newly fails, or newly passes, fails
// this suite. `check` tests only gather what caches do, and are not judged.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { on, once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, test } from 'node:test'
import { projectRoot } from '../e2e/devnet.ts'

interface CacheTest {
  readonly id: string
  readonly kind?: 'required' | 'optimal' | 'check'
  readonly browser_only?: boolean
}

/** RFC 9111 §5.1 ignores an Age that is no number and takes the first of several; so do later editions of the suite. */
const ages = ['nonnumeric', 'negative', 'float', 'prefix-twoline', 'dup-0', 'dup-0-twoline', 'dup-old']
/** The suite calls anything but a 200 from the origin cached, and the origin has closed: 502 is the answer (§4.2.4). */
const closed = ['must-revalidate', 'proxy-revalidate', 'no-cache', 's-maxage=2']
/** Not RFC 9213: Surrogate-Control is what it replaced. */
const surrogates = [
  '0-expires',
  'long-cc-max-age',
  '',
  'max',
  'max-plus',
  'me-target',
  'extension',
  'expires',
]
const moreSurrogates = ['case-insensitive', 'cc-max-age-invalid-expires', 'short-cc-max-age']
/** Parts are passed on, not stored; and of five, four have a Content-Range that is not as long as their body. */
const parts = [
  'reuse-partial',
  'reuse-partial-byterange',
  'reuse-partial-absent',
  'reuse-partial-suffix',
  'complete',
]

const notPassed = new Set([
  ...ages.map(name => `age-parse-${name}`),
  ...['age-parse-parameter', 'age-parse-numeric-parameter'],
  ...closed.map(name => `stale-close-${name}`),
  ...[...surrogates, ...moreSurrogates].map(name => `surrogate-max-age${name && '-'}${name}`),
  ...['surrogate-no-store-cc-fresh', 'surrogate-fresh-cc-nostore'],
  ...parts.map(name => `partial-store-partial-${name}`),
  // RFC 9111 §4.3.2: without Last-Modified the date of the answer counts, and it is later.
  'conditional-lm-fresh-no-lm',
  // RFC 9110 §9.3.3 lets a cache keep the answer to a POST for later GETs; hardly an origin means it.
  'method-POST',
])

/** The suite's origin would listen on all interfaces. */
const onLoopback = `import net from 'node:net'
const { listen } = net.Server.prototype
net.Server.prototype.listen = function () { return listen.call(this, { port: 0, host: '127.0.0.1' }) }`

describe('the tests of http-cache-tests', () => {
  const suite = join(projectRoot, 'node_modules', 'http-cache-tests')
  const children: ChildProcess[] = []
  let folder: string
  let results: Record<string, true | [name: string, message: string]>
  let tests: readonly CacheTest[]

  /** A process that says where it listens. */
  const started = async (
    args: readonly string[],
    cwd: string,
    env: Record<string, string>,
  ): Promise<string> => {
    const child = spawn(process.execPath, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    children.push(child)
    const signal = AbortSignal.timeout(20_000)
    for await (const [line] of on(createInterface(child.stdout!), 'line', { signal })) {
      const place = /(127\.0\.0\.1:\d+)/.exec(line as string)
      if (place) return `http://${place[1]}`
    }
    throw new Error('it ended')
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'inxt-http-cache-'))
    const origin = await started(
      ['--import', `data:text/javascript,${encodeURIComponent(onLoopback)}`, 'server/server.mjs'],
      suite,
      { npm_config_protocol: 'http', npm_config_port: '1', npm_config_pidfile: join(folder, 'pid') },
    )
    const words = ['edge', '--standalone', '--http', '127.0.0.1:0', '--origin', origin]
    const proxy = await started([join(projectRoot, 'cli', 'inxt.mjs'), ...words], projectRoot, {})
    results = await judged(suite, proxy)
    const { default: groups } = await import(join(suite, 'tests', 'index.mjs'))
    const { default: more } = await import(join(suite, 'tests', 'surrogate-control.mjs'))
    tests = [...groups, more].flatMap((group: { tests: readonly CacheTest[] }) => group.tests)
  })
  after(async () => {
    for (const child of children) {
      if (child.exitCode !== null) continue
      const gone = once(child, 'exit')
      child.kill('SIGTERM')
      await gone
    }
    await rm(folder, { recursive: true })
  })

  test('all are passed but those with a reason', context => {
    const judgedTests = tests.filter(({ kind, browser_only }) => kind !== 'check' && !browser_only)
    const failing = judgedTests.filter(({ id }) => results[id] !== true)
    const news = failing.filter(({ id }) => !notPassed.has(id)).map(({ id }) => `${id}: ${results[id]}`)
    const passed = judgedTests
      .filter(({ id }) => results[id] === true && notPassed.has(id))
      .map(({ id }) => id)
    assert.deepEqual({ news, passed }, { news: [], passed: [] })
    for (const wanted of ['required', 'optimal']) {
      const all = judgedTests.filter(({ kind = 'required' }) => kind === wanted)
      const good = all.filter(({ id }) => results[id] === true)
      context.diagnostic(`${wanted}: ${good.length} of ${all.length}`)
    }
  })
})

/** The suite's client, which prints its results as JSON when all is done. */
async function judged(suite: string, base: string): Promise<Record<string, true | [string, string]>> {
  const env = { ...process.env, npm_config_base: base, npm_package_config_id: '', npm_config_id: '' }
  const client = spawn(process.execPath, ['--no-warnings', 'cli.mjs'], {
    cwd: suite,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 120_000,
  })
  const chunks: Buffer[] = []
  client.stdout.on('data', chunk => chunks.push(chunk))
  await once(client, 'close')
  return JSON.parse(Buffer.concat(chunks).toString())
}
