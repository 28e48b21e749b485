// The CID of an address in one spelling, and the label of a host that stands for it.
//
// One block has one name here, version 1 in base32, whatever base or version the client wrote. A host is read without
// regard to case and a DNS label has 63 characters, which base32 of SHA-256 (59) fits; base36 is shorter and saves the
// few that do not (IPFS "Subdomain Gateway" specification, "DNS label limits"). Version 0 is base58, whose case a host
// would lose.

import { base36 } from 'multiformats/bases/base36'
import { CID } from 'multiformats/cid'

/** SHA-256 in base32 needs 59 characters, an identity of 128 bytes 214. */
const cidLengthMax = 256
const labelLengthMax = 63

/** The CID as version 1 in base32; undefined when it is none. Never throws. */
export function canonicalCid(text: string): string | undefined {
  if (text.length === 0 || text.length > cidLengthMax) return undefined
  try {
    return CID.parse(text).toV1().toString()
  } catch {
    return undefined
  }
}

/** The one label for a canonical CID; undefined when no spelling is short enough. */
export function labelOf(cid: string): string | undefined {
  if (cid.length <= labelLengthMax) return cid
  const short = CID.parse(cid).toString(base36)
  return short.length <= labelLengthMax ? short : undefined
}
