// A block that means nothing, for its weight: what an edge asks of a neighbour once, on a connection that it keeps.
//
// TCP sends 14 kB in the first flight over a connection that carried little so far (RFC 6928), and twice as much in
// each that follows: a block of 256 KiB takes five round trips, and no byte of it goes out before its last was hashed.
// Over a connection that has carried a megabyte it takes one. Smaller first blocks would do as well, but a folder would
// no longer have the name that `ipfs add` gives it; and to send without a window is not ours to decide
// (docs/decisions/0015-connections-are-widened-by-ballast.md). A block, since every gateway knows how to ask for one.

import type { CID } from 'multiformats/cid'
import { formatCid } from './identifier.ts'

/** As much as is asked for at the head of a file. */
export const ballastBytes = 1024 * 1024
/** The name of so many zeros. */
export const ballastCid = 'bafkreibq4fevl27rgurgnxbp7adh42aqiyd6ouflxhj3gzmcxcxzbh6lla'

/** Its bytes, made anew: until somebody writes into them they take no memory. Undefined for all other blocks. */
export function ballast(cid: CID): Uint8Array | undefined {
  return formatCid(cid) === ballastCid ? new Uint8Array(ballastBytes) : undefined
}
