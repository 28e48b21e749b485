// `inxt edge --standalone` as a process: zones and certificate that change under load, and words for who mistypes.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { on, once } from 'node:events'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, test } from 'node:test'
import { ask } from '../../resolver/io/ask.ts'
import { types } from '../../resolver/wire/code.ts'
import type { Message } from '../../resolver/wire/message.ts'
import { inxt, projectRoot, until } from './devnet.ts'

const address = '127.0.91.1'
const port = 5300
/** One client asks as fast as it can here: nothing to be limited. */
const unlimited = ['--set', 'dns.answersPerS=0', '--set', 'dns.prefixAnswersPerS=0']
const zoneText = (serial: number): string => `$TTL 60
@ SOA ns hostmaster ${serial} 7200 3600 1209600 60
@ NS ns
ns A ${address}
www A 192.0.2.${serial}
`

describe('a standalone name server', () => {
  let folder: string
  let file: string
  let child: ChildProcess
  let log = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'inxt-standalone-'))
    file = join(folder, 'zone')
    await writeFile(file, zoneText(1))
    const door = join(projectRoot, 'cli', 'inxt.mjs')
    const words = [door, 'edge', '--standalone', '--zone', `Example.com=${file}`]
    const more = ['--dns', `${address}:${port}`, ...unlimited]
    child = spawn(process.execPath, [...words, ...more], { stdio: ['ignore', 'pipe', 'pipe'] })
    child.stderr!.on('data', chunk => {
      log += chunk
    })
    const ready = AbortSignal.timeout(10_000)
    for await (const [line] of on(createInterface(child.stdout!), 'line', { signal: ready }))
      if (/^ready/.test(line)) return
  })
  after(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    }
    await rm(folder, { recursive: true })
  })
  const query = (name: string, type: number): Promise<Message> =>
    ask({ server: address, port, name, type, timeoutMs: 2000 })
  const serial = async (): Promise<number | undefined> => {
    const [soa] = (await query('example.com', types.SOA)).answers
    return soa?.data.kind === 'authority' ? soa.data.serial : undefined
  }

  test('serves a new version of a zone without a dropped query', async () => {
    assert.equal(await serial(), 1)
    let isDone = false
    const asking = (async () => {
      let asked = 0
      // One datagram each: `ask` repeats itself only after a third of its deadline.
      for (; !isDone; asked++) {
        const startedAt = performance.now()
        const { answers } = await query('www.example.com', types.A)
        assert.equal(answers.length, 1)
        assert.ok(performance.now() - startedAt < 600, `asked twice: ${performance.now() - startedAt} ms`)
      }
      return asked
    })()
    try {
      for (const next of [2, 3]) {
        await writeFile(`${file}.new`, zoneText(next))
        await rename(`${file}.new`, file)
        await until(`serial ${next}`, 5000, async () => ((await serial()) === next ? true : undefined))
      }
    } finally {
      isDone = true
    }
    assert.ok((await asking) > 10)
  })
  test('keeps the old version beside a bad one, and tells every error with line and column', async () => {
    await writeFile(file, `${zoneText(4)}bad A 1.2.3\nworse AAAA ::g\n`)
    child.kill('SIGHUP')
    await until('both errors', 5000, async () => (/the old version stays/.test(log) ? true : undefined))
    assert.match(log, /zone:6:7: /)
    assert.match(log, /zone:7:12: /)
    assert.equal(await serial(), 3)
  })
  test('ends at a signal with 0', async () => {
    child.kill('SIGINT')
    const [code] = await once(child, 'exit', { signal: AbortSignal.timeout(5000) })
    assert.equal(code, 0)
  })

  const mistakes: [words: string[], what: RegExp][] = [
    [[], /not said what to serve/],
    [['--zone', 'example.com'], /an equals sign/],
    [['--zone', 'example.com=FILE', '--dns', 'localhost'], /--dns localhost/],
    [['--zone', 'example.com=FILE', '--dns', '127.0.91.2:0', '--dot', '127.0.91.2:0'], /--tls-cert/],
    [['--zone', 'example.com=/nowhere'], /nowhere: there is no such file/],
    [['--zone', 'example.com=BAD'], /bad:1:\d+: /],
  ]
  for (const [words, what] of mistakes) {
    test(`three lines for ${words.join(' ') || 'nothing'}`, async () => {
      const good = join(folder, 'good')
      const bad = join(folder, 'bad')
      await writeFile(good, zoneText(1))
      await writeFile(bad, 'nonsense\n')
      const filled = words.map(word => word.replace('FILE', good).replace('BAD', bad))
      const { code, stderr } = await inxt(['edge', '--standalone', ...filled])
      assert.equal(code, 1)
      assert.match(stderr, what)
      assert.ok(!stderr.includes('mistake in inxt itself'), stderr)
    })
  }
})
