// The owner's signed permission to upload: this root, for this name, until then (EIP-191, what wallets call
// "personal_sign"). An edge that stores whatever it is sent is a free dump; a name costs gas, so its owner's word
// costs something. The text is made to be read in a wallet's window before it is signed. See docs/decisions/0006.

import { secp256k1 } from '@noble/curves/secp256k1.js'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { toHex } from '../base/bytes.ts'
import { Fault } from '../base/fault.ts'
import { isLabel } from './label.ts'

export interface Grant {
  /** The label, without suffix. */
  readonly name: string
  /** CID of the root, as text. */
  readonly root: string
  /** Milliseconds since the Unix epoch; the grant is void from then on. */
  readonly untilAt: number
  /** 65 bytes as 0x… hexadecimal. */
  readonly signature: string
}

/** A grant lives an hour at most, so that a stolen one is soon worth nothing. */
export const grantLifeMsMax = 60 * 60 * 1000
const headerLengthMax = 1000

export function grantText(grant: Omit<Grant, 'signature'>): string {
  const until = new Date(grant.untilAt).toISOString()
  return `INXT upload\nname: ${grant.name}\nroot: ${grant.root}\nuntil: ${until}`
}

/** As the value of an Authorization header. */
export function encodeGrant(grant: Grant): string {
  return `INXT ${Buffer.from(JSON.stringify(grant)).toString('base64url')}`
}

/** Throws Fault publish/refused for anything but a well-formed grant that is valid at `now`. */
export function decodeGrant(header: string | undefined, now: number): Grant {
  const refuse = (why: string): never => {
    throw new Fault('publish/refused', `the upload grant ${why}`)
  }
  if (header === undefined) return refuse('is missing')
  const text = /^INXT ([A-Za-z0-9_-]+)$/.exec(header)?.[1]
  if (text === undefined || header.length > headerLengthMax) return refuse('is malformed')
  let grant: Partial<Grant>
  try {
    grant = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) ?? {}
  } catch {
    return refuse('is malformed')
  }
  const { name, root, untilAt, signature } = grant
  if (typeof name !== 'string' || !isLabel(name)) return refuse('has no valid name')
  if (typeof root !== 'string' || !/^[a-z0-9]{10,100}$/.test(root)) return refuse('has no valid root')
  if (typeof signature !== 'string' || !/^0x[0-9a-fA-F]{130}$/.test(signature))
    return refuse('has no valid signature')
  if (!Number.isInteger(untilAt)) return refuse('has no expiry')
  if (untilAt! <= now) return refuse('has expired: is one of the two clocks wrong?')
  if (untilAt! > now + grantLifeMsMax * 2)
    return refuse('reaches too far ahead: is one of the two clocks wrong?')
  return { name, root, untilAt: untilAt!, signature }
}

/**
 * The address that signed, 0x… in lower case; Fault publish/refused when the signature is none. By the curve that
 * libp2p has loaded already: `verifyMessage` of ethers costs an edge 25 MB.
 */
export function signerOf(grant: Grant): string {
  const text = Buffer.from(grantText(grant))
  const hash = keccak_256(Buffer.concat([Buffer.from(`\x19Ethereum Signed Message:\n${text.length}`), text]))
  const signature = Buffer.from(grant.signature.slice(2), 'hex')
  try {
    // Which of two points it was stands last, as 0 and 1 or as 27 and 28; the library wants it first.
    const last = signature[64]!
    const recovered = Buffer.concat([Buffer.of(last >= 27 ? last - 27 : last), signature.subarray(0, 64)])
    if (secp256k1.Signature.fromBytes(recovered, 'recovered').hasHighS())
      throw new RangeError('the other spelling')
    const point = secp256k1.Point.fromBytes(secp256k1.recoverPublicKey(recovered, hash, { prehash: false }))
    return `0x${toHex(keccak_256(point.toBytes(false).subarray(1)).subarray(-20))}`
  } catch (cause) {
    throw new Fault('publish/refused', 'the upload grant has no valid signature', { cause })
  }
}
