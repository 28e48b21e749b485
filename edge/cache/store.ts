// The stored answers: by address, and under each address one for each way of asking (RFC 9111 §4.1).
//
// Bounded in bytes by SIEVE, which keeps what is asked for twice; all variants of an address come and go together,
// and no address has more than a few. An answer comes in here when its body is there to the end, never before. The
// body of one that goes is told, since somebody may be reading it.

import { createSieve } from '../../base/sieve.ts'
import type { Field } from '../message.ts'
import type { Freshness } from './freshness.ts'
import type { Recording } from './recording.ts'
import { fits, variantOf, varyNames } from './vary.ts'

export interface Stored {
  readonly status: number
  /** Without Content-Length, which the body itself says. */
  readonly fields: readonly Field[]
  readonly freshness: Freshness
  /** Names that Vary gave, and what the request said in them. */
  readonly names: readonly string[]
  readonly variant: string
  readonly body: Recording
  /** When it is known before the body is there. */
  readonly sizeBytes: number | undefined
}

export interface Store {
  /** The newest that fits. */
  find(key: string, request: readonly Field[]): Stored | undefined
  /** Whether there is any under this address, whatever the request. */
  has(key: string): boolean
  /** In the place of the one that it fits; its body is told at once where there is no room for it. */
  put(key: string, stored: Stored): void
  /** All variants (§4.4). */
  remove(key: string): void
  /** What tells requests apart that are on their way to one address, as far as is known beforehand. */
  flightKey(key: string, request: readonly Field[]): string
  /** Evicts until no more than so many bytes are left. */
  shrink(bytesLeft: number): void
  usage(): { readonly entries: number; readonly bytes: number }
}

/** More than languages and codings together make; beyond that an origin varies by person. */
const variantsMax = 16
/** Of a stored answer without its body and its fields. */
const overheadBytes = 500

interface Shelf {
  /** The sieve counts values only, and an address may be long. */
  readonly key: string
  readonly variants: readonly Stored[]
}

export function matches(stored: Stored, request: readonly Field[]): boolean {
  return fits(stored.fields, stored.variant, stored.names, request)
}

export function createStore(bytesMax: number): Store {
  const sieve = createSieve<Shelf>({
    bytesMax,
    bytesOf: ({ key, variants }) => variants.reduce((sum, one) => sum + bytesOf(one), 2 * key.length),
    onEvicted: ({ variants }) => letGo(variants, []),
  })
  return {
    find: (key, request) => sieve.get(key)?.variants.find(stored => matches(stored, request)),
    has: key => sieve.has(key),
    put(key, stored) {
      const before = sieve.get(key)?.variants ?? []
      const others = before.filter(
        one => one.variant !== stored.variant || one.names.join() !== stored.names.join(),
      )
      const kept = [stored, ...others.slice(0, variantsMax - 1)]
      // The sieve takes nothing above a quarter of it: the oldest variants go first.
      while (kept.length > 1 && kept.reduce((sum, one) => sum + bytesOf(one), 0) > bytesMax / 5) kept.pop()
      sieve.set(key, { key, variants: kept })
      stored.body.store(true)
      letGo([stored, ...before], sieve.has(key) ? kept : [])
    },
    remove(key) {
      const before = sieve.get(key)?.variants ?? []
      sieve.delete(key)
      letGo(before, [])
    },
    flightKey(key, request) {
      const names = sieve.get(key)?.variants[0]?.names ?? []
      return `${key}\n${variantOf(names, request)}`
    },
    shrink: sieve.shrink,
    usage: sieve.usage,
  }
}

/** Of `before`, bodies that none of `kept` has: what was validated anew has the same. */
function letGo(before: readonly Stored[], kept: readonly Stored[]): void {
  for (const { body } of before) if (!kept.some(one => one.body === body)) body.store(false)
}

function bytesOf({ fields, variant, body }: Stored): number {
  const head = fields.reduce((sum, [name, value]) => sum + name.length + value.length, 0)
  return body.sizeBytes + head + variant.length + overheadBytes
}

export function variantNames(fields: readonly Field[]): readonly string[] {
  const names = varyNames(fields)
  return names === '*' ? [] : names
}
