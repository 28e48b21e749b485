// What a wallet can do to names: look them up, take, keep, point and hand them over.
//
// Registration takes two transactions with a pause between them (NameRegistrar.sol says why). The secret of the first
// is derived from the wallet's own signature of what is registered: nobody else can guess it, and a run that broke off
// in the pause finds its commitment again and goes on, with no file to keep and to lose. The name's sequence is part
// of what is signed, so that a name which comes back years later has another secret than the one revealed before.

import { keccak_256 } from '@noble/hashes/sha3.js'
import { AbiCoder, Interface } from 'ethers/abi'
import { fromHex, toHex, utf8 } from '../../base/bytes.ts'
import { Fault } from '../../base/fault.ts'
import { delay, realClock } from '../../base/io/clock.ts'
import type { Addresses } from '../addresses.ts'
import { registrarCalls } from '../calls.ts'
import { childNode, requireLabel } from '../label.ts'
import type { NameRecord } from '../layout.ts'
import { type Ask, createAsk } from './ask.ts'
import { readName, registryInterface } from './names.ts'
import { createPayment, type Payment } from './payment.ts'
import { type Call, revertOf } from './reader.ts'
import type { Receipt, Wallet } from './wallet.ts'

export interface RegistrarOptions {
  readonly wallet: Wallet
  readonly addresses: Addresses
}

export interface RegisterOptions {
  /** 1 to 10; one without it. */
  readonly years?: number
  /** EIP-1577 as 0x and hexadecimal; nothing for a name that points at nothing yet. */
  readonly contenthash?: string
  readonly progress?: Progress
}

/** INXT wei. */
export interface Price {
  readonly rent: bigint
  /** Beside the rent, for a name that was released not long ago. */
  readonly premium: bigint
}

/** What a registration is at; `waitMs` is how long it waits. */
export type Progress = (step: 'committing' | 'waiting' | 'registering', waitMs: number) => void

/** Changes that are one transaction each, ready to be estimated and sent. Faults: name/invalid, config/invalid. */
export interface NameCalls {
  /** Also another's name; the wallet pays. Also Fault `chain/reverted` for want of INXT. */
  renew(label: string, years: number): Promise<Call>
  /** Refused by the chain for a contract that does not say that it takes ERC-721 tokens. */
  transfer(label: string, to: string): Promise<Call>
  /** EIP-1577 as 0x and hexadecimal, at most 128 bytes; `0x` for none. */
  setContenthash(label: string, contenthash: string): Promise<Call>
  setZonehash(label: string, zonehash: string): Promise<Call>
  /** The zero address takes the permission back. */
  setDelegate(label: string, delegate: string): Promise<Call>
}

type Sending = {
  readonly [K in keyof NameCalls]: (...words: Parameters<NameCalls[K]>) => Promise<Receipt>
}

/**
 * What sends waits until it is mined. Faults beside those of the calls: `chain/reverted`, `chain/unreachable`, and
 * `chain/mismatch` when something else stands at an address.
 */
export interface Registrar extends Sending {
  readonly address: string
  readonly payment: Payment
  readonly calls: NameCalls
  record(label: string): Promise<NameRecord>
  price(label: string, years: number): Promise<Price>
  /** How long a commitment must rest before it can be used. */
  commitmentAgeMs(): Promise<number>
  /** Fault `name/taken` for a name that cannot be registered now, also when it is the wallet's own. */
  requireFree(label: string): Promise<void>
  /** Both steps and the pause; the owner is the wallet. Also Fault `name/taken`. */
  register(label: string, options?: RegisterOptions): Promise<Receipt>
}

/** For the clocks of chain and machine to differ, and for a chain that makes a block every 12 s. */
const patienceMs = 120_000
/** TERMS_MAX of NameRegistrar.sol and HASH_LENGTH_MAX of NameRegistry.sol. */
const yearsMax = 10
const hashBytesMax = 128
const retryMs = 250

/**
 * What both steps take, which cannot be estimated before the first is made: 45,300, and for an account's first
 * registration with a permit 143,000, with content 170,000; a test holds these to within a tenth.
 */
export function registrationGas(hasContent: boolean): { commit: number; register: number } {
  return { commit: 47_000, register: hasContent ? 178_000 : 150_000 }
}

