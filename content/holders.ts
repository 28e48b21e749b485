// Who holds what: the question this folder asks of the network, and the memory of its recent answers.
//
// Asked once for a site, not for each of its blocks: whoever holds the root nearly always holds the rest. The answer
// is kept for a short while (holders come and go within seconds), and a caller for whom all have failed asks afresh.

import type { CID } from 'multiformats/cid'
import { formatCid } from './identifier.ts'

export type Holder = {
  /** The peer's identity; what it did is remembered under this name. */
  readonly id: string
  readonly host: string
  readonly port: number
  /** The round trip to it, measured or predicted; left out when nothing is known. */
  readonly rttMs?: number
  /** False of who is still fetching the root: it may have a block or not, and is asked after the others. */
  readonly isComplete?: boolean
  /** Others' opinion of it, from 0 to 1, which is what is taken for granted when left out. */
  readonly trust?: number
  /** A home of the root, which fetches for who asks it what it lacks (`homes.ts`). */
  readonly fetches?: boolean
}

export type Holders = {
  /** Peers that say they hold `cid` (a root, in the canonical spelling), nearest first; may be empty. */
  find(cid: string): Promise<readonly Holder[]>
}

export type Roster = {
  /** `fresh` skips the memory. A question that fails counts as an empty answer. */
  find(root: CID, now: number, fresh: boolean): Promise<readonly Holder[]>
}

/** More than this many are never asked for one block. */
const holdersMax = 32
const rootsMax = 1000

export function createRoster(holders: Holders, options: { freshMs: number }): Roster {
  const answers = new Map<string, { askedAt: number; answer: Promise<readonly Holder[]> }>()
  return {
    find(root, now, fresh) {
      const key = formatCid(root)
      const known = answers.get(key)
      if (known !== undefined && !fresh && now - known.askedAt < options.freshMs) return known.answer
      const answer = ask(holders, key)
      answers.delete(key)
      answers.set(key, { askedAt: now, answer })
      if (answers.size > rootsMax) answers.delete(answers.keys().next().value!)
      return answer
    },
  }
}

async function ask(holders: Holders, key: string): Promise<readonly Holder[]> {
  try {
    return (await holders.find(key)).slice(0, holdersMax)
  } catch {
    return []
  }
}
