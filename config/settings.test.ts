import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { isFault } from '../base/fault.ts'
import { assignmentLayer, readLayer } from './io/read.ts'
import { knobs } from './knobs.ts'
import { presets } from './presets.ts'
import { settingsFrom } from './settings.ts'

describe('settings', () => {
  test('later layers win, nested and flat alike', () => {
    const settings = settingsFrom([
      { source: 'preset', values: presets.devnet },
      { source: 'file', values: { dns: { port: 53 }, 'http.port': 80 } },
      assignmentLayer(['dns.port=5353', 'log.level=debug']),
    ])
    assert.equal(settings['dns.port'], 5353)
    assert.equal(settings['http.port'], 80)
    assert.equal(settings['log.level'], 'debug')
    assert.equal(settings['membership.probeIntervalMs'], presets.devnet['membership.probeIntervalMs'])
  })

  test('all complaints come at once, with their places', () => {
    const layers = [
      { source: 'a.json', values: { dns: { prot: 53, port: -1 }, store: 7 } },
      assignmentLayer(['edge.address=nonsense', 'chain.pollMs']),
      { source: 'b.json', values: [1] },
      {
        source: 'c.json',
        values: { __proto__: { x: 1 }, constructor: 1, 'dns.port': 1.5, 'http.port': '80' },
      },
    ]
    assert.throws(
      () => settingsFrom(layers),
      (error: unknown) => {
        assert(isFault(error, 'config/invalid'))
        assert.deepEqual(error.message.split('\n'), [
          'a.json: dns.prot: there is no such setting (dns.port?)',
          'a.json: dns.port: must be a whole number from 0 to 65535 (port), not -1',
          'a.json: store: there is no such setting',
          '--set: edge.address: must be an IPv4 address, not "nonsense"',
          '--set: chain.pollMs: must be a whole number from 50 to 60000 (ms), not ""',
          'b.json: (whole): there is no such setting',
          'c.json: constructor: there is no such setting',
          'c.json: dns.port: must be a whole number from 0 to 65535 (port), not 1.5',
          'c.json: http.port: must be a whole number from 0 to 65535 (port), not "80"',
        ])
        return true
      },
    )
  })

  test('every default and every preset value keeps its own limits', () => {
    const defaults = Object.fromEntries(Object.entries(knobs).map(([name, knob]) => [name, knob.default]))
    settingsFrom([{ source: 'defaults', values: defaults }])
    for (const [source, values] of Object.entries(presets)) settingsFrom([{ source, values }])
  })

  test('a file that is missing, broken or huge is a Fault that names it', async t => {
    const folder = await mkdtemp(join(tmpdir(), 'inxt-config-'))
    t.after(() => rm(folder, { recursive: true }))
    const path = join(folder, 'edge.json')
    await assert.rejects(
      readLayer(path),
      (e: unknown) => isFault(e, 'config/unreadable') && e.message.includes(path),
    )
    await writeFile(path, '{ "dns": ')
    await assert.rejects(
      readLayer(path),
      (e: unknown) => isFault(e, 'config/invalid') && e.message.includes(path),
    )
    await writeFile(path, ' '.repeat(1024 * 1024 + 1))
    await assert.rejects(readLayer(path), (e: unknown) => isFault(e, 'config/invalid'))
    await writeFile(path, '{"dns":{"port":53}}')
    assert.equal(settingsFrom([await readLayer(path)])['dns.port'], 53)
  })
})
