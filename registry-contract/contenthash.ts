// EIP-1577 content hashes: which bytes are one, and the two forms that nearly all of them have.
//
// A content hash is a namespace (a varint of the multicodec table, two bytes for all in use) and what that
// namespace means. For IPFS that is a CIDv1: version, codec, multihash, every number as the shortest varint.
// The contract stores any bytes up to 128; one site must have one spelling, so what is not canonical is no
// content hash here. Other namespaces (IPNS, Swarm, …) are let through unread: this network does not serve
// them, and says so elsewhere. CID specification, section "Decoding Algorithm"; multiformats unsigned-varint.

/** The bound of NameRegistry.sol (HASH_LENGTH_MAX). */
export const hashBytesMax = 128

/** IPFS, CIDv1, dag-pb or raw, SHA-256: what a digest of 32 bytes follows. */
export const commonPrefixes = ['0xe30101701220', '0xe30101551220'] as const
const commonLength = commonPrefixes[0].length + 64

/** The namespace `ipfs-ns` as a varint. */
const ipfs = 0xe3

/** Why these are not the canonical bytes of a content hash; undefined when they are. `0x` is "no content". */
export function hashFlaw(hex: string): string | undefined {
  if (hex === '0x' || commonKind(hex) !== 0) return undefined
  const bytes = Buffer.from(hex.slice(2, 2 + 2 * (hashBytesMax + 1)), 'hex')
  if (bytes.length > hashBytesMax)
    return `it has ${hex.length / 2 - 1} bytes, ${hashBytesMax} at most are allowed`
  const namespace = readVarint(bytes, 0)
  if (!namespace) return 'its namespace is not a varint'
  return namespace.value === ipfs ? cidFlaw(bytes, namespace.next) : undefined
}

/** 1 or 2 for the two common forms, as in NameRegistry.sol; 0 for what has neither. */
export function commonKind(hex: string): 0 | 1 | 2 {
  if (hex.length !== commonLength) return 0
  return hex.startsWith(commonPrefixes[0]) ? 1 : hex.startsWith(commonPrefixes[1]) ? 2 : 0
}

function cidFlaw(bytes: Uint8Array, start: number): string | undefined {
  const version = readVarint(bytes, start)
  if (version?.value !== 1) return 'its CID is not of version 1'
  let last = version
  for (const what of ['codec', 'hash function', 'digest length']) {
    const number = readVarint(bytes, last.next)
    if (!number) return `the ${what} of its CID is not a varint`
    last = number
  }
  const left = bytes.length - last.next
  return last.value === left ? undefined : `its digest should have ${last.value} bytes and has ${left}`
}

/** Up to four bytes, which all codes in use fit; the shortest spelling only. */
function readVarint(bytes: Uint8Array, start: number): { value: number; next: number } | undefined {
  let value = 0
  for (let i = 0; i < 4; i++) {
    const byte = bytes[start + i]
    if (byte === undefined) return undefined
    value += (byte & 0x7f) * 2 ** (7 * i)
    if (byte < 0x80) return byte === 0 && i > 0 ? undefined : { value, next: start + i + 1 }
  }
  return undefined
}
