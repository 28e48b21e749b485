// Several endpoints as one: what enough of them say in the same words is believed, the others are named.
//
// Every question goes to all endpoints that are not resting, and the first answer that `need` of them agree on is
// the answer; who says otherwise, then or later, is named in a warning and outvoted. The head is not a matter of
// opinion but of progress: it is the highest block that `need` endpoints have reached and name by the same hash,
// so that neither one that lags nor one that claims a block of the far future moves it. An endpoint that does
// not answer rests, longer each time, unless there is no quorum without it. Fewer than `need` liars together
// change nothing; `need` liars that agree are the chain, as far as this file can tell (headers.ts asks the
// validators instead). Rejected: the first endpoint that answers, with the others in reserve: it would choose
// what this edge serves.

import { Fault, isFault } from '../base/fault.ts'
import type { Header, PlacedLog } from './answers.ts'
import { createVoting, type EndpointStatus, type Vote } from './voting.ts'

/** What following a chain takes; every method may throw a Fault. */
export interface Chain {
  readonly url: string
  chainId(): Promise<number>
  /** keccak256 of the code at an address, undefined where there is none. */
  codeHash(address: string): Promise<string | undefined>
  /** Undefined when there is no such block. */
  block(number: number | 'latest'): Promise<Header | undefined>
  /** The logs of exactly this block (EIP-234), whatever became of it since. */
  logsOf(blockHash: string, addresses: readonly string[]): Promise<PlacedLog[]>
  logsBetween(from: number, to: number, addresses: readonly string[]): Promise<PlacedLog[]>
}

export interface QuorumOptions {
  readonly endpoints: readonly Chain[]
  /** How many must agree; a majority of those given when left out. */
  readonly need?: number | undefined
  /** For pauses; what endpoints date is judged by `date`, the system's clock, where there is another. */
  readonly now: () => number
  readonly date?: (() => number) | undefined
  /** Each endpoint that lies, lags or is silent: when it begins, and once a minute as long as it goes on. */
  readonly onWarning?: ((url: string, what: string) => void) | undefined
  /** Longest rest of an endpoint that does not answer. */
  readonly restMsMax?: number | undefined
  /** How far ahead of our clock a block may be dated. */
  readonly futureMsMax?: number | undefined
}

export interface Quorum extends Chain {
  endpoints(): readonly EndpointStatus[]
}

/** A quarter of an hour: more than clocks differ, less than a day that somebody sells as today. */
const futureMsMaxDefault = 15 * 60_000
const restMsMaxDefault = 30_000
/** Blocks that an honest endpoint may be behind or ahead of the others. */
const apartMax = 3

type Voting = ReturnType<typeof createVoting<Chain>>

function votingOf(options: QuorumOptions, need: number): Voting {
  const { endpoints, now, onWarning = () => {}, restMsMax = restMsMaxDefault } = options
  if (endpoints.length === 0) throw new Fault('config/invalid', 'No Ethereum endpoint is given.')
  if (!Number.isInteger(need) || need < 1 || need > endpoints.length) {
    throw new Fault('config/invalid', `${need} of ${endpoints.length} Ethereum endpoints cannot agree.`)
  }
  return createVoting({ endpoints, need, now, onWarning, restMsMax })
}

const keyOfHeader = (header: Header | undefined): string =>
  header ? `${header.number} ${header.hash} ${header.parentHash} ${header.minedAt}` : ''

/** The newest block of one endpoint, unless it is of the future. */
async function latestOf(chain: Chain, now: number, futureMsMax: number): Promise<Header> {
  const header = await chain.block('latest')
  if (!header) throw new Fault('chain/unreachable', `${chain.url} has no latest block.`)
  const aheadMs = header.minedAt - now
  if (aheadMs <= futureMsMax) return header
  const what = `${chain.url} names a block ${Math.round(aheadMs / 1000)} s in the future.`
  const hint = 'Set the clock of this machine, or name another endpoint with --chain.rpc.'
  throw new Fault('chain/unreachable', what, { hint })
}