/** For what a person typed: Fault `input/invalid` unless it is hexadecimal text of so many bytes. */
export function requireHex(text: string, what: string, bytesMin: number, bytesMax: number): string {
  const bytes = text.startsWith('0x') ? fromHex(text) : undefined
  if (bytes && bytes.length >= bytesMin && bytes.length <= bytesMax) return text.toLowerCase()
  throw new Fault('input/invalid', `${JSON.stringify(text.slice(0, 80))} is not ${what}.`)
}

function requireYears(years: number): number {
  if (Number.isInteger(years) && years >= 1 && years <= yearsMax) return years
  throw new Fault('input/invalid', `A name is paid for 1 to ${yearsMax} years, not ${years}.`)
}

function takenOr(error: unknown, label: string): unknown {
  const revert = revertOf(error)
  if (revert?.error !== 'NameTaken') return error
  return new Fault('name/taken', `${label} belongs to ${revert.values['owner']}.`, { cause: error })
}

const registrar = new Interface(registrarCalls)

interface Ground extends RegistrarOptions {
  readonly payment: Payment
  readonly node: (label: string) => string
  readonly ask: Ask
  readonly nameRegistry: string
  readonly nameRegistrar: string
}

function createCalls({ wallet, payment, node, ask, nameRegistry, nameRegistrar }: Ground): NameCalls {
  const toRegistry = (name: string, ...values: unknown[]): Call => {
    return { to: nameRegistry, data: registryInterface.encodeFunctionData(name, values) }
  }
  return {
    async renew(label, years) {
      const call = registrar.encodeFunctionData('renew', [requireLabel(label), requireYears(years)])
      const [rent] = await ask(nameRegistrar, registrar, 'price', label, years)
      const spender = { address: nameRegistrar, calls: registrar }
      return { to: nameRegistrar, data: await payment.paying(spender, call, rent) }
    },
    async transfer(label, to) {
      const words = [wallet.address, requireHex(to, 'an address', 20, 20), node(label)]
      return { to: nameRegistrar, data: registrar.encodeFunctionData('safeTransferFrom', words) }
    },
    setContenthash: async (label, hash) =>
      toRegistry('setContenthash', node(label), requireHex(hash, 'a content hash', 0, hashBytesMax)),
    setZonehash: async (label, hash) =>
      toRegistry('setZonehash', node(label), requireHex(hash, 'a zone hash', 0, hashBytesMax)),
    setDelegate: async (label, delegate) =>
      toRegistry('setDelegate', node(label), requireHex(delegate, 'an address', 20, 20)),
  }
}

/** The arguments of `register`; the secret is what nobody else can derive. */
async function registrationOf(ground: Ground, label: string, options: RegisterOptions): Promise<unknown[]> {
  const { wallet } = ground
  const years = requireYears(options.years ?? 1)
  const contenthash = requireHex(options.contenthash ?? '0x', 'a content hash', 0, hashBytesMax)
  const { sequence } = await readName(ground.wallet, ground.addresses, label)
  const text = `INXT registration\nname: ${label}\nyears: ${years}\ncontent: ${contenthash}\nchange: ${sequence + 1}`
  const secret = keccak_256(utf8(await wallet.sign(text)))
  return [label, wallet.address, years, `0x${toHex(secret)}`, contenthash]
}

/** Makes the commitment unless it is there; returns how long it must still rest. */
async function commit(ground: Ground, commitment: string, progress: Progress): Promise<number> {
  const { ask, wallet, nameRegistrar } = ground
  const [madeAt, ageMin, ageMax] = (await Promise.all([
    ask(nameRegistrar, registrar, 'commitments', commitment),
    ask(nameRegistrar, registrar, 'commitmentAgeMin'),
    ask(nameRegistrar, registrar, 'commitmentAgeMax'),
  ]).then(answers => answers.map(([only]) => only))) as [bigint, bigint, bigint]
  const age = BigInt(Math.floor(realClock.now() / 1000)) - madeAt
  // Ours is younger when the clocks differ: what the chain then refuses as too old is committed to again.
  if (madeAt > 0n && age < ageMax && BigInt(await wallet.now()) < madeAt + ageMax) {
    return Math.max(0, Math.min(Number(ageMin - age), Number(ageMin))) * 1000
  }
  progress('committing', 0)
  await wallet.send({ to: nameRegistrar, data: registrar.encodeFunctionData('commit', [commitment]) })
  return Number(ageMin) * 1000
}

