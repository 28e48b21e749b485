// Sites whose blocks are being uploaded: each block is pinned when it comes, since on a store that is nearly full the
// first would be gone before the last is here, and nobody else may have it yet.
//
// An upload ends when all of it is here and the keeper has it, or when nothing came for a grace: who never finishes
// keeps nothing. Nor do uploads take the store from those who rely on it: past their share, or when little of the store
// is unpinned, blocks come without a pin, and stay while there is room. Rejected: to refuse them, which would end the
// uploads that need no pin, too.

import type { CID } from 'multiformats/cid'
import { formatCid, parseCid } from './identifier.ts'
import type { Store } from './store.ts'

export interface UploadsOptions {
  readonly store: Pick<Store, 'pin' | 'unpin' | 'usage'>
  /** Whether the pins of this root, in canonical spelling, are the keeper's. */
  readonly isKept: (root: string) => boolean
  /** After the last block. */
  readonly graceMs: number
}

export interface Uploads {
  /** A block of a site is here, or was already. */
  arrive(root: CID, cid: CID, now: number): void
  /** The keeper has it, or gave it up: either way the pins are its own. */
  end(root: CID): void
  /** Lets go of those that nobody goes on with. */
  turn(now: number): void
}

/** Of the store, for all uploads together. */
const uploadsShare = 0.5
/** Of the store, for all that is pinned: the rest is for duties, which cannot wait for a grace. */
const pinnedShare = 0.75

export function createUploads({ store, isKept, graceMs }: UploadsOptions): Uploads {
  const uploads = new Map<string, { readonly pinnedBytes: number; readonly untilAt: number }>()
  let sumBytes = 0
  const forget = (root: string): void => {
    sumBytes -= uploads.get(root)?.pinnedBytes ?? 0
    uploads.delete(root)
  }
  return {
    arrive(root, cid, now) {
      const { pinnedBytes: before, bytesMax } = store.usage()
      if (sumBytes >= uploadsShare * bytesMax || before >= pinnedShare * bytesMax) return
      store.pin(root, cid)
      const addedBytes = store.usage().pinnedBytes - before
      const key = formatCid(root)
      const pinnedBytes = (uploads.get(key)?.pinnedBytes ?? 0) + addedBytes
      sumBytes += addedBytes
      uploads.set(key, { pinnedBytes, untilAt: now + graceMs })
    },
    end: root => forget(formatCid(root)),
    turn(now) {
      for (const [root, { untilAt }] of uploads) {
        if (untilAt > now) continue
        forget(root)
        if (!isKept(root)) store.unpin(parseCid(root))
      }
    },
  }
}
