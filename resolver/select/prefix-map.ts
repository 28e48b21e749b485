// Which prefix an address belongs to, and how much of the address that took: a binary trie of prefixes.
//
// The longest prefix that an address begins with gives its value. The scope is where the walk left the trie: all
// addresses that begin with the same bits leave it at the same place with the same value. So the scopes of any two
// answers are either the same or apart, and no answer for a wide part of the network is kept in front of one for a
// narrow part of it (RFC 7871 §7.2.1 forbids such overlaps). Rejected: a hash table for each length, which finds
// the value as fast but cannot tell how far the emptiness around an address reaches.

import type { ClientPrefix } from './subnet.ts'

interface Node<Value> {
  zero: Node<Value> | undefined
  one: Node<Value> | undefined
  value: Value | undefined
}

export interface Found<Value> {
  /** Undefined where no prefix covers the address. */
  readonly value: Value | undefined
  /** Bits that decided; 0 in an empty map. */
  readonly scopeBits: number
}

function emptyNode<Value>(): Node<Value> {
  return { zero: undefined, one: undefined, value: undefined }
}

export class PrefixMap<Value> {
  #ipv4 = emptyNode<Value>()
  #ipv6 = emptyNode<Value>()

  set({ octets, bits }: ClientPrefix, value: Value): void {
    let node = this.#rootOf(octets)
    for (let at = 0; at < bits; at++) {
      node = bitAt(octets, at) ? (node.one ??= emptyNode()) : (node.zero ??= emptyNode())
    }
    node.value = value
  }

  /** Leaves nothing behind, so that a map never grows beyond what is in it. */
  delete({ octets, bits }: ClientPrefix): void {
    const way: Node<Value>[] = []
    let node: Node<Value> | undefined = this.#rootOf(octets)
    for (let at = 0; node !== undefined && at < bits; at++) {
      way.push(node)
      node = bitAt(octets, at) ? node.one : node.zero
    }
    if (node === undefined) return
    node.value = undefined
    for (let at = bits - 1; at >= 0 && isEmpty(node); at--) {
      node = way[at]!
      if (bitAt(octets, at)) node.one = undefined
      else node.zero = undefined
    }
  }

  /** For a whole address, or a prefix whose bits beyond are 0: then it is its first address that counts. */
  find(octets: Uint8Array): Found<Value> {
    let node = this.#rootOf(octets)
    let value = node.value
    const bits = 8 * octets.length
    for (let at = 0; at < bits; at++) {
      const isOne = bitAt(octets, at)
      const next = isOne ? node.one : node.zero
      if (next === undefined) return { value, scopeBits: (isOne ? node.zero : node.one) ? at + 1 : at }
      node = next
      if (node.value !== undefined) value = node.value
    }
    return { value, scopeBits: bits }
  }

  #rootOf(octets: Uint8Array): Node<Value> {
    return octets.length === 4 ? this.#ipv4 : this.#ipv6
  }
}

function bitAt(octets: Uint8Array, at: number): boolean {
  return (octets[at >>> 3]! & (0x80 >>> (at & 7))) !== 0
}

function isEmpty<Value>({ zero, one, value }: Node<Value>): boolean {
  return zero === undefined && one === undefined && value === undefined
}
