// Keys and key ring of one zone in a folder that only its owner may enter.
//
// A key is written before the ring that names it, and never over another: a crash leaves a key too many, not one
// too few. A private key that others may read is refused, as ssh does: nothing can say who has read it.

import { randomBytes } from 'node:crypto'
import { chmod, mkdir, open, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault } from '../../../base/fault.ts'
import { unreadable, unwritten, writeWhole } from '../../../base/io/file.ts'
import type { Name } from '../../wire/name.ts'
import { type Algorithm, type PublicKey, type SigningKey, signingKey } from '../key.ts'
import {
  fileNameOf,
  keyFileName,
  parsePrivateFile,
  parsePublicFile,
  privateFile,
  publicFile,
  sealedFile,
} from '../key-file.ts'
import { type Keyring, keyringText, parseKeyring } from '../keyring.ts'
import type { Role } from '../rollover.ts'

export interface KeyFolder {
  readonly folder: string
  /** Undefined when the zone has no keys yet. Faults: state/broken, config/unreadable. */
  readRing(): Promise<Keyring | undefined>
  writeRing(ring: Keyring): Promise<void>
  /** Makes a key whose tag is none of `tags`. */
  makeKey(algorithm: Algorithm, role: Role, ttlS: number, tags: readonly number[]): Promise<SigningKey>
  /** Needs no pass phrase. Faults: config/unreadable, config/invalid. */
  readPublic(algorithm: Algorithm, tag: number): Promise<PublicKey>
  /** Faults: config/unreadable, config/invalid, wallet/locked. */
  readKey(algorithm: Algorithm, role: Role, tag: number): Promise<SigningKey>
}

/** `passphrase` is asked when a key is sealed; when one is made, undefined leaves it open. */
export interface Passphrases {
  forOpening(file: string): Promise<string>
  forSealing(): Promise<string | undefined>
}

const ringBytesMax = 1024 * 1024

export function openKeyFolder(folder: string, zone: Name, passphrases: Passphrases): KeyFolder {
  const ringFile = join(folder, `${fileNameOf(zone)}keyring.json`)
  return {
    folder,
    async readRing() {
      const text = await readIfThere(ringFile, ringBytesMax)
      return text === undefined ? undefined : parseKeyring(text, ringFile)
    },
    async writeRing(ring) {
      await ready(folder)
      await writeWhole(ringFile, keyringText(ring), { file: 0o600 })
    },
    async makeKey(algorithm, role, ttlS, tags) {
      await ready(folder)
      const passphrase = await passphrases.forSealing()
      for (;;) {
        const secret = randomBytes(32)
        const key = signingKey(zone, role !== 'zsk', algorithm, secret)
        // Two keys of one tag are lawful, but a validator has to try both.
        if (tags.includes(key.tag)) continue
        const chance = { salt: randomBytes(32), nonce: randomBytes(12) }
        const text =
          passphrase === undefined
            ? privateFile(algorithm, secret)
            : sealedFile(algorithm, secret, passphrase, chance)
        const file = join(folder, keyFileName(zone, algorithm, key.tag))
        await writeNew(`${file}.private`, text)
        await writeWhole(`${file}.key`, publicFile(key, role, ttlS), { file: 0o600 })
        return key
      }
    },
    async readPublic(algorithm, tag) {
      const file = join(folder, `${keyFileName(zone, algorithm, tag)}.key`)
      const text = await readIfThere(file, 4096)
      if (text === undefined) throw unreadable(file, new Error('there is no such file'))
      return requireTag(parsePublicFile(text, zone, file), algorithm, tag, file)
    },
    async readKey(algorithm, role, tag) {
      const file = join(folder, `${keyFileName(zone, algorithm, tag)}.private`)
      const text = await readPrivate(file)
      const { secret, algorithm: own } = parsePrivateFile(text, file)
      const open = typeof secret === 'function' ? secret(await passphrases.forOpening(file)) : secret
      return requireTag(signingKey(zone, role !== 'zsk', own, open), algorithm, tag, file)
    },
  }
}

function requireTag<Key extends PublicKey>(key: Key, algorithm: Algorithm, tag: number, file: string): Key {
  if (key.tag === tag && key.algorithm === algorithm) return key
  throw new Fault('config/invalid', `${file} holds key ${key.tag}, not ${tag}`, {
    hint: 'It is the key of another zone or role; restore the right one.',
  })
}

async function ready(folder: string): Promise<void> {
  try {
    const made = await mkdir(folder, { recursive: true, mode: 0o700 })
    if (made !== undefined) await chmod(folder, 0o700)
  } catch (cause) {
    throw unwritten(folder, cause)
  }
}

/** On disk when it returns; a key is never overwritten. */
async function writeNew(file: string, text: string): Promise<void> {
  try {
    await using handle = await open(file, 'wx', 0o600)
    await handle.writeFile(text)
    await handle.sync()
  } catch (cause) {
    throw unwritten(file, cause)
  }
}

async function readPrivate(file: string): Promise<string> {
  const text = await readIfThere(file, 4096)
  if (text === undefined) throw unreadable(file, new Error('there is no such file'))
  const { mode } = await stat(file)
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw new Fault('config/unreadable', `${file} may be read by others`, {
      hint: 'If nobody did: chmod 600. Otherwise roll the key.',
    })
  }
  return text
}

async function readIfThere(file: string, bytesMax: number): Promise<string | undefined> {
  try {
    const { size } = await stat(file)
    if (size > bytesMax) throw new Error(`has ${size} octets; ${bytesMax} at most`)
    return await readFile(file, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw unreadable(file, cause)
  }
}
