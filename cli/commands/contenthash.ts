// What a name points at, as a person says it and as the chain keeps it (EIP-1577): CIDs in, CIDs out.

import { fromHex, toHex } from '../../base/bytes.ts'
import { Fault, isFault } from '../../base/fault.ts'
import { decodeContenthash, encodeContenthash, formatCid, parseCid } from '../../content/identifier.ts'

/** Undefined for none (`0x`), and for what edges do not serve: a stranger may have written anything. */
export function cidOf(hash: string): string | undefined {
  try {
    return formatCid(decodeContenthash(fromHex(hash)!))
  } catch (error) {
    if (!isFault(error)) throw error
    return undefined
  }
}

/** `none`, a CID, `/ipfs/…`, `ipfs://…`, or EIP-1577 as 0x and hexadecimal. Faults input/invalid, content/*. */
export function hashOf(text: string, flag: string): string {
  if (text === 'none') return '0x'
  if (/^0x([0-9a-fA-F]{2})+$/.test(text)) return text.toLowerCase()
  const [, cid = ''] = /^(?:\/ipfs\/|ipfs:\/\/)?([A-Za-z0-9]+)\/?$/.exec(text) ?? []
  try {
    return `0x${toHex(encodeContenthash(parseCid(cid)))}`
  } catch (cause) {
    if (!isFault(cause, 'bytes/malformed')) throw cause
    const what = `${flag}: ${JSON.stringify(text.slice(0, 80))} is no content identifier`
    throw new Fault('input/invalid', what, { hint: 'Give a CID such as bafybei…, or none.', cause })
  }
}
