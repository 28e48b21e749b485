// Logs are missing: how far to go back for them, and when to live with it.
//
// An endpoint may know a block before it has indexed its logs, or leave some out; the next change of the same name
// then jumps in its sequence. First the blocks of the journal are read again, which is what a late index needs. If
// that does not bring the logs, everything is read again from the deployment on, at most once a day, because it
// is dear. If that does not bring them either, the endpoints are at fault: the newer facts are kept, and it is
// said aloud. Decided here, done in sync.ts.

import { Fault } from '../base/fault.ts'

export type Cure = 'reread' | 'rebuild' | 'none'

/** A day of blocks of 12 s. */
const rebuildEveryBlocks = (24 * 60 * 60) / 12

export interface Repair {
  /** So many places of missing logs were seen. */
  note(gaps: number): void
  /** What to do about what was noted since the last call. */
  cure(height: number): Cure
  /** The registry is level with the chain: what comes next is judged afresh. */
  level(): void
}

export function createRepair({ onGap }: { readonly onGap?: (fault: Fault) => void }): Repair {
  let gaps = 0
  let tried: 'nothing' | 'reread' | 'rebuild' = 'nothing'
  let rebuiltAtBlock = Number.NEGATIVE_INFINITY
  return {
    note(count) {
      gaps += count
    },
    cure(height) {
      if (gaps === 0) return 'none'
      const missing = gaps
      gaps = 0
      if (tried === 'nothing') {
        tried = 'reread'
        return 'reread'
      }
      if (tried === 'reread' && height - rebuiltAtBlock >= rebuildEveryBlocks) {
        tried = 'rebuild'
        rebuiltAtBlock = height
        return 'rebuild'
      }
      const what = `Logs are missing in ${missing} places, also when they are read again.`
      const hint = 'Name other endpoints with --chain.rpc: those in use leave logs out.'
      onGap?.(new Fault('bytes/malformed', what, { hint }))
      return 'none'
    },
    level() {
      tried = 'nothing'
    },
  }
}