async function blockOf(chain: Chain, number: number): Promise<Header | undefined> {
  const header = await chain.block(number)
  if (header === undefined || header.number === number) return header
  throw new Fault('bytes/malformed', `${chain.url} answered block ${header.number} for ${number}.`)
}

/** The highest block that enough endpoints have reached, and what each of them named. */
interface Reached {
  readonly height: number
  readonly heads: readonly Header[]
}

function createHead(options: QuorumOptions, need: number, { poll, judge }: Voting) {
  const { now, date = now, futureMsMax = futureMsMaxDefault } = options
  let reachedHeight = -1

  /** Those that are far from the others are named. */
  const compare = (vote: Vote<Chain, Header>, { height }: Pick<Reached, 'height'>): void => {
    if ('fault' in vote) return
    const { member, answer } = vote
    const ahead = answer.number - height
    member.height = answer.number
    if (ahead < -apartMax) judge(member, 'lagging', `it is ${-ahead} blocks behind the others`)
    else if (ahead > apartMax) judge(member, 'lying', `it is ${ahead} blocks ahead of the others`)
    else judge(member, 'good')
  }
  return () =>
    poll<Header, Reached>(chain => latestOf(chain, date(), futureMsMax), keyOfHeader, {
      what: 'the newest block',
      enough(votes, open) {
        const heads = votes.flatMap(vote => ('key' in vote ? [vote.answer] : []))
        const height = heads.map(head => head.number).sort((a, b) => b - a)[need - 1]
        // Fewer than all are enough, unless that would be a step back or is the first step.
        const isProgress = reachedHeight >= 0 && reachedHeight <= (height ?? -1)
        if (height === undefined || (open > 0 && !isProgress)) return undefined
        for (const vote of votes) compare(vote, { height })
        reachedHeight = height
        return { height, heads }
      },
      late: compare,
    })
}

export function createQuorum(options: QuorumOptions): Quorum {
  const { endpoints } = options
  const need = options.need ?? Math.floor(endpoints.length / 2) + 1
  const voting = votingOf(options, need)
  const reached = createHead(options, need, voting)
  // Who does not know a block yet may be a block behind; how far, the heads tell.
  const block = (number: number): Promise<Header | undefined> =>
    voting.vote(
      `block ${number}`,
      chain => blockOf(chain, number),
      keyOfHeader,
      header => header === undefined,
    )

  const latest = async (): Promise<Header | undefined> => {
    const { height, heads } = await reached()
    const named = heads.filter(head => head.number === height)
    const agreed = named.find(head => named.filter(other => other.hash === head.hash).length >= need)
    if (agreed) return agreed
    // Honest endpoints may stand on two forks; the parents of their heads are the same soon.
    for (let back = 0; ; back++) {
      try {
        return await block(height - back)
      } catch (error) {
        if (!isFault(error, 'chain/unreachable') || back >= apartMax || back >= height) throw error
      }
    }
  }

  return {
    url: endpoints.map(({ url }) => url).join(', '),
    chainId: () => voting.vote('the chain id', chain => chain.chainId(), String),
    codeHash: address => voting.vote(`the code at ${address}`, chain => chain.codeHash(address), String),
    block: number => (number === 'latest' ? latest() : block(number)),
    logsOf: (hash, addresses) =>
      voting.vote(`the logs of block ${hash}`, chain => chain.logsOf(hash, addresses), JSON.stringify),
    logsBetween(from, to, addresses) {
      const ask = (chain: Chain): Promise<PlacedLog[]> => chain.logsBetween(from, to, addresses)
      return voting.vote(`the logs of blocks ${from} to ${to}`, ask, JSON.stringify)
    },
    endpoints: () =>
      voting.members.map(({ endpoint, state, what, height, answeredAt }) => ({
        url: endpoint.url,
        state,
        what,
        height,
        answeredAt,
      })),
  }
}
