// A block: bytes and the name they hash to, the unit that is stored, sent and checked.

import type { CID } from 'multiformats/cid'
import { Fault } from '../base/fault.ts'
import { type Codec, cidOf, formatCid, verifies } from './identifier.ts'

export type Block = { readonly cid: CID; readonly bytes: Uint8Array }

/** What peers of the ecosystem exchange at most (bitswap's bound): 2 MiB. */
export const blockBytesMax = 2 * 1024 * 1024

/** Where finished blocks go; awaited, so that a slow sink slows the producer. */
export type Sink = (block: Block) => void | Promise<void>

export function blockOf(codec: Codec, bytes: Uint8Array): Block {
  return { cid: cidOf(codec, bytes), bytes }
}

/** Throws `content/mismatch` or `bytes/too-large` unless the bytes are the ones that the CID names. */
export function verifiedBlock(cid: CID, bytes: Uint8Array): Block {
  if (bytes.length > blockBytesMax) {
    throw new Fault('bytes/too-large', `a block of ${bytes.length} bytes; the bound is ${blockBytesMax}`)
  }
  if (!verifies(cid, bytes)) {
    throw new Fault('content/mismatch', `${bytes.length} bytes that are not ${formatCid(cid)}`)
  }
  return { cid, bytes }
}
