// Follows the contracts on a chain and keeps one registry up to it, for as long as the process lives.
//
// It asks the endpoints for the newest block every `pollMs` and believes what a quorum of them says (quorum.ts);
// what happens then is sync.ts. When no quorum answers, they are asked again with growing pauses, and the registry
// goes on serving what it knew, whose age status() tells. After every failure the chain's id and the code at the
// addresses are checked anew: what comes back on that port may be another chain. The registry is kept on disk, so
// that a start needs the chain only for what is new; a checkpoint that cannot be used is rebuilt from the chain.
// Rejected: subscriptions over WebSocket, which need the same polling beside them for what was missed.

import { randomBytes } from 'node:crypto'
import { Fault, isFault } from '../../base/fault.ts'
import { type Clock, delay, realClock } from '../../base/io/clock.ts'
import type { Meter } from '../../base/meter.ts'
import type { Addresses } from '../addresses.ts'
import { createQuorum, type Quorum } from '../quorum.ts'
import { type Changes, createRegistry, type Registry, type RegistryOptions } from '../registry.ts'
import { type Source, sources } from '../signatures.ts'
import { createSync } from '../sync.ts'
import type { EndpointStatus } from '../voting.ts'
import { createChain } from './chain.ts'
import { createKeeper } from './keeper.ts'
import type { Rpc } from './rpc.ts'

export interface FollowOptions {
  /** One endpoint, or several that must agree. */
  readonly rpc: Rpc | readonly Rpc[]
  /** How many endpoints must agree; a majority of those given when left out. */
  readonly quorum?: number
  readonly addresses: Addresses
  readonly checkpointFile?: string
  readonly pollMs?: number
  /** Longest pause between two tries at a chain that fails. */
  readonly backoffMaxMs?: number
  /** At most one write of the checkpoint in this time; one more at the end. */
  readonly checkpointMs?: number
  readonly depthMax?: number
  readonly rangeMax?: number
  /** How far ahead of our clock a block may be dated; without bound on a development chain, whose clock tests move. */
  readonly futureMsMax?: number
  readonly clock?: Clock
  readonly meter?: Meter
  readonly onChanges?: (changes: Changes) => void
  /** Every failed round, missing logs, and a checkpoint that could not be read or written. */
  readonly onFault?: (fault: Fault) => void
  /** A checkpoint was written, after one or more that were not. */
  readonly onMended?: () => void
  /** An endpoint that lies, lags or is silent while the others go on. */
  readonly onWarning?: (url: string, what: string) => void
}

export interface FollowStatus {
  /** -1 before the first block. */
  readonly height: number
  /** Time since the registry was last known to be level with the chain; Infinity before that. */
  readonly behindMs: number
  /** Of all endpoints, joined. */
  readonly endpoint: string
  readonly endpoints: readonly EndpointStatus[]
  /** Level with the chain not long ago, and the last round went well. */
  readonly healthy: boolean
  /** Why the last round failed. */
  readonly fault: Fault | undefined
}

export interface Follower {
  /** Serves at once: what the checkpoint held, then what the chain says. */
  readonly registry: Registry
  status(): FollowStatus
  /**
   * Resolves when the registry is level with the chain; Fault `chain/mismatch` as soon as that is certain,
   * `chain/unreachable` at the deadline. Following goes on either way.
   */
  level(deadlineMs: number): Promise<void>
  /** Ends following and writes the checkpoint. */
  stop(): Promise<void>
}

const defaults = { pollMs: 300, backoffMaxMs: 5_000, checkpointMs: 5_000, depthMax: 64, rangeMax: 2_000 }
/** Rounds that may be missed before the registry counts as behind. */
const missedMax = 10
/** The chain id of anvil and its like. */
const developmentChainId = 31_337

async function checkChain(chain: Quorum, { chainId, contracts }: Addresses): Promise<void> {
  const found = await chain.chainId()
  if (found !== chainId) {
    throw new Fault('chain/mismatch', `${chain.url} is chain ${found}, not ${chainId}.`)
  }
  for (const source of sources) {
    const { address, codeHash } = contracts[source]
    const there = await chain.codeHash(address)
    if (there === codeHash) continue
    const what = there ? `not the ${source}` : 'no contract'
    throw new Fault('chain/mismatch', `${chain.url} has ${what} at ${address}.`)
  }
}

function registryOptionsOf({ addresses, depthMax, meter }: Settled): RegistryOptions {
  const entries = sources.map(source => [source, addresses.contracts[source].address])
  return {
    suffixNode: addresses.suffixNode,
    contracts: Object.fromEntries(entries) as Record<Source, string>,
    seed: randomBytes(4).readInt32LE(),
    depthMax,
    ...(meter && { meter }),
  }
}

