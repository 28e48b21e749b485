// The file with the key of an account: an encrypted keystore (`inxt wallet new`), or, for the devnet alone, the words
// that every development chain knows: `{ "mnemonic": …, "account": n }`.
//
// A key that lies open is taken for nothing but a chain whose coins are worth nothing: whoever names another chain
// meets an error, not a loss.

import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { Fault } from '../../base/fault.ts'
import { unreadable } from '../../base/io/file.ts'
import { openKeystore, parseKeystore } from '../../registry-contract/io/keystore.ts'
import type { WalletKey } from '../../registry-contract/io/wallet.ts'

/** What anvil and every other development chain call themselves. */
export const devnetChainId = 31_337

/** Where a wallet lies when nobody says otherwise: beside a person's other settings, not in a project. */
export function usualWalletFile(): string {
  return join(process.env['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'inxt', 'wallet.json')
}

export interface WalletUse {
  readonly chainId: number
  /** Asked only when the file is encrypted. */
  readonly passphrase: () => Promise<string>
}

/**
 * Faults: config/unreadable without the file, wallet/locked for a wrong pass phrase, config/invalid for an open key on
 * a chain that
 * counts, state/broken when it holds no key. None of them shows what the file holds.
 */
export async function readWalletKey(file: string, use: WalletUse): Promise<WalletKey> {
  const text = await readWallet(file)
  const keystore = parseKeystore(text, file)
  if (keystore !== undefined) {
    return { privateKey: await openKeystore(keystore, await use.passphrase(), file) }
  }
  const key = openKey(text)
  if (key === undefined)
    throw new Fault('state/broken', `${file} holds no wallet key`, {
      hint: 'Name a wallet with --wallet, or make one with `inxt wallet new`.',
    })
  if (use.chainId === devnetChainId) return key
  throw new Fault('config/invalid', `${file} is not encrypted, and chain ${use.chainId} is not a devnet`, {
    hint: 'Make a wallet with `inxt wallet new`, or encrypt a key with `inxt wallet import`.',
  })
}

/** The address in an encrypted wallet, without its pass phrase; undefined for a devnet's. Faults as above. */
export async function readWalletAddress(file: string): Promise<string | undefined> {
  return parseKeystore(await readWallet(file), file)?.address
}

async function readWallet(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw unreadable(file, cause, 'Name a wallet with --wallet, or make one with `inxt wallet new`.')
  }
}

function openKey(text: string): WalletKey | undefined {
  try {
    const { mnemonic, account, privateKey } = JSON.parse(text)
    if (typeof privateKey === 'string' && /^0x[0-9a-fA-F]{64}$/.test(privateKey)) return { privateKey }
    if (typeof mnemonic === 'string' && Number.isInteger(account) && account >= 0)
      return { mnemonic, account }
  } catch {
    // is no wallet either
  }
  return undefined
}
