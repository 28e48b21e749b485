// The chain of an edge: the registry that follows it, and the edge's own entry in the Roll.

import { join } from 'node:path'
import { toHex } from '../../base/bytes.ts'
import { Fault, isFault } from '../../base/fault.ts'
import type { Addresses } from '../../registry-contract/addresses.ts'
import { ipv6Hex, ipv6Text } from '../../registry-contract/endpoint.ts'
import { readAddresses } from '../../registry-contract/io/addresses.ts'
import { enterApart } from '../../registry-contract/io/entering.ts'
import { type Follower, followChain } from '../../registry-contract/io/follow.ts'
import { createRpcs, type Rpc } from '../../registry-contract/io/rpc.ts'
import type { WalletKey } from '../../registry-contract/io/wallet.ts'
import type { Changes } from '../../registry-contract/registry.ts'
import { givenPassphrase, passphraseVariable } from '../wallet/passphrase.ts'
import { readWalletKey } from '../wallet/wallet-file.ts'
import type { Ground } from './ground.ts'

export interface ChainPart {
  readonly follower: Follower
  readonly endpoints: readonly Rpc[]
  readonly addresses: Addresses
}

/** Throws Fault config/unreadable or state/broken without the contracts' addresses; a silent chain is no Fault here. */
export async function openChain(ground: Ground, onChanges: (changes: Changes) => void): Promise<ChainPart> {
  const { settings, folder, log, meter, stack } = ground
  const addresses = await readAddresses(settings['chain.addresses'])
  if (addresses === undefined) {
    const what = `chain.addresses: ${settings['chain.addresses']}: there is no such file`
    throw new Fault('config/unreadable', what, {
      hint: 'Name the file that the deployment of the contracts wrote.',
    })
  }
  const endpoints = createRpcs(settings['chain.rpc'])
  for (const rpc of endpoints) stack.defer(() => rpc.close())
  const follower = await followChain({
    rpc: endpoints,
    addresses,
    checkpointFile: join(folder, 'registry.bin'),
    pollMs: settings['chain.pollMs'],
    depthMax: settings['chain.undoBlocks'],
    meter,
    onChanges,
    onFault: fault => log.warn({ code: fault.code, what: fault.message }, 'the chain'),
    onMended: () => log.info('the names are kept on disk again'),
    onWarning: (endpoint, what) => log.warn({ endpoint, what }, 'an endpoint of the chain'),
  })
  stack.defer(() => follower.stop())
  return { follower, endpoints, addresses }
}

/** For the names to be known before the first question is answered. */
const levelDeadlineMs = 20_000

/** Resolves when the registry is level with the chain, or, when the chain is silent, with what the last run knew. */
export async function awaitNames({ log }: Ground, { follower }: ChainPart): Promise<void> {
  try {
    await follower.level(levelDeadlineMs)
  } catch (error) {
    const known = follower.registry.head()
    if (!isFault(error, 'chain/unreachable') || known === undefined) throw error
    log.warn({ block: known.number }, 'the chain is silent: serving what was known')
  }
}

/** As the Roll spells it. */
function ipv6Of(text: string): string {
  if (text === '') return ''
  const hex = ipv6Hex(text)
  if (hex === undefined) throw new Fault('config/invalid', `edge.ipv6: ${text} is no IPv6 address`)
  return ipv6Text(hex)
}

/** Enters this edge into the Roll, or changes its entry, when there is an operator's key. */
export async function enterRoll(ground: Ground, chain: ChainPart, publicKey: Uint8Array): Promise<void> {
  const { settings, log } = ground
  const { follower, addresses } = chain
  const peerKey = `0x${toHex(publicKey)}`
  const wanted = {
    peerKey,
    address: settings['edge.address'],
    ipv6: ipv6Of(settings['edge.ipv6']),
    dnsPort: settings['dns.port'],
    httpPort: settings['http.port'],
    httpsPort: settings['http.tlsPort'],
    overlayPort: settings['overlay.port'],
  }
  const entry = follower.registry.roll().find(edge => edge.peerKey === peerKey)
  if (
    entry !== undefined &&
    Object.entries(wanted).every(([key, value]) => entry[key as keyof typeof wanted] === value)
  )
    return
  const key = await operatorKey(ground, addresses)
  if (key === undefined) return
  const { url } = soundEndpoint(chain)
  const stake = BigInt(settings['chain.stakeInxt']) * 10n ** 18n
  const owner = await enterApart({ url, chainId: addresses.chainId, key, addresses, place: wanted, stake })
  log.info({ owner }, 'entered into the Roll')
}

/** The operator's, when there is one: an edge never asks a person for a pass phrase. */
async function operatorKey(
  { settings, folder, log }: Ground,
  { chainId }: Addresses,
): Promise<WalletKey | undefined> {
  const file = settings['chain.wallet'] || join(folder, 'operator.json')
  const passphrase = async (): Promise<string> => {
    const source = { file: settings['chain.passphraseFile'] }
    const given = await givenPassphrase(source)
    if (given !== undefined) return given
    throw new Fault('config/invalid', `${file} is encrypted and there is no pass phrase for it`, {
      hint: `Name a file with chain.passphraseFile, or set ${passphraseVariable}.`,
    })
  }
  return readWalletKey(file, { chainId, passphrase }).catch(error => {
    if (!isFault(error, 'config/unreadable')) throw error
    log.warn(
      { file },
      'no operator key: this edge is not entered into the Roll and will not be named in answers',
    )
    return undefined
  })
}

/** The first that agrees with the others: one that died must not keep the edge off the Roll. */
function soundEndpoint({ endpoints, follower }: ChainPart): Rpc {
  const sound = new Set(
    follower
      .status()
      .endpoints.filter(({ state }) => state === 'good')
      .map(({ url }) => url),
  )
  return endpoints.find(({ url }) => sound.has(url)) ?? endpoints[0]!
}
