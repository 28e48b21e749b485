// A question to several endpoints: asked of all who are awake, answered when enough say the same words.
//
// Who says otherwise is remembered as lying or lagging, who does not answer rests, longer each time, unless there
// are too few without it. An endpoint keeps a bad name for a minute after its last lie, so that one which lies
// now and then does not look good in between. What is asked, and what counts as the same words, is the caller's
// (quorum.ts).

import { Fault, isFault } from '../base/fault.ts'

export type EndpointState = 'good' | 'lagging' | 'lying' | 'silent' | 'unknown'

export interface EndpointStatus {
  readonly url: string
  readonly state: EndpointState
  /** Newest block that it named; -1 before the first. */
  readonly height: number
  /** Why it is not good. */
  readonly what: string | undefined
  /** When it last answered; -Infinity for never. */
  readonly answeredAt: number
}

export interface VotingOptions<Endpoint> {
  readonly endpoints: readonly Endpoint[]
  /** How many must agree. */
  readonly need: number
  readonly now: () => number
  /** Each endpoint that lies, lags or is silent: when it begins, and once a minute as long as it goes on. */
  readonly onWarning: (url: string, what: string) => void
  /** Longest rest of an endpoint that does not answer. */
  readonly restMsMax: number
}

const restMsMin = 500
const badNameMs = 60_000
/** Questions that an endpoint may leave unanswered at a time; then it counts as silent. */
const pendingMax = 32

export interface Member<Endpoint> {
  readonly endpoint: Endpoint
  state: EndpointState
  what: string | undefined
  height: number
  answeredAt: number
  pending: number
  failures: number
  restUntil: number
  judgedAt: number
  /** What the last warning was of, and when. */
  warned: EndpointState | undefined
  warnedAt: number
}

/** One of: an answer, or none. */
export type Vote<Endpoint, Answer> =
  | { readonly member: Member<Endpoint>; readonly key: string; readonly answer: Answer }
  | { readonly fault: Fault }

/** How the votes are counted. */
export interface Count<Endpoint, Answer, Result> {
  /** Undefined as long as the votes so far do not suffice; `open` are still to come. */
  enough(votes: readonly Vote<Endpoint, Answer>[], open: number): Result | undefined
  /** A vote that came after the result. */
  late(vote: Vote<Endpoint, Answer>, result: Result): void
  readonly what: string
}

function createMember<Endpoint>(endpoint: Endpoint): Member<Endpoint> {
  const never = Number.NEGATIVE_INFINITY
  return {
    endpoint,
    state: 'unknown',
    what: undefined,
    height: -1,
    answeredAt: never,
    pending: 0,
    failures: 0,
    restUntil: never,
    judgedAt: never,
    warned: undefined,
    warnedAt: never,
  }
}

/** Why nothing was agreed on. */
function disagreement<E, A>(what: string, need: number, votes: readonly Vote<E, A>[]): Fault {
  const faults = votes.flatMap(vote => ('fault' in vote ? [vote.fault] : []))
  const tooLarge = faults.find(fault => fault.code === 'bytes/too-large')
  if (tooLarge) return tooLarge
  if (votes.length === 1 && faults[0]) return faults[0]
  const words = new Set(votes.flatMap(vote => ('key' in vote ? [vote.key] : []))).size
  const said = `${votes.length - faults.length} of ${votes.length} answered, in ${words} different ways`
  return new Fault('chain/unreachable', `${need} endpoints must agree on ${what}: ${said}.`, {
    hint: 'See in `inxt status` which endpoint is silent or lies, and name others with --chain.rpc.',
    cause: faults[0],
  })
}

