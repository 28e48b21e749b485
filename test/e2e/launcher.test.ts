// Whatever Node starts it, `inxt` runs on the pinned one, or says what to install.

import assert from 'node:assert/strict'
import { existsSync, realpathSync } from 'node:fs'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { describe, test } from 'node:test'
import packageJson from '../../package.json' with { type: 'json' }
import { projectRoot, ran } from './devnet.ts'

/** Every Node on the PATH, the pinned one among them. */
const nodes = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map(folder => join(folder, 'node'))
  .filter(file => existsSync(file))
  .map(file => realpathSync(file))
const found = [...new Set([process.execPath, ...nodes])]

describe('launcher', () => {
  for (const node of found) {
    test(`started by ${node === process.execPath ? 'the pinned Node' : 'another Node of this machine'}`, async () => {
      const { code, stdout, stderr } = await ran(node, [join(projectRoot, 'cli', 'inxt.mjs'), '--version'])
      assert.equal(stderr, '')
      assert.equal(stdout.trim(), packageJson.version)
      assert.equal(code, 0)
    })

    test(`its exit code and arguments pass through (${node === process.execPath ? 'pinned' : 'another'})`, async () => {
      const { code, stderr } = await ran(node, [
        join(projectRoot, 'cli', 'inxt.mjs'),
        'devnet',
        '--edges',
        '0',
      ])
      assert.equal(code, 1)
      assert.match(stderr, /--edges must be from 1/)
    })
  }

  test('an older Node without a pinned one beside it says what to install', async t => {
    const folder = await mkdtemp(join(tmpdir(), 'inxt-launcher-'))
    t.after(() => rm(folder, { recursive: true }))
    await cp(join(projectRoot, 'cli', 'inxt.mjs'), join(folder, 'inxt.mjs'))
    // `process.versions` is what the launcher judges by; this stands in for the older Node that may not be installed.
    const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.0.0' } })`
    const words = [
      '--import',
      `data:text/javascript,${encodeURIComponent(pretend)}`,
      join(folder, 'inxt.mjs'),
    ]
    const { code, stderr } = await ran(process.execPath, words)
    assert.equal(code, 1)
    assert.equal(stderr.trim().split('\n').length, 3)
    assert.match(stderr, /npm install/)
  })
})
