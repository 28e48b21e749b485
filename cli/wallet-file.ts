// The file with the key of an account: `{ "mnemonic": …, "account": n }` or `{ "privateKey": "0x…" }`.
// For the devnet; an encrypted keystore comes with `inxt wallet`.

import { readFile } from 'node:fs/promises'
import { Fault } from '../base/fault.ts'
import type { WalletKey } from '../registry-contract/io/wallet.ts'

/** Throws Fault config/unreadable without the file, state/broken when it holds no key. Never shows what it holds. */
export async function readWalletKey(file: string): Promise<WalletKey> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    throw new Fault('config/unreadable', `${file}: ${(cause as Error).message}`, { cause })
  }
  try {
    const { mnemonic, account, privateKey } = JSON.parse(text)
    if (typeof privateKey === 'string' && /^0x[0-9a-fA-F]{64}$/.test(privateKey)) return { privateKey }
    if (typeof mnemonic === 'string' && Number.isInteger(account) && account >= 0)
      return { mnemonic, account }
  } catch {
    // falls through to the Fault below
  }
  throw new Fault('state/broken', `${file} holds no wallet key`)
}