async function register(
  ground: Ground,
  label: string,
  options: RegisterOptions,
  progress: Progress,
): Promise<Receipt> {
  const { payment, ask, nameRegistrar } = ground
  const words = await registrationOf(ground, requireLabel(label), options)
  const price = async (): Promise<bigint> => {
    const [rent, premium] = await ask(nameRegistrar, registrar, 'price', label, words[2])
    return rent + premium
  }
  // Asked for before anything is spent: a name that is taken, or money that is missing, costs no gas.
  await requireFree(ground, label)
  await payment.requireFunds(await price())
  const types = ['string', 'address', 'uint256', 'bytes32', 'bytes']
  const commitment = `0x${toHex(keccak_256(fromHex(AbiCoder.defaultAbiCoder().encode(types, words))!))}`
  const waitMs = await commit(ground, commitment, progress)
  if (waitMs > 0) progress('waiting', waitMs)
  await delay(waitMs)
  progress('registering', 0)
  const call = registrar.encodeFunctionData('register', words)
  const endsAt = realClock.now() + patienceMs
  for (;;) {
    try {
      // The premium falls from second to second, so the allowance of now is enough for the block to come.
      return await payment.pay({ address: nameRegistrar, calls: registrar }, call, price)
    } catch (error) {
      if (revertOf(error)?.error !== 'CommitmentTooYoung' || realClock.now() > endsAt)
        throw takenOr(error, label)
      await delay(retryMs)
    }
  }
}

async function requireFree(ground: Ground, label: string): Promise<void> {
  const [isFree] = await ground.ask(ground.nameRegistrar, registrar, 'available', label)
  if (isFree) return
  const { owner, expiresAt } = await readName(ground.wallet, ground.addresses, label)
  const until = new Date(expiresAt).toISOString().slice(0, 10)
  const now = (await ground.wallet.now()) * 1000
  if (owner === ground.wallet.address) {
    const hint = `Keep it for longer with \`inxt name renew ${label}\`.`
    throw new Fault('name/taken', `${label} is yours already, until ${until}.`, { hint })
  }
  const what = now < expiresAt ? `until ${until}` : `, who can still renew it 90 days after ${until}`
  throw new Fault('name/taken', `${label} belongs to ${owner} ${what}.`.replace(' ,', ','))
}

export function createRegistrar(options: RegistrarOptions): Registrar {
  const { wallet, addresses } = options
  const { NameRegistry, NameRegistrar, InxtToken } = addresses.contracts
  const nameRegistrar = NameRegistrar.address
  const ask = createAsk(wallet)
  const payment = createPayment({ wallet, token: InxtToken.address })
  const node = (label: string): string => childNode(addresses.suffixNode, requireLabel(label))
  const ground: Ground = { ...options, payment, node, ask, nameRegistry: NameRegistry.address, nameRegistrar }
  const calls = createCalls(ground)
  return {
    address: wallet.address,
    payment,
    calls,
    record: async label => readName(ground.wallet, ground.addresses, label),
    async price(label, years) {
      const [rent, premium] = await ask(
        nameRegistrar,
        registrar,
        'price',
        requireLabel(label),
        requireYears(years),
      )
      return { rent, premium }
    },
    async commitmentAgeMs() {
      const [ageMin] = await ask(nameRegistrar, registrar, 'commitmentAgeMin')
      return Number(ageMin) * 1000
    },
    requireFree: async label => requireFree(ground, requireLabel(label)),
    register: (label, given = {}) => register(ground, label, given, given.progress ?? (() => {})),
    renew: async (...words) => wallet.send(await calls.renew(...words)),
    transfer: async (...words) => wallet.send(await calls.transfer(...words)),
    setContenthash: async (...words) => wallet.send(await calls.setContenthash(...words)),
    setZonehash: async (...words) => wallet.send(await calls.setZonehash(...words)),
    setDelegate: async (...words) => wallet.send(await calls.setDelegate(...words)),
  }
}
