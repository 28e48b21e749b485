// A private key in a file that is worth nothing without its pass phrase: Web3 Secret Storage, version 3, the form that
// geth and other wallets write too (scrypt, AES-128-CTR, keccak256 over key and ciphertext).
//
// ethers knows the form; the derivation is done by Node's scrypt instead of its own JavaScript, which takes eight
// times as long and so tempts people to lower the cost. The cost that a file asks for is bounded: a file with
// n = 2^40 would otherwise hang or exhaust whoever opens it. Rejected: BIP-39 words in the file, which would be a
// second secret to lose; the file and its pass phrase are the backup.

import { scrypt as nodeScrypt, randomBytes } from 'node:crypto'
import { open } from 'node:fs/promises'
import { promisify } from 'node:util'
import { fromHex } from '../../base/bytes.ts'
import { assert, Fault } from '../../base/fault.ts'
import { unwritten } from '../../base/io/file.ts'

/** The parts of a keystore that can be read without the pass phrase. */
export interface Keystore {
  /** Lower case, with 0x. */
  readonly address: string
  /** The whole file. */
  readonly text: string
}

/** 2^17 · 8 · 128 B = 128 MiB and about 0.4 s: what geth and ethers use. */
const usualCost = { N: 2 ** 17, r: 8, p: 1 }
/** 1 GiB, so that no file exhausts the machine. */
const memoryMax = 2 ** 30
/** A pass over memory per unit: at most sixteen times the usual time. */
const workMax = 16 * usualCost.N * usualCost.r
const pbkdf2CountMax = 10_000_000
const fileBytesMax = 16 * 1024

type Kdf = (
  phrase: Uint8Array,
  salt: Uint8Array,
  N: number,
  r: number,
  p: number,
  length: number,
) => Promise<Uint8Array>
const deriveNatively: Kdf = (phrase, salt, N, r, p, length) => {
  const derive = promisify(nodeScrypt) as (...words: unknown[]) => Promise<Uint8Array>
  return derive(phrase, salt, length, { N, r, p, maxmem: 2 * memoryMax })
}

let registered = false
/** ethers is loaded on first use: an edge whose operator's key is not encrypted does without. */
async function ethersWallet(): Promise<typeof import('ethers/wallet')> {
  const [wallet, { scrypt }] = await Promise.all([import('ethers/wallet'), import('ethers/crypto')])
  if (!registered) scrypt.register(deriveNatively)
  registered = true
  return wallet
}

/** Undefined when the text is not a keystore of version 3; Fault `state/broken` when it is one that cannot be used. */
export function parseKeystore(text: string, file: string): Keystore | undefined {
  if (text.length > fileBytesMax) throw new Fault('state/broken', `${file} is too long for a keystore.`)
  const fields = fieldsOf(text)
  const crypto = fieldsOf(fields?.['crypto'])
  if (fields === undefined || crypto === undefined) return undefined
  const broken = (what: string): never => {
    const hint = 'Restore the file from its copy; the key in it cannot be read otherwise.'
    throw new Fault('state/broken', `${file} is a keystore that ${what}.`, { hint })
  }
  if (fields['version'] !== 3) broken('is not of version 3')
  const address = String(fields['address'] ?? '')
    .toLowerCase()
    .replace(/^(0x)?/, '0x')
  if (!/^0x[0-9a-f]{40}$/.test(address)) broken('names no address')
  const complaint = complaintOf(String(crypto['kdf']), fieldsOf(crypto['kdfparams']) ?? {})
  if (complaint !== undefined) broken(complaint)
  return { address, text }
}

/** The members of an object with their names in lower case, as ethers reads them; accepts JSON text as well. */
function fieldsOf(value: unknown): Record<string, unknown> | undefined {
  let plain = value
  if (typeof value === 'string') {
    try {
      plain = JSON.parse(value)
    } catch {
      return undefined
    }
  }
  if (typeof plain !== 'object' || plain === null || Array.isArray(plain)) return undefined
  return Object.fromEntries(Object.entries(plain).map(([name, member]) => [name.toLowerCase(), member]))
}

