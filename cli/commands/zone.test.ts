// `inxt zone` as a person runs it, in a folder of its own. Time is moved by moving what the key ring remembers.

import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { createSignedPlaces } from '../../resolver/sign/bundle.ts'
import { decodeBundle } from '../../resolver/sign/bundle-codec.ts'
import { types } from '../../resolver/wire/code.ts'
import { parseName } from '../../resolver/wire/name.ts'

const main = join(import.meta.dirname, '..', 'main.ts')
const zoneText = `$TTL 3600
@ SOA ns1 hostmaster 10 3600 600 604800 300
  NS ns1
ns1 A 192.0.2.1
* TXT "some; thing"
`

interface Ran {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

describe('inxt zone', () => {
  let folder: string
  let file: string
  const at = (name: string): string => join(folder, name)
  const inxt = (words: string[], keys = 'keys'): Ran => {
    const own = words[0] === 'check' ? [] : ['--keys', at(keys)]
    const { INXT_PASSPHRASE: _, ...env } = process.env
    return spawnSync(process.execPath, [main, 'zone', ...words, '--zone', 'example.com', ...own], {
      encoding: 'utf8',
      input: '',
      env,
    })
  }
  const good = (words: string[], keys?: string): ReturnType<typeof JSON.parse> => {
    const { status, stdout, stderr } = inxt([...words, '--json'], keys)
    assert.equal(status, 0, stderr)
    return JSON.parse(stdout)
  }
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'inxt-zone-'))
    file = at('example.com.zone')
    writeFileSync(file, zoneText)
  })
  after(() => rmSync(folder, { recursive: true }))

  test('signs, again with a later serial, and the result is valid', () => {
    const first = good(['sign', file])
    assert.equal(first.serial, 10)
    assert.equal(first.keys.length, 1)
    assert.match(first.ds[0], /^example\.com\. IN DS \d+ 13 2 [0-9A-F]{64}$/)
    assert.deepEqual(good(['sign', file]).ds, first.ds)
    const checked = good(['check', `${file}.signed`])
    assert.deepEqual([checked.isSigned, checked.findings, checked.freshness], [true, [], 'fresh'])
    assert.match(readFileSync(`${file}.signed`, 'utf8'), /SOA .* 11 3600/)
    for (const name of readdirSync(at('keys'))) assert.equal(statSync(join(at('keys'), name)).mode & 0o077, 0)
    if (spawnSync('dnssec-verify', ['-h']).error === undefined) {
      execFileSync('dnssec-verify', ['-z', '-o', 'example.com', `${file}.signed`], { stdio: 'pipe' })
    }
  })

  test('a zone with errors: all of them, and the signed file stays', () => {
    const before = readFileSync(`${file}.signed`, 'utf8')
    const bad = at('bad.zone')
    writeFileSync(bad, `${zoneText}a A 1.2.3\nb MX mail\n`)
    const { status, stderr } = inxt(['sign', bad, '--out', `${file}.signed`])
    assert.equal(status, 1)
    assert.match(stderr, /6:\d+: .*\n7:\d+: /)
    assert.equal(readFileSync(`${file}.signed`, 'utf8'), before)
  })

  test('a file of other keys, a clock that jumped, a lock', () => {
    const { stderr } = inxt(['sign', file], 'others')
    assert.match(stderr, /signed by keys that are not in the folder/)
    assert.deepEqual(readdirSync(at('others')), [])
    const ring = join(at('keys'), 'example.com.keyring.json')
    const text = readFileSync(ring, 'utf8')
    writeFileSync(ring, text.replace(/"usedAtS": \d+/, `"usedAtS": ${Math.floor(Date.now() / 1000) + 9999}`))
    assert.match(inxt(['sign', file]).stderr, /the clock says/)
    writeFileSync(ring, text)
  })

  test('a key rolls: each step waits, the parent is asked for', () => {
    const ring = join(at('keys'), 'example.com.keyring.json')
    const later = (): void => {
      const old = JSON.parse(readFileSync(ring, 'utf8'))
      for (const key of old.keys) {
        key.sinceS -= 200_000
        if (key.dsSeenAtS !== undefined) key.dsSeenAtS -= 200_000
      }
      writeFileSync(ring, JSON.stringify(old))
    }
    const states = (words: string[]): string =>
      good(words)
        .keys.map(({ state }: { state: string }) => state)
        .join(' ')
    assert.equal(states(['roll']), 'active generated')
    assert.match(inxt(['roll']).stderr, /under way/)
    assert.equal(states(['sign', file]), 'active published')
    assert.match(inxt(['roll', '--ds-seen']).stderr, /no key waits/)
    later()
    assert.equal(states(['sign', file]), 'active ready')
    later()
    assert.equal(states(['roll', '--ds-seen']), 'active ready')
    later()
    assert.equal(states(['sign', file]), 'retired active')
    assert.deepEqual(good(['check', `${file}.signed`]).findings, [])
    later()
    assert.equal(states(['sign', file]), 'removed active')
  })

  test('sealed keys of two kinds, hashed denial; places signed in advance', () => {
    const passphrase = at('passphrase')
    writeFileSync(passphrase, 'correct horse battery\n')
    const edges = at('edges.json')
    writeFileSync(edges, JSON.stringify([{ ipv4: '192.0.2.1', ipv6: '2001:db8::1' }, { ipv4: '192.0.2.2' }]))
    const out = ['--out', at('places.signed'), '--bundle', at('places')]
    const words = [
      'sign',
      file,
      '--nsec3',
      '--split',
      '--algorithm',
      'ed25519',
      '--edges',
      edges,
      '--site',
      'www',
      ...out,
    ]
    const sealed = ['--seal', '--passphrase-file', passphrase]
    assert.equal(good([...words, ...sealed], 'sealed').keys.length, 2)
    assert.match(inxt(words, 'sealed').stderr, /no terminal to ask on/)
    assert.equal(good(['keys'], 'sealed').ds.length, 2)
    assert.deepEqual(good(['check', at('places.signed')]).findings, [])
    const places = createSignedPlaces(decodeBundle(readFileSync(at('places'))))
    const ranked = [Uint8Array.of(192, 0, 2, 2), Uint8Array.of(192, 0, 2, 1)]
    assert.equal(places.choose(parseName('www.example.com'), types.A, ranked)?.data.length, 2)
    assert.match(readFileSync(at('places.signed'), 'utf8'), /www\.example\.com\. 30 IN AAAA 2001:db8::1/)
  })
})
