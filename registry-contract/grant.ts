// The owner's signed permission to upload: this root, for this name, until then (EIP-191, what wallets call
// "personal_sign"). An edge that stores whatever it is sent is a free dump; a name costs gas, so its owner's word
// costs something. The text is made to be read in a wallet's window before it is signed. See docs/decisions/0006.

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

/** The address that signed, checksummed; Fault publish/refused when the signature is none. */
export async function signerOf(grant: Grant): Promise<string> {
  // Loaded on first use: an edge that gets no uploads does without 25 MB of library.
  const { verifyMessage } = await import('ethers/hash')
  try {
    return verifyMessage(grantText(grant), grant.signature)
  } catch (cause) {
    throw new Fault('publish/refused', 'the upload grant has no valid signature', { cause })
  }
}
