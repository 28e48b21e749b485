import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { isFault } from '../../base/fault.ts'
import { createKeystore } from '../../registry-contract/io/keystore.ts'
import { choosePassphrase } from './passphrase.ts'
import { devnetChainId, readWalletAddress, readWalletKey } from './wallet-file.ts'

const privateKey = `0x${'11'.repeat(32)}`
const unasked = (): Promise<string> => assert.fail('nobody is asked')

describe('wallet file', () => {
  let folder: string
  const file = (name: string): string => join(folder, name)
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'inxt-wallet-'))
    const cost = { N: 2, r: 1, p: 1 }
    await createKeystore({ file: file('closed'), passphrase: 'open sesame', privateKey, cost })
    await writeFile(file('words'), '{"mnemonic":"a b c","account":2}')
    await writeFile(file('open'), JSON.stringify({ privateKey }))
  })
  after(() => rm(folder, { recursive: true }))

  test('an open key is good for a devnet and for nothing else', async () => {
    const use = { chainId: devnetChainId, passphrase: unasked }
    assert.deepEqual(await readWalletKey(file('words'), use), { mnemonic: 'a b c', account: 2 })
    assert.deepEqual(await readWalletKey(file('open'), use), { privateKey })
    for (const name of ['words', 'open']) {
      await assert.rejects(
        readWalletKey(file(name), { ...use, chainId: 1 }),
        (error: unknown) =>
          isFault(error, 'config/invalid') &&
          /not encrypted/.test(error.message) &&
          /import/.test(error.hint),
      )
      assert.equal(await readWalletAddress(file(name)), undefined)
    }
  })

  test('an encrypted one is good anywhere, for who knows its pass phrase', async () => {
    const use = { chainId: 1, passphrase: async () => 'open sesame' }
    assert.deepEqual(await readWalletKey(file('closed'), use), { privateKey })
    assert.equal(await readWalletAddress(file('closed')), '0x19e7e376e7c213b7e7e7e46cc70a5dd086daff2a')
    await assert.rejects(
      readWalletKey(file('closed'), { ...use, passphrase: async () => 'open sesam' }),
      (error: unknown) => isFault(error, 'wallet/locked'),
    )
  })

  test('what is no wallet is named, and never shown', async () => {
    const use = { chainId: devnetChainId, passphrase: unasked }
    const nothing = readWalletKey(file('nowhere'), use)
    await assert.rejects(nothing, (error: unknown) => isFault(error, 'config/unreadable'))
    for (const text of [
      '',
      '[]',
      'null',
      '{"privateKey":"0x12"}',
      '{"mnemonic":"secret words","account":-1}',
    ]) {
      await writeFile(file('none'), text)
      await assert.rejects(
        readWalletKey(file('none'), use),
        (error: unknown) => isFault(error, 'state/broken') && !error.message.includes('secret'),
        text,
      )
    }
  })

  test('a new pass phrase has a length', async () => {
    await writeFile(file('phrase'), 'long enough\n')
    assert.equal(await choosePassphrase({ file: file('phrase') }), 'long enough')
    await writeFile(file('phrase'), 'short\r\n')
    await assert.rejects(
      choosePassphrase({ file: file('phrase') }),
      (error: unknown) => isFault(error, 'input/invalid') && /5 characters/.test(error.message),
    )
  })
})
