// A peer's private key, kept on disk: made at the first start, the same ever after.
//
// PKCS #8 in PEM, so that `openssl pkey` reads it; mode 0600; written beside and then linked to its name, so a
// crash leaves a whole file or none. A file that cannot be used is never replaced silently: a new key would be a
// new peer, and what the old one earned would be lost.

import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { link, mkdir, open, readFile, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { privateKeyFromRaw } from '@libp2p/crypto/keys'
import { concatBytes } from '../../base/bytes.ts'
import { Fault } from '../../base/fault.ts'
import { type PeerId, peerIdOf } from '../peer.ts'
import type { Sign } from '../signature.ts'

export type Identity = {
  readonly id: PeerId
  /** Raw, 32 bytes. */
  readonly publicKey: Uint8Array
  readonly key: KeyObject
  /** The same key as libp2p wants it. */
  readonly privateKey: ReturnType<typeof privateKeyFromRaw>
  readonly sign: Sign
}

const fileBytesMax = 4096

/** Reads the key file, or makes it. Fault `state/broken` or `config/unreadable`, both naming the file. */
export async function openIdentity(path: string): Promise<Identity> {
  const kept = await readIdentity(path)
  if (kept !== undefined) return kept
  await create(path)
  const made = await readIdentity(path)
  if (made === undefined) throw new Fault('config/unreadable', `the identity file ${path} vanished`)
  return made
}

/** Undefined when there is no such file; Faults as above. */
export async function readIdentity(path: string): Promise<Identity | undefined> {
  const kept = await read(path)
  return kept === undefined ? undefined : identityOf(parse(kept, path))
}

async function read(path: string): Promise<string | undefined> {
  try {
    const text = await readFile(path, 'utf8')
    if (text.length > fileBytesMax) throw broken(path)
    return text
  } catch (error) {
    if (error instanceof Fault) throw error
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new Fault('config/unreadable', `the identity file ${path} cannot be read`, { cause: error })
  }
}

async function create(path: string): Promise<void> {
  const { privateKey } = generateKeyPairSync('ed25519')
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  try {
    await mkdir(dirname(path), { recursive: true })
    const file = await open(draft, 'wx', 0o600)
    try {
      await file.writeFile(privateKey.export({ type: 'pkcs8', format: 'pem' }))
      await file.sync()
    } finally {
      await file.close()
    }
    // A link fails where a rename would replace: of two that start at once, both use the first one's key.
    await link(draft, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
  } catch (error) {
    throw new Fault('config/unreadable', `the identity file ${path} cannot be written`, { cause: error })
  } finally {
    await rm(draft, { force: true })
  }
}

function parse(text: string, path: string): KeyObject {
  try {
    const key = createPrivateKey(text)
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch {
    // Said below, with the file's name.
  }
  throw broken(path)
}

function identityOf(key: KeyObject): Identity {
  const { d, x } = key.export({ format: 'jwk' })
  const publicKey = Uint8Array.from(Buffer.from(x!, 'base64url'))
  const privateKey = privateKeyFromRaw(concatBytes([Buffer.from(d!, 'base64url'), publicKey]))
  return {
    id: peerIdOf(publicKey),
    publicKey,
    key,
    privateKey,
    sign: bytes => Uint8Array.from(sign(null, bytes, key)),
  }
}

function broken(path: string): Fault {
  return new Fault('state/broken', `the identity file ${path} holds no Ed25519 private key`)
}
