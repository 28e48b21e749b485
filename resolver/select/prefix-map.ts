// Which prefix an address belongs to, and how much of the address that took: a binary trie of prefixes.
//
// The longest prefix that an address begins with gives its value. The scope is where the walk left the trie: all
// addresses that begin with the same bits leave it at the same place with the same value. So the scopes of any two
// answers are either the same or apart, and no answer for a wide part of the network is kept in front of one for a
// narrow part of it (RFC 7871 §7.2.1 forbids such overlaps). Nodes are pairs of numbers in one array, those of one
// prefix beside each other, since a walk waits for memory and for little else. Rejected: a hash table for each length,
// which cannot tell how far the emptiness around an address reaches.

import type { ClientPrefix } from './subnet.ts'

export interface Found<Value> {
  /** Undefined where no prefix covers the address. */
  readonly value: Value | undefined
  /** Bits that decided; 0 in an empty map. */
  readonly scopeBits: number
}

/** Where no node is; the roots are nobody's children, so their numbers are free to mean it. */
const none = 0
const ipv4Root = 0
const ipv6Root = 1

export class PrefixMap<Value> {
  /** Of node n its children for a bit of 0 and of 1, at 2n and 2n + 1; of a free node the next free one. */
  #children = new Int32Array(256)
  #nodes = 2
  #free = none
  readonly #values: (Value | undefined)[] = [undefined, undefined]

  set({ octets, bits }: ClientPrefix, value: Value): void {
    let node = rootOf(octets)
    for (let at = 0; at < bits; at++) {
      const slot = 2 * node + bitAt(octets, at)
      node = this.#children[slot]!
      if (node !== none) continue
      node = this.#newNode()
      this.#children[slot] = node
    }
    this.#values[node] = value
  }

  /** Leaves nothing behind, so that a map never grows beyond what is in it. */
  delete({ octets, bits }: ClientPrefix): void {
    const slots: number[] = []
    let node = rootOf(octets)
    for (let at = 0; at < bits; at++) {
      const slot = 2 * node + bitAt(octets, at)
      node = this.#children[slot]!
      if (node === none) return
      slots.push(slot)
    }
    this.#values[node] = undefined
    for (let slot = slots.pop(); slot !== undefined && this.#isEmpty(node); slot = slots.pop()) {
      this.#children[slot] = none
      this.#children[2 * node] = this.#free
      this.#free = node
      node = slot >>> 1
    }
  }

  /** For a whole address, or a prefix whose bits beyond are 0: then it is its first address that counts. */
  find(octets: Uint8Array): Found<Value> {
    const children = this.#children
    let node = rootOf(octets)
    let value = this.#values[node]
    const bits = 8 * octets.length
    for (let at = 0; at < bits; at++) {
      const slot = 2 * node + bitAt(octets, at)
      node = children[slot]!
      if (node === none) return { value, scopeBits: children[slot ^ 1] === none ? at : at + 1 }
      value = this.#values[node] ?? value
    }
    return { value, scopeBits: bits }
  }

  #newNode(): number {
    const node = this.#free === none ? this.#nodes++ : this.#free
    if (this.#free !== none) this.#free = this.#children[2 * node]!
    if (2 * node >= this.#children.length) {
      const grown = new Int32Array(2 * this.#children.length)
      grown.set(this.#children)
      this.#children = grown
    }
    this.#children[2 * node] = this.#children[2 * node + 1] = none
    this.#values[node] = undefined
    return node
  }

  #isEmpty(node: number): boolean {
    const hasChild = this.#children[2 * node] !== none || this.#children[2 * node + 1] !== none
    return !hasChild && this.#values[node] === undefined
  }
}

function rootOf(octets: Uint8Array): number {
  return octets.length === 4 ? ipv4Root : ipv6Root
}

/** 0 or 1. */
function bitAt(octets: Uint8Array, at: number): number {
  return (octets[at >>> 3]! >>> (7 - (at & 7))) & 1
}
