// Labels and nodes: how a name is spelled, and the 32 bytes by which a contract knows it.
//
// A label is letters, digits and hyphens in lower case (RFC 1123 section 2.1), so that one name has one
// spelling in the contract, in the DNS and in a browser; an internationalised name comes as its A-label
// (`xn--…`). A node is keccak256(parent ‖ keccak256(label)) from the right-most label down (EIP-137), which
// lets a contract own a whole subtree by one word. The hash is @noble's: three times as fast as that of
// ethers and loaded in 6 ms, not 75. ENSIP-15 normalisation is not done here: it belongs to whoever turns
// Unicode into A-labels.

import { keccak_256 } from '@noble/hashes/sha3.js'
import { concatBytes, fromHex, toHex, utf8 } from '../base/bytes.ts'
import { Fault } from '../base/fault.ts'

/** The root of all names: 32 zero bytes. */
const rootNode = `0x${'00'.repeat(32)}`

/** The same rule as `_requireLabel` of NameRegistry.sol: the two must refuse the same labels. */
export function isLabel(text: string): boolean {
  return /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(text)
}

/** Returns its argument; Fault `name/invalid`. */
export function requireLabel(text: string): string {
  if (!isLabel(text)) throw new Fault('name/invalid', `${JSON.stringify(text.slice(0, 80))} is not a label.`)
  return text
}

/**
 * The node of `label` below `parent`, both nodes as 0x and 64 hexadecimal digits. The label is not checked.
 */
export function childNode(parent: string, label: string): string {
  const above = fromHex(parent) ?? new Uint8Array(32)
  return `0x${toHex(keccak_256(concatBytes([above, keccak_256(utf8(label))])))}`
}

/**
 * The node of a dotted name such as `inxt` or `edge.inxt`; Fault `name/invalid` for a label that breaks the
 * rule.
 */
export function nodeOf(name: string): string {
  return name.split('.').reduceRight((parent, label) => childNode(parent, requireLabel(label)), rootNode)
}
