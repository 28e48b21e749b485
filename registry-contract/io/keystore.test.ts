import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { Fault, isFault } from '../../base/fault.ts'
import { createKeystore, openKeystore, parseKeystore, readSecret } from './keystore.ts'

const cost = { N: 2, r: 1, p: 1 }
const privateKey = `0x${'11'.repeat(32)}`
const address = '0x19e7e376e7c213b7e7e7e46cc70a5dd086daff2a'

// The two test vectors of the definition itself (Web3 Secret Storage, "Test Vectors"), key and pass phrase included.
const definition = {
  passphrase: 'testpassword',
  key: '0x7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d',
  file: {
    crypto: {
      cipher: 'aes-128-ctr',
      cipherparams: { iv: '6087dab2f9fdbbfaddc31a909735c1e6' },
      ciphertext: '5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46',
      kdf: 'pbkdf2',
      kdfparams: {
        c: 262144,
        dklen: 32,
        prf: 'hmac-sha256',
        salt: 'ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd',
      },
      mac: '517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2',
    },
    id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
    address: '008aeeda4d805471df9b2a5b0f38a0c3bcba786b',
    version: 3,
  },
}

describe('keystore', () => {
  let folder: string
  let text: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'inxt-keystore-'))
    const file = join(folder, 'wallet.json')
    assert.equal(await createKeystore({ file, passphrase: 'open sesame', privateKey, cost }), address)
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    text = await readFile(file, 'utf8')
  })
  after(() => rm(folder, { recursive: true }))

  test('opens with its pass phrase and with no other, and does not show the key', async () => {
    const keystore = parseKeystore(text, 'w')!
    assert.equal(keystore.address, address)
    assert(!text.includes('1111'))
    assert.equal(await openKeystore(keystore, 'open sesame', 'w'), privateKey)
    for (const wrong of ['', 'open sesam', 'Open sesame', 'open sesame ']) {
      await assert.rejects(
        openKeystore(keystore, wrong, 'w'),
        (error: unknown) => isFault(error, 'wallet/locked') && /pass phrase/.test(error.message),
      )
    }
  })

  test('the vector of the definition', async () => {
    const keystore = parseKeystore(JSON.stringify(definition.file), 'w')!
    assert.equal(await openKeystore(keystore, definition.passphrase, 'w'), definition.key)
  })

  test('a wallet is never overwritten, and a file that cannot be is named', async () => {
    const file = join(folder, 'there.json')
    await writeFile(file, 'mine')
    const refused = createKeystore({ file, passphrase: 'x', cost })
    await assert.rejects(refused, (error: unknown) => isFault(error, 'state/unwritten'))
    assert.equal(await readFile(file, 'utf8'), 'mine')
    const nowhere = createKeystore({ file: join(folder, 'no', 'w.json'), passphrase: 'x', cost })
    await assert.rejects(nowhere, (error: unknown) => isFault(error, 'state/unwritten'))
  })

  test('new keys differ', async () => {
    const make = (name: string): Promise<string> =>
      createKeystore({ file: join(folder, name), passphrase: 'x', cost })
    assert.notEqual(await make('a.json'), await make('b.json'))
  })

  test('a file that asks for too much work, or is none of ours', () => {
    const { file } = definition
    const scrypt = (kdfparams: object): object => ({
      ...file,
      crypto: { ...file.crypto, kdf: 'scrypt', kdfparams },
    })
    const broken: object[] = [
      scrypt({ n: 2 ** 40, r: 8, p: 1 }),
      scrypt({ n: 2 ** 17, r: 8, p: 1000 }),
      scrypt({ n: '', r: 8, p: 1 }),
      scrypt({ n: -2, r: 8, p: 1 }),
      { ...file, crypto: { ...file.crypto, kdfparams: { ...file.crypto.kdfparams, c: 1e12 } } },
      { ...file, crypto: { ...file.crypto, kdf: 'md5' } },
      { ...file, version: 1 },
      { ...file, address: undefined },
      { ...file, address: '0x12' },
    ]
    for (const one of broken) {
      assert.throws(
        () => parseKeystore(JSON.stringify(one), 'w'),
        (error: unknown) => isFault(error, 'state/broken'),
        JSON.stringify(one),
      )
    }
    for (const none of ['', '[]', 'null', '{}', '{"mnemonic":"x","account":0}', '{"crypto":1}'])
      assert.equal(parseKeystore(none, 'w'), undefined, none)
  })

  test('any changed character is a Fault or changes nothing', async () => {
    const keys = Object.values({ at: fc.nat(text.length - 1), to: fc.constantFrom(...'0f9"{}x,:') })
    await fc.assert(
      fc.asyncProperty(keys[0] as fc.Arbitrary<number>, keys[1] as fc.Arbitrary<string>, async (at, to) => {
        const changed = text.slice(0, at) + to + text.slice(at + 1)
        try {
          const keystore = parseKeystore(changed, 'w')
          if (keystore === undefined) return
          assert.equal(await openKeystore(keystore, 'open sesame', 'w'), privateKey)
        } catch (error) {
          if (!(error instanceof Fault)) throw error
          assert(!`${error.message}${error.hint}`.includes('1111'))
        }
      }),
      { seed: 1, numRuns: 300 },
    )
  })

  test('a secret to import: digits or words, and its text never in an error', async () => {
    const words = 'test test test test test test test test test test test junk'
    const first = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'
    assert.equal(await readSecret(` ${privateKey.slice(2).toUpperCase()}\n`), privateKey)
    assert.equal(await readSecret(words.toUpperCase().replaceAll(' ', '\n ')), first)
    for (const bad of ['', 'hunter2', words.replace('junk', 'jump'), `${privateKey}00`]) {
      await assert.rejects(readSecret(bad), (error: unknown) => {
        assert(isFault(error, 'input/invalid') && error.cause === undefined)
        assert(bad === '' || !error.message.includes(bad))
        return true
      })
    }
    const zero = createKeystore({
      file: join(folder, 'z.json'),
      passphrase: 'x',
      privateKey: `0x${'00'.repeat(32)}`,
      cost,
    })
    await assert.rejects(zero, (error: unknown) => isFault(error, 'input/invalid'))
  })
})
