// Seeded hashes of nodes and labels, for the index of rows: quick, and not to be aimed at without the seed.
//
// A stranger chooses labels, and so nodes, at the price of a registration each. With the seed secret, keys that
// collide can only be found by trying against a running edge, and all that is won is a longer probe. SipHash would
// promise more and takes longer than the look-up.

/** Final mixing of MurmurHash3: every bit of the input reaches every bit of the output. */
export function mix(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}

/** One more word of a key. */
export function stir(hash: number, word: number): number {
  hash = Math.imul(hash ^ word, 0x9e3779b1)
  return hash ^ (hash >>> 15)
}

/** Nodes are digests: two words of one are as good a hash as any, once a stranger cannot aim it. */
export function hashNode(words: Int32Array, from: number, seed: number): number {
  return mix(words[from]! ^ seed) ^ mix(Math.imul(words[from + 1]!, 0x9e3779b1) + seed)
}
