// Content identifiers: a name that is the hash of what it names, so that whoever hands over the bytes need not be
// trusted.
//
// The CID grammar is wide (dozens of hashes, codecs and bases); every member we accept is one that every edge must
// be able to check, so the accepted set is small: SHA-256 of raw bytes or of dag-pb nodes, and identity hashes up to
// 128 bytes, which carry their content in the name. Version 0 comes in and version 1 in base32 goes out, so one block
// has one spelling and one place in every map. (multiformats/cid specification; EIP-1577 for the contenthash.)

import { hash } from 'node:crypto'
import { CID } from 'multiformats/cid'
import * as digest from 'multiformats/hashes/digest'
import { equalBytes } from '../base/bytes.ts'
import { Fault } from '../base/fault.ts'

export const rawCodec = 0x55
export const dagPbCodec = 0x70
export type Codec = typeof rawCodec | typeof dagPbCodec

const sha256Code = 0x12
const identityCode = 0x00
const sha256Bytes = 32
/** The bound kubo sets on inlined content. */
const identityBytesMax = 128

/** "b" and base32 of version, codec, hash code (1 byte each), length (2 bytes) and 128 bytes: 1 + 213 characters. */
const textMax = 256
/** Version, codec, hash code and a two-byte length before the longest digest. */
const binaryMax = identityBytesMax + 5

/** EIP-1577: the multicodec `ipfs-ns` (0xe3) as a varint, before the binary CID. */
const ipfsNamespace = [0xe3, 0x01] as const

/** Reads any spelling (Qm…, b…, z…, k…) of a supported CID. Throws `bytes/malformed`, `content/unsupported`. */
export function parseCid(text: string): CID {
  if (text.length > textMax) throw new Fault('bytes/malformed', `a CID of ${text.length} characters`)
  let cid: CID
  try {
    cid = CID.parse(text)
  } catch (cause) {
    throw new Fault('bytes/malformed', `not a CID: "${text.slice(0, 80)}"`, { cause })
  }
  return supportedCid(cid)
}

/** Reads a binary CID that fills `bytes` exactly. Throws `bytes/malformed`, `content/unsupported`. */
export function decodeCid(bytes: Uint8Array): CID {
  if (bytes.length > binaryMax) throw new Fault('bytes/malformed', `a binary CID of ${bytes.length} bytes`)
  let cid: CID
  try {
    cid = CID.decode(bytes)
  } catch (cause) {
    throw new Fault('bytes/malformed', 'not a binary CID', { cause })
  }
  return supportedCid(cid)
}

/** The CID in version 1, or `content/unsupported` when no edge could check its bytes. */
export function supportedCid(cid: CID): CID {
  const { code, digest: hashed } = cid.multihash
  const checkable =
    (code === sha256Code && hashed.length === sha256Bytes) ||
    (code === identityCode && hashed.length <= identityBytesMax)
  if (!checkable || (cid.code !== rawCodec && cid.code !== dagPbCodec)) {
    throw new Fault('content/unsupported', `codec 0x${cid.code.toString(16)}, hash 0x${code.toString(16)}`)
  }
  return cid.version === 1 ? cid : cid.toV1()
}

const base32 = Buffer.from('abcdefghijklmnopqrstuvwxyz234567')
const texts = new WeakMap<CID, string>()

/** Version 1 in base32: the one spelling used in maps, URLs and records. */
export function formatCid(cid: CID): string {
  let text = texts.get(cid)
  if (text === undefined) texts.set(cid, (text = spell(cid.version === 1 ? cid.bytes : cid.toV1().bytes)))
  return text
}

/** In one piece of memory: the library adds one character to the other, and what it makes takes 1.6 kB for these 60. */
function spell(bytes: Uint8Array): string {
  const text = Buffer.allocUnsafe(1 + Math.ceil((bytes.length * 8) / 5))
  let length = text.write('b')
  let bits = 0
  let rest = 0
  for (const byte of bytes) {
    rest = ((rest << 8) | byte) & 0xfff
    for (bits += 8; bits >= 5; bits -= 5) text[length++] = base32[(rest >>> (bits - 5)) & 31]!
  }
  if (bits > 0) text[length] = base32[(rest << (5 - bits)) & 31]!
  return text.toString('latin1')
}

/** The SHA-256 CID of `bytes`. */
export function cidOf(codec: Codec, bytes: Uint8Array): CID {
  return CID.createV1(codec, digest.create(sha256Code, sha256(bytes)))
}

/** Whether `bytes` are what `cid` names; `cid` must have come through this file. */
export function verifies(cid: CID, bytes: Uint8Array): boolean {
  const expected = cid.multihash.digest
  return equalBytes(expected, cid.multihash.code === identityCode ? bytes : sha256(bytes))
}

/** The content carried inside an identity CID; undefined for all others. */
export function inlineBytes(cid: CID): Uint8Array | undefined {
  return cid.multihash.code === identityCode ? cid.multihash.digest : undefined
}

/** EIP-1577 contenthash of an IPFS root: `0xe301` and the binary CID. */
export function encodeContenthash(cid: CID): Uint8Array {
  return Uint8Array.from([...ipfsNamespace, ...supportedCid(cid).bytes])
}

/** Throws `content/unsupported` for other namespaces (ipns, swarm, onion …), `bytes/malformed` for the rest. */
export function decodeContenthash(bytes: Uint8Array): CID {
  if (bytes.length < ipfsNamespace.length + 1) throw new Fault('bytes/malformed', 'a contenthash cut short')
  if (bytes[0] !== ipfsNamespace[0] || bytes[1] !== ipfsNamespace[1]) {
    throw new Fault('content/unsupported', 'a contenthash that does not name IPFS content')
  }
  return decodeCid(bytes.subarray(ipfsNamespace.length))
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer')
}
