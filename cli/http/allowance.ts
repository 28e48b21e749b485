// How much of this edge's store one name may have held for it before the chain names it.
//
// What is uploaded, or fetched at an owner's word, is pinned for a grace after its last block, root by root. So bytes
// are counted by root and forgotten a grace after the last; one root may bring a site of the greatest size, and all
// roots of a name two of them: the version before and the one that comes. Who publishes again and again sends and pins
// only what changed, and that alone is counted. Rejected: a bucket that empties by itself, of which somebody who keeps
// a root alive by a word now and then takes more each time; and a bound on versions, which small ones do not need.

import { LRUCache } from 'lru-cache'
import { Fault } from '../../base/fault.ts'

export interface AllowanceOptions {
  readonly siteBytesMax: number
  /** How long a root is held after its last block. */
  readonly graceMs: number
}

export interface Allowance {
  /** Whether so many bytes more fit. */
  hasRoom(name: string, root: string, bytes: number, now: number): boolean
  /** They are here, whether they fit or not; the grace of `root` begins anew. */
  count(name: string, root: string, bytes: number, now: number): void
  /** Counts what fits; Fault bytes/too-large for a site that is, else publish/refused with the time to wait. */
  admit(name: string, root: string, bytes: number, now: number): void
}

/** Of the greatest size, for one name. */
const sitesMax = 2
/** Of one name within a grace: one version every three seconds. */
const rootsMax = 200
/** More must be paid for at once to have one forgotten. */
const namesMax = 5000

/** In the order of their last block. */
type Roots = Map<string, { readonly bytes: number; readonly at: number }>

export function createAllowance({ siteBytesMax, graceMs }: AllowanceOptions): Allowance {
  const names = new LRUCache<string, Roots>({ max: namesMax })
  const nameBytesMax = sitesMax * siteBytesMax

  const rootsOf = (name: string, now: number): Roots => {
    const roots: Roots = names.get(name) ?? new Map()
    for (const [root, { at }] of roots) {
      if (at + graceMs > now) break
      roots.delete(root)
    }
    return roots
  }
  /** Until so many bytes and one root more fit, in ms. */
  const waitMs = (roots: Roots, root: string, bytes: number, now: number): number => {
    let sumBytes = bytes
    for (const one of roots.values()) sumBytes += one.bytes
    let count = roots.has(root) ? roots.size : roots.size + 1
    let wait = 0
    for (const one of roots.values()) {
      if (sumBytes <= nameBytesMax && count <= rootsMax) break
      sumBytes -= one.bytes
      count--
      wait = one.at + graceMs - now
    }
    return wait
  }
  const isSiteTooLarge = (roots: Roots, root: string, bytes: number): boolean =>
    (roots.get(root)?.bytes ?? 0) + bytes > siteBytesMax

  const count = (name: string, root: string, bytes: number, now: number): void => {
    const roots = rootsOf(name, now)
    const before = roots.get(root)?.bytes ?? 0
    roots.delete(root)
    roots.set(root, { bytes: before + bytes, at: now })
    names.set(name, roots)
  }

  return {
    count,
    hasRoom(name, root, bytes, now) {
      const roots = rootsOf(name, now)
      return !isSiteTooLarge(roots, root, bytes) && waitMs(roots, root, bytes, now) === 0
    },
    admit(name, root, bytes, now) {
      const roots = rootsOf(name, now)
      if (bytes > 0 && isSiteTooLarge(roots, root, bytes))
        throw new Fault('bytes/too-large', `${name} exceeds content.siteBytesMax`)
      const wait = waitMs(roots, root, bytes, now)
      if (wait === 0) return count(name, root, bytes, now)
      throw new Fault('publish/refused', `too much of ${name} came here lately that is not released yet`, {
        hint: `Try again in ${Math.ceil(wait / 1000)} s: what came is held for a while, and then makes room.`,
      })
    },
  }
}