function quorumOf(options: Settled): Quorum {
  const { rpc, addresses, clock } = options
  const isDevelopment = addresses.chainId === developmentChainId
  return createQuorum({
    endpoints: (Array.isArray(rpc) ? (rpc as readonly Rpc[]) : [rpc as Rpc]).map(createChain),
    need: options.quorum,
    now: clock.now,
    // A steady clock stands still while the machine sleeps; every block after that would be of the future.
    date: Date.now,
    onWarning: options.onWarning,
    futureMsMax: options.futureMsMax ?? (isDevelopment ? Number.POSITIVE_INFINITY : undefined),
  })
}

/**
 * Starts at once. Reading a checkpoint is all that it waits for; a Fault is told to `onFault`, except
 * `config/invalid` for endpoints of which the quorum cannot be had.
 */
export async function followChain(given: FollowOptions): Promise<Follower> {
  const options = { ...defaults, clock: realClock, onFault: () => {}, ...given }
  const { addresses } = options
  const chain = quorumOf(options)
  const registry = createRegistry(registryOptionsOf(options))
  const keeper = createKeeper({ ...options, file: options.checkpointFile }, registry)
  await keeper.read()
  const sync = createSync({
    ...options,
    chain,
    registry,
    confirm: () => checkChain(chain, addresses),
    addresses: sources.map(source => addresses.contracts[source].address),
    deployedAtBlock: addresses.deployedAtBlock,
    onGap: options.onFault,
  })
  return run(options, { chain, registry, sync, keeper })
}

type Settled = Required<Pick<FollowOptions, 'clock' | 'onFault'>> & FollowOptions & typeof defaults

interface Parts {
  readonly chain: Quorum
  readonly registry: Registry
  readonly sync: ReturnType<typeof createSync>
  readonly keeper: ReturnType<typeof createKeeper>
}

/** Round after round; what came of the last one. */
function createRounds(options: Settled, { chain, sync }: Parts) {
  const waiting = new Set<(fault?: Fault) => void>()
  let levelAt = Number.NEGATIVE_INFINITY
  let fault: Fault | undefined
  let failures = 0
  let moves = 0
  let checked = false
  const wake = (outcome?: Fault): void => {
    for (const one of [...waiting]) one(outcome)
  }
  return {
    waiting,
    levelAt: () => levelAt,
    fault: () => fault,
    /** One round; returns how long to pause after it. */
    async step(): Promise<number> {
      try {
        if (!checked) await checkChain(chain, options.addresses)
        checked = true
        const outcome = await sync.round()
        fault = undefined
        failures = 0
        // A chain that moved under us is read again at once, but one that always moves is not hammered.
        moves = outcome === 'moved' ? moves + 1 : 0
        if (moves > 0) return moves === 1 ? 0 : options.pollMs
        levelAt = options.clock.now()
        wake()
        return options.pollMs
      } catch (error) {
        if (!isFault(error)) throw error
        fault = error
        checked = false
        options.onFault(error)
        if (error.code === 'chain/mismatch') wake(error)
        return Math.min(options.pollMs * 2 ** Math.min(failures++, 10), options.backoffMaxMs)
      }
    },
  }
}

function run(options: Settled, parts: Parts): Follower {
  const { chain, registry, keeper } = parts
  const { clock } = options
  const over = new AbortController()
  const rounds = createRounds(options, parts)
  const loop = async (): Promise<void> => {
    while (!over.signal.aborted) {
      const pauseMs = await rounds.step()
      await keeper.writeIfDue()
      await delay(pauseMs, over.signal)
    }
    await keeper.write()
  }
  const running = loop()

  return {
    registry,
    status() {
      const behindMs = clock.now() - rounds.levelAt()
      const fault = rounds.fault()
      const healthy = fault === undefined && behindMs <= missedMax * options.pollMs
      const height = registry.head()?.number ?? -1
      return { height, behindMs, endpoint: chain.url, endpoints: chain.endpoints(), healthy, fault }
    },
    level(deadlineMs) {
      if (rounds.fault() === undefined && rounds.levelAt() > Number.NEGATIVE_INFINITY)
        return Promise.resolve()
      return new Promise((resolve, reject) => {
        const settle = (outcome?: Fault): void => {
          rounds.waiting.delete(settle)
          cancel()
          if (outcome) reject(outcome)
          else resolve()
        }
        const late = `${chain.url} could not be followed in ${deadlineMs} ms.`
        const cancel = clock.after(deadlineMs, () =>
          settle(rounds.fault() ?? new Fault('chain/unreachable', late)),
        )
        rounds.waiting.add(settle)
      })
    },
    async stop() {
      over.abort()
      await running
    },
  }
}