/** What is thought of each endpoint. */
function createMembers<Endpoint extends { readonly url: string }>(options: VotingOptions<Endpoint>) {
  const { now, onWarning } = options
  const members = options.endpoints.map(endpoint => createMember(endpoint))
  const judge = (member: Member<Endpoint>, state: EndpointState, what?: string): void => {
    const hasBadName = member.state === 'lying' && now() - member.judgedAt < badNameMs
    if (state === 'good' && hasBadName) return
    member.state = state
    member.what = what
    member.judgedAt = now()
    if (what === undefined || (member.warned === state && now() - member.warnedAt < badNameMs)) return
    member.warned = state
    member.warnedAt = now()
    onWarning(member.endpoint.url, what)
  }
  return {
    members,
    judge,
    /** Those that are awake; all of them when those are too few. */
    awake(): readonly Member<Endpoint>[] {
      const awake = members.filter(one => one.restUntil <= now() && one.pending < pendingMax)
      return awake.length >= options.need ? awake : members
    },
    answered(member: Member<Endpoint>): void {
      member.answeredAt = now()
      member.failures = 0
      member.restUntil = Number.NEGATIVE_INFINITY
    },
    failed(member: Member<Endpoint>, fault: Fault): void {
      judge(member, fault.code === 'bytes/malformed' ? 'lying' : 'silent', fault.message)
      const restMs = Math.min(restMsMin * 2 ** Math.min(member.failures++, 10), options.restMsMax)
      member.restUntil = now() + restMs
    },
  }
}

export function createVoting<Endpoint extends { readonly url: string }>(options: VotingOptions<Endpoint>) {
  const { need } = options
  const crew = createMembers(options)
  type Ask<Answer> = (endpoint: Endpoint) => Promise<Answer>

  const cast = async <A>(
    member: Member<Endpoint>,
    ask: Ask<A>,
    keyOf: (answer: A) => string,
  ): Promise<Vote<Endpoint, A>> => {
    member.pending++
    try {
      const answer = await ask(member.endpoint)
      crew.answered(member)
      // One endpoint always agrees with itself: no need to spell out what it says.
      return { member, key: options.endpoints.length === 1 ? '' : keyOf(answer), answer }
    } catch (error) {
      if (!isFault(error)) throw error
      // An endpoint that finds an answer too large is well, and will be asked for less.
      if (error.code === 'bytes/too-large') crew.answered(member)
      else crew.failed(member, error)
      return { fault: error }
    } finally {
      member.pending--
    }
  }

  /** Asks all who are awake; rejects with a Fault when all have voted and it was not enough. */
  const poll = <A, R>(ask: Ask<A>, keyOf: (answer: A) => string, count: Count<Endpoint, A, R>): Promise<R> =>
    new Promise((resolve, reject) => {
      const votes: Vote<Endpoint, A>[] = []
      const asked = crew.awake()
      let result: R | undefined
      const take = (vote: Vote<Endpoint, A>): void => {
        if (result !== undefined) {
          count.late(vote, result)
          return
        }
        votes.push(vote)
        result = count.enough(votes, asked.length - votes.length)
        if (result !== undefined) resolve(result)
        else if (votes.length === asked.length) reject(disagreement(count.what, need, votes))
      }
      for (const member of asked) cast(member, ask, keyOf).then(take).catch(reject)
    })

  /**
   * What `need` endpoints say in the same words; `what` completes "must agree on …". Who says what `isExcused`
   * accepts is outvoted, but no liar.
   */
  const vote = async <A>(
    what: string,
    ask: Ask<A>,
    keyOf: (answer: A) => string,
    isExcused: (answer: A) => boolean = () => false,
  ): Promise<A> => {
    type Said = { readonly key: string; readonly answer: A }
    const compare = (vote: Vote<Endpoint, A>, { key }: Said): void => {
      if ('fault' in vote) return
      const { member } = vote
      if (vote.key === key) crew.judge(member, 'good')
      else if (!isExcused(vote.answer)) {
        crew.judge(member, 'lying', `it says otherwise than the others about ${what}`)
      }
    }
    const enough = (votes: readonly Vote<Endpoint, A>[]): Said | undefined => {
      const said = votes.flatMap(vote => ('key' in vote ? [vote] : []))
      const found = said.find(one => said.filter(other => other.key === one.key).length >= need)
      if (found) for (const vote of votes) compare(vote, found)
      return found
    }
    return (await poll(ask, keyOf, { enough, late: compare, what })).answer
  }

  return { ...crew, poll, vote }
}
