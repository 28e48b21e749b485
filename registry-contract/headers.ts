// Which block hashes one may believe: the question that every proof ends in.
//
// A proof carries its header, and the header's hash is as good as a promise; whether that block is part of
// the chain is for a HeaderSource to say. There are two. This one asks several endpoints for a block that is
// so deep that no re-organisation reaches it, and believes what enough of them agree on: it holds while fewer
// than that many lie together. The other (beacon.ts, ancestry.ts) follows the signatures of Ethereum's
// validators and believes no endpoint at all. Both say what they say of final blocks only, so an answer never
// changes, and is kept.
//
// The tag `finalized` would do without a depth, but means whatever the endpoint likes on chains that have
// none.

import { Fault, isFault } from '../base/fault.ts'
import { type BlockHeader, encodeHeader, readHeader } from './header.ts'

export interface TrustedHeader extends BlockHeader {
  /** The header itself, for a proof to carry. */
  readonly bytes: Uint8Array
}

export interface HeaderSource {
  /**
   * The newest block that is final, at the instant `now` (ms). Fault `chain/unreachable` when nobody knows.
   */
  newest(now: number): Promise<TrustedHeader>
  /**
   * The block of that number; undefined when it is not final yet, or too old to be known. Fault
   * `chain/unreachable` when nobody can be asked, or too few agree.
   */
  at(number: number, now: number): Promise<TrustedHeader | undefined>
}

/** An Ethereum endpoint as far as headers need it; Faults are what it may throw. */
export interface HeaderEndpoint {
  readonly url: string
  call(method: string, params: readonly unknown[]): Promise<unknown>
}

/** An endpoint that lied, lagged or did not answer, and how; for the log. */
export type HeaderWarning = (url: string, what: string) => void

export interface QuorumOptions {
  readonly endpoints: readonly HeaderEndpoint[]
  /** How many must agree; a majority of those given when left out. */
  readonly quorum?: number
  /** Blocks on top of one that make it final. */
  readonly depth?: number
  readonly onWarning?: HeaderWarning
}

/** 64 blocks: the two epochs of 32 slots that Ethereum takes to finalise (Gasper, section 4). */
const depthDefault = 64
/** A block's clock may run ahead of ours by a slot; what is later is from the future. */
const aheadMsMax = 12_000
/** Kept answers; one is about 1 KB. */
const keptMax = 1024

/**
 * A header from an endpoint, its hash computed; undefined when there is no such block. `by` is a number,
 * `latest` or a hash. Faults: `bytes/malformed` also when the answer does not have the hash or number it
 * claims or was asked for, and whatever the endpoint throws.
 */
export async function askHeader(
  endpoint: HeaderEndpoint,
  by: number | 'latest' | { readonly hash: string },
): Promise<TrustedHeader | undefined> {
  const wanted = typeof by === 'number' ? `0x${by.toString(16)}` : typeof by === 'string' ? by : by.hash
  const method = typeof by === 'object' ? 'eth_getBlockByHash' : 'eth_getBlockByNumber'
  const answer = await endpoint.call(method, [wanted, false])
  if (answer === null) return undefined
  const bytes = encodeHeader(answer)
  const header = { ...readHeader(bytes), bytes }
  const claimed = (answer as { hash?: unknown }).hash
  if (typeof claimed !== 'string' || claimed.toLowerCase() !== header.hash)
    throw new Fault('bytes/malformed', 'The header does not have the hash that it claims.')
  const asked = typeof by === 'object' ? header.hash === by.hash : by === 'latest' || header.number === by
  if (!asked) throw new Fault('bytes/malformed', 'The header is not the one that was asked for.')
  return header
}

/** The first entries in, first out. */
export function keepLast<Value>(
  kept: Map<number, Value>,
  number: number,
  value: Value,
  countMax: number,
): void {
  kept.set(number, value)
  if (kept.size > countMax) kept.delete(kept.keys().next().value!)
}

interface Answer {
  readonly url: string
  readonly header: TrustedHeader | undefined
}

/** What those endpoints say that say anything; the others are warned of. */
async function askAll(options: QuorumOptions, by: number | 'latest'): Promise<Answer[]> {
  const ask = async (endpoint: HeaderEndpoint): Promise<Answer | undefined> => {
    try {
      return { url: endpoint.url, header: await askHeader(endpoint, by) }
    } catch (error) {
      if (!isFault(error)) throw error
      options.onWarning?.(endpoint.url, error.message)
      return undefined
    }
  }
  const answers = await Promise.all(options.endpoints.map(ask))
  return answers.filter(answer => answer !== undefined)
}

function createPoll(options: QuorumOptions, quorum: number, depth: number) {
  const warn = options.onWarning ?? (() => {})

  /** The highest number that a quorum has reached: fewer liars than that cannot push it up. */
  const reached = async (now: number): Promise<number> => {
    const answers = await askAll(options, 'latest')
    const heads = answers.filter(({ url, header }) => {
      if (header && header.minedAt <= now + aheadMsMax) return true
      warn(url, header ? `The head ${header.number} is from the future.` : 'It has no head.')
      return false
    })
    const heights = heads.map(({ header }) => header!.number).sort((a, b) => b - a)
    const height = heights[quorum - 1]
    if (height !== undefined) {
      for (const { url, header } of heads)
        if (header!.number < height - depth)
          warn(url, `It lags: its head is ${header!.number}, not ${height}.`)
      return height
    }
    const count = options.endpoints.length
    const what = `Only ${heights.length} of ${count} endpoints know a head; it takes ${quorum}.`
    throw new Fault('chain/unreachable', what)
  }

  /** The header that a quorum gives for the number. */
  const agreed = async (number: number): Promise<TrustedHeader> => {
    const answers = await askAll(options, number)
    const byHash = Map.groupBy(answers, answer => answer.header?.hash)
    const winners = [...byHash.values()].find(group => group[0]!.header && group.length >= quorum)
    for (const answer of answers) {
      const outvoted = winners && !winners.includes(answer)
      if (outvoted) warn(answer.url, `It gives another block ${number} than ${winners.length} others.`)
    }
    if (winners) return winners[0]!.header!
    const most = Math.max(0, ...[...byHash.values()].map(group => group.length))
    const what = `No header of block ${number} is given by ${quorum} endpoints; the most that agree are ${most}`
    throw new Fault('chain/unreachable', `${what}.`)
  }
  return { reached, agreed }
}

/** Concurrent questions are answered one by one; each asks every endpoint at once. */
export function createQuorumHeaders(options: QuorumOptions): HeaderSource {
  const quorum = options.quorum ?? Math.floor(options.endpoints.length / 2) + 1
  const depth = options.depth ?? depthDefault
  const { reached, agreed } = createPoll(options, quorum, depth)
  const kept = new Map<number, TrustedHeader>()
  let finalNumber = -1

  const at = async (number: number): Promise<TrustedHeader> => {
    const known = kept.get(number)
    if (known) return known
    const header = await agreed(number)
    keepLast(kept, number, header, keptMax)
    return header
  }

  const refresh = async (now: number): Promise<void> => {
    const number = (await reached(now)) - depth
    if (number < 0)
      throw new Fault(
        'chain/unreachable',
        `The chain is younger than the ${depth} blocks that make one final.`,
      )
    finalNumber = Math.max(finalNumber, number)
  }

  return {
    async newest(now) {
      await refresh(now)
      return at(finalNumber)
    },
    async at(number, now) {
      if (number > finalNumber) await refresh(now)
      return number <= finalNumber ? at(number) : undefined
    },
  }
}
