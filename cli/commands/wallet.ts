// `inxt wallet new|import|show`: an account of one's own, as a file that its pass phrase protects.
//
// A private key never goes over the command line: it comes from a file, a pipe, or the keyboard. What is printed is
// the address, which is public.

import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Fault } from '../../base/fault.ts'
import { createKeystore, readSecret } from '../../registry-contract/io/keystore.ts'
import { createTerminal } from '../terminal.ts'
import { type AccountOptions, openChainIfAny } from '../wallet/account.ts'
import { amountText } from '../wallet/amount.ts'
import { choosePassphrase, readSmall, typeSecret } from '../wallet/passphrase.ts'
import { readWalletAddress, usualWalletFile } from '../wallet/wallet-file.ts'

interface NewOptions {
  wallet?: string
  passphraseFile?: string
  json: boolean
}

export async function walletNew(options: NewOptions): Promise<void> {
  await make(options, undefined)
}

/** `from` is a file with a private key or its words; `-` for standard input; nothing to be asked. */
export async function walletImport(from: string | undefined, options: NewOptions): Promise<void> {
  const text =
    from === undefined ? await typeSecret('Private key, or its 12 to 24 words: ') : await readSmall(from)
  await make(options, await readSecret(text))
}

async function make(options: NewOptions, privateKey: string | undefined): Promise<void> {
  const file = options.wallet ?? usualWalletFile()
  const passphrase = await choosePassphrase({ file: options.passphraseFile })
  if (options.wallet === undefined) await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const address = await createKeystore({ file, passphrase, ...(privateKey && { privateKey }) })
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ address, file }, null, 2)}\n`)
    return
  }
  const terminal = createTerminal()
  terminal.line(`\n  address  ${terminal.paint('cyan', address)}`)
  terminal.line(`  file     ${file}\n`)
  terminal.line('  Keep a copy of the file and of its pass phrase: nobody can restore either of them.\n')
}

interface ShowOptions extends AccountOptions {
  json: boolean
}

/** Balances are shown when a chain is at hand: a devnet in `--data`, or `--rpc` and `--addresses`. */
export async function walletShow(options: ShowOptions): Promise<void> {
  await using chain = await openChainIfAny(options)
  const file = options.wallet ?? chain?.walletFile ?? usualWalletFile()
  const address = (await readWalletAddress(file)) ?? (await chain?.openWallet())?.address
  if (address === undefined) {
    throw new Fault('state/broken', `${file} names no address`, {
      hint: 'Start its devnet, or encrypt the key with `inxt wallet import`.',
    })
  }
  const balances = await chain?.balancesOf(address)
  const chainId = chain?.addresses.chainId
  if (options.json) {
    const amounts = balances && { ethWei: `${balances.eth}`, inxtWei: `${balances.inxt}` }
    process.stdout.write(`${JSON.stringify({ address, file, chainId, ...amounts }, null, 2)}\n`)
    return
  }
  const terminal = createTerminal()
  terminal.line(`\n  address  ${terminal.paint('cyan', address)}`)
  terminal.line(`  file     ${file}`)
  if (balances !== undefined) {
    terminal.line(`  chain    ${chainId}`)
    terminal.line(
      `  holds    ${amountText(balances.eth, 'down')} ETH, ${amountText(balances.inxt, 'down')} INXT`,
    )
  }
  terminal.line()
}
