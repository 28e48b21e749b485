// `inxt zone` in a folder of its own. Time is moved by moving what the key ring remembers.

import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { isFault } from '../../base/fault.ts'
import { viewBundle } from '../../resolver/sign/bundle-view.ts'
import { judgeZone } from '../../resolver/sign/verdict.ts'
import { types } from '../../resolver/wire/code.ts'
import { parseName } from '../../resolver/wire/name.ts'
import { readZone } from '../../resolver/zone/master.ts'
import { type Report, type SignOptions, signFile } from './zone.ts'
import { openDesk } from './zone-desk.ts'
import { type RollOptions, roll } from './zone-keys.ts'

const apex = parseName('example.com')
const zoneText = `$TTL 3600
@ SOA ns1 hostmaster 10 3600 600 604800 300
  NS ns1
ns1 A 192.0.2.1
* TXT "some; thing"
`
const usual = {
  zone: 'example.com',
  nsec3: false,
  split: false,
  digest: true,
  algorithm: 'p256',
  days: 14,
  site: [],
  https: true,
  json: true,
}

describe('inxt zone', () => {
  let folder: string
  let file: string
  let signed: string
  const at = (name: string): string => join(folder, name)
  const sign = (more: Partial<SignOptions> = {}): Promise<Report> =>
    signFile(file, { ...usual, keys: at('keys'), ...more })
  const refused = (action: Promise<unknown>, words: RegExp): Promise<void> =>
    assert.rejects(action, error => isFault(error) && words.test(error.message))
  const findings = (name: string): readonly string[] =>
    judgeZone(readZone(readFileSync(name, 'latin1'), apex).records, apex, Date.now() / 1000).findings
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'inxt-zone-'))
    file = at('example.com.zone')
    signed = `${file}.signed`
    writeFileSync(file, zoneText)
  })
  after(() => rmSync(folder, { recursive: true }))

  test('signs, again with a later serial, and the result is valid', async () => {
    const first = await sign()
    assert.deepEqual([first.serial, first.ring.keys.length, first.ds.length], [10, 1, 2])
    assert.match(first.ds[0]!, /^example\.com\. IN DS \d+ 13 2 [0-9A-F]{64}$/)
    assert.deepEqual((await sign()).ds, first.ds)
    assert.match(readFileSync(signed, 'utf8'), /SOA .* 11 3600/)
    assert.deepEqual(findings(signed), [])
    for (const name of readdirSync(at('keys'))) assert.equal(statSync(join(at('keys'), name)).mode & 0o077, 0)
  })

  const [verify, dsFromKey] = ['dnssec-verify', 'dnssec-dsfromkey'] as const
  const isMissing = spawnSync(dsFromKey, ['-h']).error !== undefined
  const skip = isMissing && 'dnssec-verify and dnssec-dsfromkey are not installed (apt: bind9-utils)'
  test('BIND finds the file valid, and the same DS', { skip }, async () => {
    const { ds } = await sign()
    execFileSync(verify, ['-z', '-o', 'example.com', signed], { stdio: 'pipe' })
    const theirs = execFileSync(dsFromKey, ['-f', signed, 'example.com'], { encoding: 'utf8' })
    assert(theirs.includes(ds[0]!), theirs)
  })

  test('a zone with errors: all of them, and the signed file stays', async () => {
    const before = readFileSync(signed, 'utf8')
    const bad = at('bad.zone')
    writeFileSync(bad, `${zoneText}a A 1.2.3\nb MX mail\n`)
    await refused(
      signFile(bad, { ...usual, keys: at('keys'), out: signed }),
      /bad\.zone:6:\d+: .*\n\S+bad\.zone:7:\d+: /,
    )
    assert.equal(readFileSync(signed, 'utf8'), before)
  })

  test('a file of other keys, a clock that jumped, options that are none', async () => {
    await refused(sign({ keys: at('others') }), /signed by keys that are not in the folder/)
    assert.deepEqual(readdirSync(at('others')), [])
    const ring = join(at('keys'), 'example.com.keyring.json')
    const text = readFileSync(ring, 'utf8')
    writeFileSync(ring, text.replace(/"usedAtS": \d+/, `"usedAtS": ${Math.floor(Date.now() / 1000) + 9999}`))
    await refused(sign(), /the clock says/)
    await sign({ trustClock: true })
    await refused(sign({ days: 1 }), /--days 1/)
    await refused(sign({ algorithm: 'rsa' }), /--algorithm rsa/)
    await refused(sign({ site: ['www'] }), /need --edges/)
  })

  /** Two days in the eyes of a key ring. */
  const pass = (folder: string): void => {
    const ring = join(at(folder), 'example.com.keyring.json')
    const old = JSON.parse(readFileSync(ring, 'utf8'))
    for (const key of old.keys) {
      key.sinceS -= 200_000
      if (key.dsSeenAtS !== undefined) key.dsSeenAtS -= 200_000
    }
    writeFileSync(ring, JSON.stringify(old))
  }
  test('a key rolls: each step waits, the parent is asked for', async () => {
    const later = (): void => pass('keys')
    const rolls = async (dsSeen: boolean): Promise<string> => {
      const options: RollOptions = { zone: 'example.com', keys: at('keys'), json: true, dsSeen }
      await using desk = await openDesk(options)
      return statesOf(await roll(desk, options))
    }
    const statesOf = ({ keys }: Report['ring']): string => keys.map(({ state }) => state).join(' ')
    const signs = async (): Promise<string> => statesOf((await sign()).ring)
    assert.equal(await rolls(false), 'active generated')
    await refused(rolls(false), /under way/)
    assert.equal(await signs(), 'active published')
    assert.equal(await signs(), 'active published')
    await refused(rolls(true), /no key waits/)
    later()
    assert.equal(await signs(), 'active ready')
    later()
    assert.equal(await signs(), 'active ready')
    assert.equal(await rolls(true), 'active ready')
    later()
    assert.equal(await signs(), 'retired active')
    assert.deepEqual(findings(signed), [])
    later()
    assert.equal(await signs(), 'removed active')
    assert.deepEqual(findings(signed), [])
  })

  test('another algorithm takes the place of the old one, valid at each step', { skip }, async () => {
    const [keys, out] = [at('other'), at('other.signed')]
    const rolls = async (more: Partial<RollOptions>): Promise<void> => {
      const options = { zone: 'example.com', keys, json: true, dsSeen: false, ...more }
      await using desk = await openDesk(options)
      await roll(desk, options)
    }
    await sign({ keys, out })
    await refused(rolls({ algorithm: 'rsa' }), /not known/)
    await rolls({ algorithm: 'ed25519' })
    const seen: string[] = []
    for (let step = 0; step < 6; step++) {
      const { ring, ds } = await sign({ keys, out })
      const algorithm = ds[0]!.split(' ')[4]
      seen.push(`${ring.keys.map(({ state }) => state).join(' ')}, DS ${algorithm}`)
      assert.deepEqual(findings(out), [])
      execFileSync(verify, ['-z', '-o', 'example.com', out], { stdio: 'pipe' })
      if (ring.keys[1]?.state === 'ready') await rolls({ dsSeen: true })
      pass('other')
    }
    assert.deepEqual(seen, [
      'active signing, DS 13',
      'active published, DS 13',
      'active ready, DS 15',
      'retired active, DS 15',
      'removed active, DS 15',
      'removed active, DS 15',
    ])
  })

  test('two keys of the other algorithm, hashed denial; places signed in advance', async () => {
    const edges = at('edges.json')
    writeFileSync(edges, JSON.stringify([{ ipv4: '192.0.2.1', ipv6: '2001:db8::1' }, { ipv4: '192.0.2.2' }]))
    const out = at('places.signed')
    const { ring, ds } = await sign({
      ...{ keys: at('split'), nsec3: true, split: true, algorithm: 'ed25519' },
      ...{ edges, site: ['www', '@'], out, bundle: at('places') },
    })
    assert.deepEqual(
      ring.keys.map(({ role }) => role),
      ['ksk', 'zsk'],
    )
    assert.equal(ds.length, 2)
    assert.deepEqual(findings(out), [])
    const places = viewBundle(readFileSync(at('places')))
    const ranked = [Uint8Array.of(192, 0, 2, 2), Uint8Array.of(192, 0, 2, 1)]
    assert.equal(places.choose(parseName('www.example.com'), types.A, ranked)?.data.length, 2)
    assert.match(readFileSync(out, 'utf8'), /www\.example\.com\. 30 IN AAAA 2001:db8::1/)
  })

  test('an HTTPS record where all edges speak TLS at one port, the content, or what the file has', async () => {
    const edges = at('tls.json')
    const ports = (...list: number[]): string =>
      JSON.stringify(
        list.map((httpsPort, i) => ({ ipv4: `192.0.2.${i + 1}`, ...(httpsPort && { httpsPort }) })),
      )
    const own = at('own.zone')
    const text = zoneText.replace('TXT "some; thing"', 'A 192.0.2.9')
    writeFileSync(own, `${text}www HTTPS 1 . alpn=h3\n_dnslink.www TXT own\n@ CAA 0 issue "ca.test"\n`)
    const rows: [ports: string, more: Partial<SignOptions>, found: RegExp[], missing: RegExp[]][] = [
      [
        ports(443, 443),
        { content: 'bafy' },
        [
          /^example\.com\. 30 IN HTTPS 1 \. alpn="h2,http\/1\.1"$/m,
          /^_dnslink\.example\.com\. 30 IN TXT "dnslink=\/ipfs\/bafy"$/m,
          /^www\.example\.com\. 3600 IN HTTPS 1 \. alpn="h3"$/m,
          /^_dnslink\.www\.example\.com\. 3600 IN TXT "own"$/m,
          /^example\.com\. 3600 IN CAA 0 issue "ca\.test"$/m,
          /^example\.com\. \d+ IN NSEC \S+ A NS SOA RRSIG NSEC DNSKEY CDS CDNSKEY ZONEMD HTTPS CAA$/m,
        ],
        [/^www\.example\.com\. 30 IN HTTPS/m],
      ],
      [
        ports(8443),
        {},
        [/^example\.com\. 30 IN HTTPS 1 \. alpn="h2,http\/1\.1" port=8443$/m],
        [/^_dnslink\.example/m],
      ],
      [ports(443, 8443), {}, [], [/^example\.com\. 30 IN HTTPS/m]],
      [ports(443, 0), {}, [], [/^example\.com\. 30 IN HTTPS/m]],
      [ports(443), { https: false }, [], [/^example\.com\. 30 IN HTTPS/m]],
    ]
    const out = at('tls.signed')
    for (const [list, more, found, missing] of rows) {
      writeFileSync(edges, list)
      await signFile(own, {
        ...{ ...usual, keys: at('tls'), edges, site: ['www', '@'], out, bundle: at('tls.places') },
        ...more,
      })
      assert.deepEqual(findings(out), [])
      const text = readFileSync(out, 'latin1')
      for (const line of found) assert.match(text, line)
      for (const line of missing) assert.doesNotMatch(text, line)
    }
    writeFileSync(edges, '[{ "ipv4": "192.0.2.1", "httpsPort": 70000 }]')
    await refused(sign({ edges, out, bundle: at('tls.places') }), /edge 0 has no good httpsPort/)
  })

  test('the command line: a sealed key, its DS without the pass phrase, and a verdict', () => {
    const passphrase = at('passphrase')
    writeFileSync(passphrase, 'correct horse battery\n')
    const inxt = (...words: string[]): string => {
      const main = join(import.meta.dirname, '..', 'main.ts')
      const { INXT_PASSPHRASE: _, ...env } = process.env
      const options = ['--zone', 'example.com', '--json']
      return execFileSync(process.execPath, [main, 'zone', ...words, ...options], { encoding: 'utf8', env })
    }
    const out = at('sealed.signed')
    const keys = ['--keys', at('sealed')]
    const made = JSON.parse(
      inxt('sign', file, ...keys, '--out', out, '--seal', '--passphrase-file', passphrase),
    )
    assert.deepEqual(JSON.parse(inxt('keys', ...keys)).ds, made.ds)
    const { isSigned, freshness } = JSON.parse(inxt('check', out))
    assert.deepEqual([isSigned, freshness], [true, 'fresh'])
    const secrets = readdirSync(at('sealed')).filter(name => name.endsWith('.private'))
    assert.match(readFileSync(join(at('sealed'), secrets[0]!), 'utf8'), /^Sealed: scrypt/m)
  })
})
