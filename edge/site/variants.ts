// Compressed forms of files, made once for each content identifier and kept as long as there is room.
//
// The first visitor gets the file as it is, and the variant is made behind his back: one at a time, on another
// thread, with as long a rest after each as the share of the processor asks for. It depends on nothing but the
// verified bytes, so no request can put anything in here that another would get.
//
// The tag of a variant is the CID, the coding, and a hash of what the compressor made. Without the hash two
// edges with different versions of zlib would call different bytes by one strong tag, and a download that is
// resumed at the other edge would be glued together from both (RFC 9110 §8.8.1).

import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip, zstdCompress } from 'node:zlib'
import { LRUCache } from 'lru-cache'
import { isFault } from '../../base/fault.ts'
import type { Clock } from '../../base/io/clock.ts'
import type { Meter } from '../../base/meter.ts'
import { collect } from '../body.ts'
import type { Coding } from './coding.ts'

export interface Variant {
  /** Strong, with its quotes. */
  readonly tag: string
  readonly bytes: Uint8Array
}

/** A file that may be wanted in a coding. */
export interface Original {
  readonly cid: string
  readonly sizeBytes: number
  /** All of it; begins when it is pulled. */
  read(): AsyncIterable<Uint8Array>
}

export interface Variants {
  /** What is there; 'worthless' when the coding makes the file no smaller. Never waits. */
  get(cid: string, coding: Coding): Variant | 'worthless' | undefined
  /** Has it made for those who come later, unless too much waits already or the file is too large. */
  want(original: Original, coding: Coding): void
  /** Waits for it. Undefined when it cannot be had; rejects with the Faults of reading. */
  make(original: Original, coding: Coding): Promise<Variant | undefined>
}

/** Where variants are kept; a store that many edges share would be another. */
export interface VariantStore {
  get(key: string): Variant | 'worthless' | undefined
  set(key: string, variant: Variant | 'worthless'): void
}

export interface VariantsOptions {
  readonly store: VariantStore
  readonly clock: Clock
  /** Of one processor, above 0 and at most 1. */
  readonly share: number
  readonly meter: Meter
  /** What is no Fault, behind everybody's back: to be logged. */
  readonly onBug: (error: unknown) => void
  readonly fileBytesMax?: number
}

const fileBytesMaxDefault = 8 * 1024 * 1024
const waitingMax = 256
/** A variant that saves less than a tenth is not worth its place. */
const worth = 0.9

export function createVariants(options: VariantsOptions): Variants {
  const { store, clock, share, meter, onBug, fileBytesMax = fileBytesMaxDefault } = options
  const waiting = new Map<string, () => Promise<void>>()
  const making = new Map<string, Promise<Variant | undefined>>()
  let isBusy = false

  const run = async (original: Original, coding: Coding, key: string): Promise<Variant | undefined> => {
    const bytes = await collect(original.read(), fileBytesMax)
    const made = await compress(bytes, coding)
    meter.count('variants.made')
    const variant = { tag: tagOfVariant(original.cid, coding, made), bytes: made }
    store.set(key, made.length < bytes.length * worth ? variant : 'worthless')
    // One that the store has no room for would be made again and again.
    if (store.get(key) === undefined) store.set(key, 'worthless')
    return variant
  }
  const once = (original: Original, coding: Coding): Promise<Variant | undefined> => {
    const key = `${original.cid} ${coding}`
    const begun = making.get(key)
    if (begun !== undefined) return begun
    const promise = run(original, coding, key).finally(() => making.delete(key))
    making.set(key, promise)
    return promise
  }
  const turn = async (): Promise<void> => {
    const [first] = waiting
    isBusy = first !== undefined
    if (first === undefined) return
    waiting.delete(first[0])
    const startedAt = clock.now()
    await first[1]()
    clock.after((clock.now() - startedAt) * (1 / share - 1), () => void turn())
  }

  return {
    get: (cid, coding) => store.get(`${cid} ${coding}`),
    want(original, coding) {
      const key = `${original.cid} ${coding}`
      if (original.sizeBytes > fileBytesMax || waiting.size >= waitingMax) return
      if (waiting.has(key) || making.has(key)) return
      waiting.set(key, async () => {
        try {
          await once(original, coding)
        } catch (error) {
          if (!isFault(error)) onBug(error)
          meter.count('variants.failed')
        }
      })
      if (!isBusy) void turn()
    },
    async make(original, coding) {
      const kept = store.get(`${original.cid} ${coding}`)
      if (typeof kept === 'object') return kept
      // Whoever asks for the impossible often does not keep the processor from the others.
      if (original.sizeBytes > fileBytesMax || making.size >= makingMax) return undefined
      return once(original, coding)
    },
  }
}

/** At once, for clients that refuse the file as it is. */
const makingMax = 4

export function createVariantMemory(bytesMax: number): VariantStore {
  const kept = new LRUCache<string, Variant | 'worthless'>({
    maxSize: bytesMax,
    maxEntrySize: Math.ceil(bytesMax / 4),
    sizeCalculation: (variant, key) =>
      key.length + 200 + (typeof variant === 'object' ? variant.bytes.length : 0),
  })
  return { get: key => kept.get(key), set: (key, variant) => void kept.set(key, variant) }
}

/** Which coding of this file a tag names; undefined for another file's. The edge that made it need not be this one. */
export function codingOfTag(tag: string, cid: string): Coding | 'identity' | undefined {
  if (!tag.startsWith(`"${cid}`)) return undefined
  const rest = tag.slice(cid.length + 1)
  if (rest === '"') return 'identity'
  return /^-(br|zstd|gzip)-[0-9a-f]{8}"$/.exec(rest)?.[1] as Coding | undefined
}

function tagOfVariant(cid: string, coding: Coding, bytes: Uint8Array): string {
  return `"${cid}-${coding}-${createHash('sha256').update(bytes).digest('hex').slice(0, 8)}"`
}

const [brotli, zstd, deflate] = [promisify(brotliCompress), promisify(zstdCompress), promisify(gzip)]

/** The best the format has, except where that would take seconds: Brotli's packs 0.7 MB of script a second. */
export async function compress(bytes: Uint8Array, coding: Coding): Promise<Uint8Array> {
  const isLarge = bytes.length > 1024 * 1024
  switch (coding) {
    case 'br':
      return brotli(bytes, {
        params: {
          [constants.BROTLI_PARAM_QUALITY]: isLarge ? 9 : 11,
          [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
        },
      })
    case 'zstd':
      return zstd(bytes, { params: { [constants.ZSTD_c_compressionLevel]: isLarge ? 12 : 19 } })
    case 'gzip':
      return deflate(bytes, { level: 9 })
  }
}
