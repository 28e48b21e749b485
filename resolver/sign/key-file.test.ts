import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { type FaultCode, isFault } from '../../base/fault.ts'
import { parseName } from '../wire/name.ts'
import { openKeyFolder } from './io/key-folder.ts'
import { algorithms, signingKey } from './key.ts'
import { keyFileName, parsePrivateFile, privateFile, sealedFile } from './key-file.ts'
import { type Keyring, keyringText, parseKeyring, requireUsable } from './keyring.ts'
import { firstKey, usualTiming } from './rollover.ts'

const zone = parseName('example.com')
const secret = Uint8Array.from({ length: 32 }, (_, i) => i + 1)
const isCode = (code: FaultCode) => (error: unknown) => isFault(error, code)

describe('key file', () => {
  test('is named as by BIND, and safe as a name', () => {
    assert.equal(keyFileName(zone, 13, 42), 'Kexample.com.+013+00042')
    assert.equal(
      keyFileName(parseName('0/25.2.0.192.in-addr.arpa'), 15, 1),
      'K0%2f25.2.0.192.in-addr.arpa.+015+00001',
    )
    assert(!keyFileName(parseName('..\\/etc'.replaceAll('.', '\\.')), 15, 1).includes('/'))
  })

  test('round trip, open and sealed', () => {
    for (const algorithm of [algorithms.ED25519, algorithms.ECDSAP256SHA256]) {
      assert.deepEqual(parsePrivateFile(privateFile(algorithm, secret), 'f'), { algorithm, secret })
      const chance = { salt: new Uint8Array(32).fill(1), nonce: new Uint8Array(12).fill(2) }
      const text = sealedFile(algorithm, secret, 'correct horse', chance, 4)
      const { secret: open } = parsePrivateFile(text, 'f')
      assert(typeof open === 'function')
      assert.deepEqual(open('correct horse'), secret)
      assert.throws(() => open('wrong horse'), isCode('wallet/locked'))
      // The algorithm is bound to what is sealed.
      const other = parsePrivateFile(
        text.replace(/Algorithm: \d+/, `Algorithm: ${28 - algorithm}`),
        'f',
      ).secret
      assert(typeof other === 'function')
      assert.throws(() => other('correct horse'), isCode('wallet/locked'))
    }
  })

  test('anything else is a Fault, and shows nothing of the file', () => {
    const good = privateFile(13, secret)
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.string({ maxLength: 8 }), (at, piece) => {
        try {
          parsePrivateFile(good.slice(0, at) + piece + good.slice(at + piece.length), 'f')
        } catch (error) {
          assert(isFault(error, 'config/invalid'))
          assert(!error.message.includes('AQID'))
        }
      }),
    )
  })
})

describe('key ring', () => {
  const ring: Keyring = {
    zone,
    algorithm: 13,
    keys: [firstKey(7, 'csk', 100)],
    timing: { ...usualTiming, dnskeyTtlS: 3600, zoneTtlMaxS: 86_400 },
    serial: 5,
    usedAtS: 1_000_000,
  }

  test('round trip, and nothing but Faults', () => {
    const text = keyringText(ring)
    assert.deepEqual(parseKeyring(text, 'f'), ring)
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.string({ maxLength: 6 }), (at, piece) => {
        try {
          parseKeyring(text.slice(0, at) + piece + text.slice(at + piece.length), 'f')
        } catch (error) {
          assert(isFault(error), `${error}`)
        }
      }),
    )
  })

  test('another zone, a clock that jumps', () => {
    requireUsable(ring, zone, ring.usedAtS + 86_400)
    requireUsable(ring, zone, ring.usedAtS - 60)
    const rows: [zone: string, at: number][] = [
      ['example.org', ring.usedAtS],
      ['example.com', ring.usedAtS - 3600],
      ['example.com', ring.usedAtS + 400 * 86_400],
    ]
    for (const [name, at] of rows) {
      assert.throws(() => requireUsable(ring, parseName(name), at), isCode('config/invalid'))
    }
  })
})

describe('key folder', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'inxt-keys-'))
  })
  after(() => rm(folder, { recursive: true }))
  const open = { forOpening: async () => 'never', forSealing: async () => undefined }

  test('a key is made for its owner alone, and read again', async () => {
    const keys = openKeyFolder(join(folder, 'a', 'b'), zone, open)
    assert.equal(await keys.readRing(), undefined)
    const key = await keys.makeKey(13, 'zsk', 3600, [])
    const again = await keys.readKey(13, 'zsk', key.tag)
    assert.deepEqual(again.bytes, key.bytes)
    for (const name of await readdir(keys.folder)) {
      assert.equal((await stat(join(keys.folder, name))).mode & 0o077, 0, name)
    }
    assert.equal((await stat(keys.folder)).mode & 0o077, 0)
    await assert.rejects(keys.readKey(13, 'ksk', key.tag), isCode('config/invalid'))
    const file = join(keys.folder, `${keyFileName(zone, 13, key.tag)}.private`)
    await chmod(file, 0o640)
    await assert.rejects(keys.readKey(13, 'zsk', key.tag), isCode('config/unreadable'))
    await chmod(file, 0o600)
    await writeFile(file, privateFile(13, secret))
    await assert.rejects(keys.readKey(13, 'zsk', key.tag), isCode('config/invalid'))
    await rm(file)
    await assert.rejects(keys.readKey(13, 'zsk', key.tag), isCode('config/unreadable'))
  })

  const [dsFromKey, keygen] = ['dnssec-dsfromkey', 'dnssec-keygen'] as const
  const skip = spawnSync(dsFromKey, ['-h']).error !== undefined && 'no dnssec-dsfromkey (apt: bind9-utils)'
  test('BIND reads our keys, and we read those that it makes', { skip }, async () => {
    const keys = openKeyFolder(folder, zone, open)
    const key = await keys.makeKey(15, 'ksk', 3600, [])
    const ds = execFileSync(dsFromKey, [join(folder, keyFileName(zone, 15, key.tag))], {
      encoding: 'utf8',
    })
    assert.match(ds, new RegExp(`^example.com. IN DS ${key.tag} 15 2 `))
    for (const [number, name] of [
      [13, 'ECDSAP256SHA256'],
      [15, 'ED25519'],
    ] as const) {
      const made = execFileSync(keygen, ['-q', '-K', folder, '-f', 'KSK', '-a', name, 'example.com'], {
        encoding: 'utf8',
      }).trim()
      const text = await readFile(join(folder, `${made}.private`), 'utf8')
      const { algorithm, secret: own } = parsePrivateFile(text, made)
      assert.equal(algorithm, number)
      assert(own instanceof Uint8Array)
      assert(made.endsWith(String(signingKey(zone, true, algorithm, own).tag).padStart(5, '0')), made)
    }
  })
})
