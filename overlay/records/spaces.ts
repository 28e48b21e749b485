// The key spaces: what may be said in the overlay at all, by whom, how long, and how much of it is kept.
//
// The table is closed. A key outside it is refused, because whatever is taken from strangers without a rule becomes
// somebody's free disk. A rule looks at key, value and publisher only; signature, proof and clock are `vetting.ts`.
// Names speak through the chain: whoever proves a name may say it, so nobody has to be believed. All other spaces
// speak in the publisher's own name.

import { Fault } from '../../base/fault.ts'
import { publicKeyOf } from '../peer.ts'
import { type Record, valueBytesMax } from './record.ts'
import { decodeAddress, decodeCertificate, decodeClient, decodeHolder, decodeTrust } from './values.ts'

export type SpaceName = 'certificate' | 'client' | 'holder' | 'name' | 'offer' | 'peer' | 'service' | 'trust'
/** The reason that a rule gives for refusing. */
export type Objection = 'malformed' | 'not-its-own' | 'out-of-prefix'

export type Space = {
  /** What follows `space/`. */
  readonly keyPattern: RegExp
  readonly valueBytesMax: number
  /** A record may not expire later than this from now. */
  readonly lifeMsMax: number
  /** Records kept under one key. */
  readonly perKeyMax: number
  /** The part of a full leaf that is this space's in any case; together 1. */
  readonly share: number
  /** Nothing is kept without a proof of the registry, and nothing can be withdrawn but on the chain. */
  readonly isProved?: true
  /** `rest` is what follows `space/`; values are not empty. Fault `bytes/malformed` for a value without form. */
  readonly objection?: (rest: string, record: Record) => Objection | undefined
}

const dayMs = 24 * 60 * 60 * 1000
const peerPattern = /^[1-9A-HJ-NP-Za-km-z]{52}$/

export const spaces: { readonly [Name in SpaceName]: Space } = {
  /** `certificate/<host>`: the publisher orders it and must show this to the authority, or holds it. */
  certificate: {
    keyPattern: /^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63}){1,16}$/,
    valueBytesMax: 180,
    lifeMsMax: dayMs,
    perKeyMax: 4, // one orders at a time; the others took its place when it was gone
    share: 0.02,
    objection: (_rest, { value }) => void decodeCertificate(value),
  },
  /** `client/4/<bits>`, `client/6/<bits>`: where the clients of an address prefix are. */
  client: {
    keyPattern: /^(4\/[01]{0,32}|6\/[01]{0,128})$/,
    valueBytesMax: 96,
    lifeMsMax: dayMs,
    perKeyMax: 16, // several edges see the same clients
    share: 0.1,
    objection(rest, { value }) {
      const { prefix } = decodeClient(value)
      const isTooLong = rest.startsWith('4') && prefix.length > 32
      return isTooLong || !prefix.startsWith(rest.slice(2)) ? 'out-of-prefix' : undefined
    },
  },
  /** `holder/<cid>`: the publisher holds this content. */
  holder: {
    keyPattern: /^[a-zA-Z0-9]{1,120}$/,
    valueBytesMax: 98, // 34 and a coordinate
    lifeMsMax: 2 * dayMs, // the most that the knob records.lifeMs allows
    perKeyMax: 64, // a reader asks a few of them; more help nobody
    share: 0.2,
    objection: (_rest, { value, publisher }) =>
      decodeHolder(value).holder === publisher ? undefined : 'not-its-own',
  },
  /** `name/<labels from the top>`: what the registry says of a name, with its proof. */
  name: {
    keyPattern: /^[a-z0-9-]{1,63}(\/[a-z0-9-]{1,63}){0,7}$/,
    valueBytesMax,
    lifeMsMax: 2 * dayMs,
    perKeyMax: 1, // the registry has one truth; the newest block speaks
    share: 0.48,
    isProved: true,
  },
  /** `offer/<attributes>`: a machine for hire. */
  offer: {
    keyPattern: /^[!-~]{1,250}$/,
    valueBytesMax: 256,
    lifeMsMax: dayMs,
    perKeyMax: 16,
    share: 0.04,
  },
  /** `peer/<id>`: where this peer listens. */
  peer: {
    keyPattern: peerPattern,
    valueBytesMax: 16,
    lifeMsMax: 7 * dayMs, // identities move seldom, and must be found after a holiday
    perKeyMax: 1,
    share: 0.08,
    objection(rest, { value, publisher }) {
      decodeAddress(value)
      return rest === publisher ? undefined : 'not-its-own'
    },
  },
  /** `service/<type>/<domain>`: the publisher serves it at this address. */
  service: {
    keyPattern: /^[a-z0-9_-]{1,63}\/[a-z0-9_.-]{1,180}$/,
    valueBytesMax: 16,
    lifeMsMax: 2 * dayMs,
    perKeyMax: 64,
    share: 0.04,
    objection: (_rest, { value }) => void decodeAddress(value),
  },
  /** `trust/<peer>`: how far the publisher trusts another peer. */
  trust: {
    keyPattern: peerPattern,
    valueBytesMax: 16,
    lifeMsMax: 7 * dayMs,
    perKeyMax: 64,
    share: 0.04,
    objection(rest, { value, publisher }) {
      decodeTrust(value)
      return rest === publisher ? 'not-its-own' : undefined // nobody vouches for himself
    },
  },
}

/** Undefined for keys outside all spaces. */
export function spaceOf(key: string): SpaceName | undefined {
  const name = key.slice(0, Math.max(0, key.indexOf('/')))
  return Object.hasOwn(spaces, name) ? (name as SpaceName) : undefined
}

/** What the rules of the space have against key, value and publisher; undefined when nothing. */
export function objectionTo(name: SpaceName, record: Record): Objection | undefined {
  const space = spaces[name]
  const rest = record.key.slice(name.length + 1)
  if (!space.keyPattern.test(rest) || record.value.length > space.valueBytesMax) return 'malformed'
  const isWithdrawal = record.value.length === 0
  if (isWithdrawal && name === 'peer' && rest !== record.publisher) return 'not-its-own'
  if (isWithdrawal) return space.isProved ? 'malformed' : undefined
  try {
    if (peerPattern.test(rest)) publicKeyOf(rest)
    return space.objection?.(rest, record)
  } catch (error) {
    if (error instanceof Fault) return 'malformed'
    throw error
  }
}