function complaintOf(kdf: string, params: Record<string, unknown>): string | undefined {
  const numbers = (...names: string[]): number[] => names.map(name => Number(params[name]))
  if (kdf === 'scrypt') {
    const [n, r, p] = numbers('n', 'r', 'p') as [number, number, number]
    if (![n, r, p].every(one => Number.isSafeInteger(one) && one > 0)) return 'has no valid kdfparams'
    if (128 * n * r > memoryMax || n * r * p > workMax)
      return 'asks for more work than a pass phrase is worth'
    return undefined
  }
  if (kdf !== 'pbkdf2') return 'uses an unknown key derivation'
  const [count] = numbers('c') as [number]
  if (!Number.isSafeInteger(count) || count <= 0) return 'has no valid kdfparams'
  return count > pbkdf2CountMax ? 'asks for more work than a pass phrase is worth' : undefined
}

/** The key, 0x and 64 digits. Fault `wallet/locked` for a wrong pass phrase, `state/broken` for a damaged file. */
export async function openKeystore(keystore: Keystore, passphrase: string, file: string): Promise<string> {
  const { decryptKeystoreJson } = await ethersWallet()
  try {
    const account = await decryptKeystoreJson(keystore.text, passphrase)
    if (account.address.toLowerCase() === keystore.address) return account.privateKey
  } catch (cause) {
    if (/incorrect password/.test((cause as Error).message)) {
      throw new Fault('wallet/locked', `The pass phrase does not open ${file}.`, {
        hint: 'Type it again; it cannot be recovered, only the file restored with the phrase it had then.',
      })
    }
    throw new Fault('state/broken', `${file} is a keystore that cannot be decrypted.`, { cause })
  }
  throw new Fault('state/broken', `${file} holds the key of another address than it names.`)
}

export interface NewKeystore {
  readonly file: string
  readonly passphrase: string
  /** 0x and 64 digits; a new one is made without it. */
  readonly privateKey?: string
  /** For tests: a derivation that costs nothing protects nothing. */
  readonly cost?: typeof usualCost
}

/** Returns the address. Fault `state/unwritten` when the file is there already (nothing is ever overwritten). */
export async function createKeystore(options: NewKeystore): Promise<string> {
  const { file, passphrase } = options
  const { encryptKeystoreJson, Wallet } = await ethersWallet()
  const privateKey = options.privateKey ?? newKey()
  const address = addressOf(() => new Wallet(privateKey).address)
  const scrypt = options.cost ?? usualCost
  const text = await encryptKeystoreJson({ address, privateKey }, passphrase, { scrypt })
  await writeOnce(file, `${text}\n`)
  return address.toLowerCase()
}

/** Any 32 bytes below the order of secp256k1 are a key; all but one in 2^128 are. */
function newKey(): string {
  return `0x${randomBytes(32).toString('hex')}`
}

/** Not every 32 bytes are a key; the error of ethers would show them. */
function addressOf(read: () => string): string {
  try {
    return read()
  } catch {
    throw new Fault('input/invalid', 'That is not a private key of secp256k1.')
  }
}

/** The key that a person hands over for import: 64 hexadecimal digits, or BIP-39 words (their first account). */
export async function readSecret(text: string): Promise<string> {
  const trimmed = text.trim()
  const bytes = /^(0x)?[0-9a-fA-F]{64}$/.test(trimmed) ? fromHex(trimmed) : undefined
  if (bytes !== undefined) return `0x${Buffer.from(bytes).toString('hex')}`
  const { HDNodeWallet } = await ethersWallet()
  try {
    return HDNodeWallet.fromPhrase(trimmed.toLowerCase().split(/\s+/).join(' ')).privateKey
  } catch {
    // No cause: its message would show the secret.
    throw new Fault('input/invalid', 'That is neither a private key nor the words of one.', {
      hint: 'Give 64 hexadecimal digits, or the 12 to 24 words of BIP-39 with blanks between them.',
    })
  }
}

async function writeOnce(file: string, text: string): Promise<void> {
  try {
    const handle = await open(file, 'wx', 0o600)
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    assert(code !== undefined, message)
    if (code !== 'EEXIST') throw unwritten(file, cause)
    const hint = 'Name another file: a wallet is never overwritten.'
    throw new Fault('state/unwritten', `${file} is there already.`, { hint, cause })
  }
}
