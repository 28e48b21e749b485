// A chain, its contracts, and a wallet on it, as the commands that spend something need them.
//
// A devnet's folder (`--data`) names all three; `--rpc`, `--addresses` and `--wallet` replace one each, and the first
// two together need no devnet. Before anything is asked or signed, the endpoint must be of the chain that the addresses
// are for, and have our contracts where they say: what is signed for a wrong chain or sent to a wrong address is lost.

import { Fault, isFault } from '../../base/fault.ts'
import type { Addresses } from '../../registry-contract/addresses.ts'
import { readAddresses } from '../../registry-contract/io/addresses.ts'
import { confirmContracts } from '../../registry-contract/io/deploy.ts'
import { inxtOf } from '../../registry-contract/io/payment.ts'
import { createReader, type Reader } from '../../registry-contract/io/reader.ts'
import { createRegistrar, type Registrar } from '../../registry-contract/io/registrar.ts'
import { createRpcs, type Rpc } from '../../registry-contract/io/rpc.ts'
import { createWallet, type Wallet } from '../../registry-contract/io/wallet.ts'
import { readNetwork } from '../network.ts'
import { askPassphrase } from './passphrase.ts'
import { readWalletKey, usualWalletFile } from './wallet-file.ts'

export interface AccountOptions {
  /** Folder of a devnet. */
  readonly data: string
  /** One endpoint, or several joined by commas: the first is asked, all of them vouch for headers. */
  readonly rpc?: string
  /** File that a deployment wrote. */
  readonly addresses?: string
  readonly wallet?: string
  readonly passphraseFile?: string
}

export interface OpenChain extends AsyncDisposable {
  /** The endpoint that is asked. */
  readonly rpc: Rpc
  /** All of them. */
  readonly endpoints: readonly Rpc[]
  readonly addresses: Addresses
  readonly walletFile: string
  /** Views as nobody sees them. */
  readonly reader: Reader
  balancesOf(address: string): Promise<{ eth: bigint; inxt: bigint }>
  /** Asks for the pass phrase when the file is encrypted. */
  openWallet(): Promise<Wallet>
  openRegistrar(): Promise<{ wallet: Wallet; registrar: Registrar }>
}

/** Faults: config/unreadable, state/broken, chain/mismatch, chain/unreachable. */
export async function openChainFor(options: AccountOptions): Promise<OpenChain> {
  const needsNetwork = options.rpc === undefined || options.addresses === undefined
  const network = needsNetwork ? await readNetwork(options.data) : undefined
  const file = options.addresses ?? network!.addressesFile
  const addresses = await readAddresses(file)
  if (addresses === undefined) {
    throw new Fault('config/unreadable', `${file}: there is no such file`, {
      hint: 'Name the file that the deployment of the contracts wrote with --addresses.',
    })
  }
  const walletFile = options.wallet ?? network?.walletFile ?? usualWalletFile()
  const endpoints = openEndpoints(options.rpc ?? network!.rpc)
  const close = async (): Promise<void> => {
    await Promise.all(endpoints.map(rpc => rpc.close()))
  }
  try {
    await confirmContracts(endpoints[0]!, addresses, ['NameRegistry', 'NameRegistrar', 'InxtToken'])
  } catch (error) {
    await close()
    throw error
  }
  return { ...chainOf(options, endpoints, addresses, walletFile), [Symbol.asyncDispose]: close }
}

export function openEndpoints(list: string): Rpc[] {
  const urls = list.split(',').map(url => url.trim())
  const wrong = urls.find(url => !/^https?:\/\/\S+$/.test(url) || !URL.canParse(url))
  if (wrong !== undefined) throw new Fault('input/invalid', `--rpc: ${JSON.stringify(wrong)} is no http URL`)
  return createRpcs(list)
}

function chainOf(
  options: AccountOptions,
  endpoints: readonly Rpc[],
  addresses: Addresses,
  walletFile: string,
): Omit<OpenChain, typeof Symbol.asyncDispose> {
  const rpc = endpoints[0]!
  const { chainId } = addresses
  const openWallet = async (): Promise<Wallet> => {
    const passphrase = (): Promise<string> => askPassphrase({ file: options.passphraseFile }, walletFile)
    return createWallet({ rpc, chainId, key: await readWalletKey(walletFile, { chainId, passphrase }) })
  }
  return {
    rpc,
    endpoints,
    addresses,
    walletFile,
    reader: createReader({ rpc, chainId }),
    openWallet,
    async balancesOf(address) {
      const reader = createReader({ rpc, chainId, address })
      const [eth, inxt] = await Promise.all([
        reader.balance(),
        inxtOf(reader, addresses.contracts.InxtToken.address, address),
      ])
      return { eth, inxt }
    },
    async openRegistrar() {
      const wallet = await openWallet()
      return { wallet, registrar: createRegistrar({ wallet, addresses }) }
    },
  }
}

/** The chain, or undefined when none is at hand and none was asked for. */
export async function openChainIfAny(options: AccountOptions): Promise<OpenChain | undefined> {
  try {
    return await openChainFor(options)
  } catch (error) {
    const named = options.rpc !== undefined || options.addresses !== undefined
    if (named || !isFault(error)) throw error
    return undefined
  }
}
