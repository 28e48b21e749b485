// Who a peer is: an Ed25519 public key, spelled as libp2p spells it.
//
// A libp2p peer id of a small key is the key itself, not a hash of it: base58btc of an identity multihash around a
// protobuf with two fields (libp2p specs, "Peer Ids and Keys"). So the 32-byte key and the text `12D3Koo…` are two
// spellings of one thing: frames carry the key, everything else the text, and no table translates between them.
// The text always has 52 characters, so comparing two ids as strings is one order that all peers share.

import { base58btc } from 'multiformats/bases/base58'
import { concatBytes, toHex } from '../base/bytes.ts'
import { assert, Fault } from '../base/fault.ts'

export type PeerId = string

export const publicKeyBytes = 32

/** Identity multihash of 36 bytes; field 1 (key type) = 1 (Ed25519); field 2 (key) = 32 bytes. */
const prefix = Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20)
const idLength = 52

/** Spelling one key costs 5 µs and a frame has a dozen; both directions are remembered, and forgotten at this many. */
const rememberedMax = 8192
const ids = new Map<string, PeerId>()
const keys = new Map<PeerId, Uint8Array>()

/** The id of a raw 32-byte Ed25519 public key. */
export function peerIdOf(publicKey: Uint8Array): PeerId {
  assert(publicKey.length === publicKeyBytes, 'an Ed25519 public key has 32 bytes')
  const name = toHex(publicKey)
  return ids.get(name) ?? remember(ids, name, base58btc.baseEncode(concatBytes([prefix, publicKey])))
}

/** The raw 32-byte Ed25519 public key of an id, not to be written to; Fault `bytes/malformed` for anything else. */
export function publicKeyOf(id: PeerId): Uint8Array {
  const known = keys.get(id)
  if (known) return known
  const bytes = id.length === idLength ? base58Bytes(id) : undefined
  if (bytes?.length !== prefix.length + publicKeyBytes || prefix.some((byte, i) => bytes[i] !== byte))
    throw new Fault('bytes/malformed', 'not an Ed25519 peer id')
  return remember(keys, id, bytes.slice(prefix.length))
}

function remember<Value>(table: Map<string, Value>, name: string, value: Value): Value {
  if (table.size >= rememberedMax) table.clear()
  table.set(name, value)
  return value
}

function base58Bytes(text: string): Uint8Array | undefined {
  try {
    return base58btc.baseDecode(text)
  } catch {
    return undefined // the library throws a plain Error for a foreign character
  }
}
