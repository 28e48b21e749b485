// A key as a file, in the form of BIND's `dnssec-keygen`: every signer reads it, so a zone can move to another
// and back.
//
// The private half may be sealed with a pass phrase: scrypt makes guessing dear, AES-256-GCM notices a wrong one.
// Then only this program reads it, in one line that other signers refuse instead of PrivateKey. Times in the
// files are not used: what a key does is kept in the key ring, once.

import { createCipheriv, createDecipheriv, scryptSync } from 'node:crypto'
import { concatBytes, utf8 } from '../../base/bytes.ts'
import { Fault } from '../../base/fault.ts'
import { types } from '../wire/code.ts'
import { type Name, nameText } from '../wire/name.ts'
import { recordText } from '../wire/presentation.ts'
import { dataOf } from './canonical.ts'
import { type Algorithm, algorithms, algorithmText, dnskeyBytes, type PublicKey, readDnskey } from './key.ts'

/** 32 octets each; fresh for every sealing. */
export interface SealChance {
  readonly salt: Uint8Array
  /** 12 octets. */
  readonly nonce: Uint8Array
}

/** scrypt with N = 2^cost, r = 8, p = 1: 17 takes 128 MiB and some half a second. */
const costUsual = 17
const costMax = 20
const tagBytes = 16
const sealWord = 'scrypt-aes256gcm'

/** `Kexample.com.+013+12345`; what a file system could misread is `%XX`. */
export function keyFileName(zone: Name, algorithm: Algorithm, tag: number): string {
  const number = (value: number, digits: number): string => String(value).padStart(digits, '0')
  return `K${fileNameOf(zone)}+${number(algorithm, 3)}+${number(tag, 5)}`
}

/** A name that is safe as part of a file's name. */
export function fileNameOf(zone: Name): string {
  return nameText(zone).replace(
    /[^a-z0-9._-]/g,
    octet => `%${octet.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
}

/** The `.key` file: a comment and the DNSKEY record. */
export function publicFile(key: PublicKey, role: string, ttlS: number): string {
  const record = {
    name: key.zone,
    type: types.DNSKEY,
    class: 1,
    ttlS,
    data: dataOf(types.DNSKEY, dnskeyBytes(key)),
  }
  return `; ${role}, key tag ${key.tag}, of ${nameText(key.zone)}\n${recordText(record)}\n`
}

/** The key in a `.key` file. Throws Fault `config/invalid`. */
export function parsePublicFile(text: string, zone: Name, file: string): PublicKey {
  const [, flags, algorithm, base64] =
    /\sDNSKEY\s+(\d+)\s+3\s+(\d+)\s+([A-Za-z0-9+/=\s]+)$/.exec(text.slice(0, 4096)) ?? []
  const head = Uint8Array.of(Number(flags) >> 8, Number(flags), 3, Number(algorithm))
  const key = readDnskey(zone, concatBytes([head, Buffer.from(base64 ?? '', 'base64')]))
  if (key === undefined) throw bad(file, 'holds no DNSKEY record')
  return key
}

function fileHead(algorithm: Algorithm): string {
  return `Private-key-format: v1.3\nAlgorithm: ${algorithm} (${algorithmText(algorithm)})\n`
}

/** The `.private` file, open. */
export function privateFile(algorithm: Algorithm, secret: Uint8Array): string {
  return `${fileHead(algorithm)}PrivateKey: ${Buffer.from(secret).toString('base64')}\n`
}

/** The `.private` file, sealed. */
export function sealedFile(
  algorithm: Algorithm,
  secret: Uint8Array,
  passphrase: string,
  { salt, nonce }: SealChance,
  cost = costUsual,
): string {
  const cipher = createCipheriv('aes-256-gcm', stretch(passphrase, salt, cost), nonce)
  cipher.setAAD(utf8(fileHead(algorithm)))
  const box = concatBytes([cipher.update(secret), cipher.final(), cipher.getAuthTag()])
  const words = [salt, nonce, box].map(part => Buffer.from(part).toString('base64'))
  return `${fileHead(algorithm)}Sealed: ${sealWord} ${cost} ${words.join(' ')}\n`
}

function stretch(passphrase: string, salt: Uint8Array, cost: number): Uint8Array {
  // Node's own bound is 32 MiB.
  return scryptSync(passphrase.normalize('NFKC'), salt, 32, {
    N: 2 ** cost,
    r: 8,
    p: 1,
    maxmem: 2 ** (cost + 11),
  })
}

export interface PrivateKeyFile {
  readonly algorithm: Algorithm
  /** The private number, or what opens to it. */
  readonly secret: Uint8Array | ((passphrase: string) => Uint8Array)
}

/** Throws Fault `config/invalid`, which never shows what the file holds; `file` is named in it. */
export function parsePrivateFile(text: string, file: string): PrivateKeyFile {
  const fields = new Map<string, string>()
  for (const line of text.slice(0, 4096).split('\n')) {
    const [, word, value] = /^([A-Za-z-]+): *(.*?)\s*$/.exec(line) ?? []
    if (word !== undefined) fields.set(word, value!)
  }
  const algorithm = Number(/^\d+/.exec(fields.get('Algorithm') ?? '')?.[0])
  if (!fields.get('Private-key-format')?.startsWith('v1.')) throw bad(file, 'is no private key')
  if (algorithm !== algorithms.ED25519 && algorithm !== algorithms.ECDSAP256SHA256) {
    throw bad(file, 'is of another algorithm than 13 (ECDSAP256SHA256) and 15 (ED25519)')
  }
  const sealed = fields.get('Sealed')
  if (sealed !== undefined) return { algorithm, secret: opener(sealed, algorithm, file) }
  const secret = Uint8Array.from(Buffer.from(fields.get('PrivateKey') ?? '', 'base64'))
  if (secret.length !== 32) throw bad(file, 'holds no private key of 32 octets')
  return { algorithm, secret }
}

function bad(file: string, what: string): Fault {
  return new Fault('config/invalid', `${file} ${what}`, {
    hint: 'Restore it from a copy, or name the right folder.',
  })
}

function opener(sealed: string, algorithm: Algorithm, file: string): (passphrase: string) => Uint8Array {
  const [word, costText, ...parts] = sealed.split(' ')
  const cost = /^\d{1,2}$/.test(costText ?? '') ? Number(costText) : 0
  const [salt, nonce, box] = parts.map(part => Buffer.from(part, 'base64'))
  const isWell =
    word === sealWord && cost >= 1 && cost <= costMax && salt?.length === 32 && nonce?.length === 12
  if (!isWell || box?.length !== 32 + tagBytes) throw bad(file, 'is not sealed in a way that is known here')
  return passphrase => {
    const decipher = createDecipheriv('aes-256-gcm', stretch(passphrase, salt!, cost), nonce!)
    decipher.setAAD(utf8(fileHead(algorithm)))
    decipher.setAuthTag(box.subarray(32))
    try {
      return concatBytes([decipher.update(box.subarray(0, 32)), decipher.final()])
    } catch (cause) {
      throw new Fault('wallet/locked', `the pass phrase does not open ${file}`, {
        hint: 'Give the pass phrase that was chosen when the key was made.',
        cause,
      })
    }
  }
}
