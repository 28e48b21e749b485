// Who holds what: the question this folder asks of the network, and the memory of its recent answers.
//
// Asked once for a site, not for each of its blocks: whoever holds the root nearly always holds the rest. The answer
// is good for a short while (holders come and go within seconds); after that it is still given at once, and asked for
// anew beside that: an old list costs a detour, a look-up on the way costs every reader a round trip or two. A caller
// for whom all have failed asks afresh, and gets those as well who were named a short while ago: while several edges
// are down an answer may lack who holds the site and lives, because what it said, or that it lives, is not known then.

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
  /** A home of the root, asked to fetch what it lacks. */
  readonly fetches?: boolean
}

export type Holders = {
  /** Peers that say they hold `cid` (a root, in the canonical spelling), nearest first; may be empty. */
  find(cid: string): Promise<readonly Holder[]>
  /** The homes of a root that come before this edge in its order of homes: all, when this edge is none. */
  homes?(cid: string): readonly Holder[]
}

export type Roster = {
  /** `fresh` asks whatever is remembered. A question that fails counts as an empty answer. */
  find(root: CID, now: number, fresh: boolean): Promise<readonly Holder[]>
}

/** After this long an old list is worse than a wait. */
const oldMsMax = 600_000
/** Long enough for gossip and records to be right again about who lives. */
const namedMs = 60_000
/** More than this many are never asked for one block. */
const holdersMax = 32
const rootsMax = 1000

type Known = {
  askedAt: number
  readonly foundAt: number
  readonly answer: Promise<readonly Holder[]>
  /** All that were named lately, and when last. */
  readonly named: Map<string, { readonly holder: Holder; readonly at: number }>
}

export function createRoster(holders: Holders, options: { freshMs: number }): Roster {
  const answers = new Map<string, Known>()
  const keep = (key: string, known: Known): void => {
    answers.delete(key)
    answers.set(key, known)
    if (answers.size > rootsMax) answers.delete(answers.keys().next().value!)
  }
  const begin = (key: string, now: number): Promise<readonly Holder[]> => {
    const named = answers.get(key)?.named ?? new Map()
    const answer = ask(holders, key).then(found => withFormer(found, named, now))
    keep(key, { askedAt: now, foundAt: now, answer, named })
    return answer
  }
  /** An empty answer does not take the place of an old list: its holders may yet live. */
  const renew = async (key: string, known: Known, now: number): Promise<void> => {
    known.askedAt = now
    const found = await ask(holders, key)
    if (found.length === 0 || answers.get(key) !== known) return
    const { named } = known
    withFormer(found, named, now)
    keep(key, { askedAt: now, foundAt: now, answer: Promise.resolve(found), named })
  }
  return {
    async find(root, now, fresh) {
      const key = formatCid(root)
      const known = answers.get(key)
      if (known === undefined || fresh || now - known.foundAt > oldMsMax) return begin(key, now)
      if (now - known.askedAt < options.freshMs) return known.answer
      const old = await known.answer
      if (old.length === 0) return begin(key, now)
      if (now - known.askedAt >= options.freshMs) void renew(key, known, now)
      return old
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

/** What was found, then who else was named lately, as one who may have it; `named` is brought up to date. */
function withFormer(found: readonly Holder[], named: Known['named'], now: number): readonly Holder[] {
  for (const [id, { at }] of named) if (now - at > namedMs) named.delete(id)
  for (const holder of found) {
    named.delete(holder.id)
    named.set(holder.id, { holder, at: now })
    if (named.size > 2 * holdersMax) named.delete(named.keys().next().value!)
  }
  const ids = new Set(found.map(({ id }) => id))
  const former = [...named.values()].filter(({ holder }) => !ids.has(holder.id)).slice(-holdersMax)
  return [...found, ...former.map(({ holder }) => ({ ...holder, isComplete: false }))].slice(0, holdersMax)
}
