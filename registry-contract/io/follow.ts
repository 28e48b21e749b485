// Follows the contracts on a chain and keeps one registry up to it, for as long as the process lives.
//
// It asks for the newest block every `pollMs`; what happens then is sync.ts. A chain that fails is asked
// again with growing pauses, and the registry goes on serving what it knew. After every failure the chain's
// id and the code at the addresses are checked anew: what comes back on that port may be another chain. The
// registry is kept on disk, so that a start needs the chain only for what is new; a checkpoint that cannot be
// used is rebuilt from the chain. Rejected: subscriptions over WebSocket, which need the same polling beside
// them for what was missed.

import { Fault, isFault } from '../../base/fault.ts'
import { type Clock, delay, realClock } from '../../base/io/clock.ts'
import type { Meter } from '../../base/meter.ts'
import { type Changes, createRegistry, type Registry } from '../registry.ts'
import { createSync } from '../sync.ts'
import { createChain } from './chain.ts'
import type { Addresses } from './deploy.ts'
import { readJson, writeAtomically } from './file.ts'
import type { Rpc } from './rpc.ts'

export interface FollowOptions {
  readonly rpc: Rpc
  readonly addresses: Addresses
  readonly checkpointFile?: string
  readonly pollMs?: number
  /** Longest pause between two tries at a chain that fails. */
  readonly backoffMaxMs?: number
  /** At most one write of the checkpoint in this time; one more at the end. */
  readonly checkpointMs?: number
  readonly depthMax?: number
  readonly rangeMax?: number
  readonly clock?: Clock
  readonly meter?: Meter
  readonly onChanges?: (changes: Changes) => void
  /** Every failed round, and a checkpoint that could not be read or written. */
  readonly onFault?: (fault: Fault) => void
}

export interface FollowStatus {
  /** -1 before the first block. */
  readonly height: number
  /** Time since the registry was last known to be level with the chain; Infinity before that. */
  readonly behindMs: number
  readonly endpoint: string
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

async function checkChain(rpc: Rpc, addresses: Addresses): Promise<void> {
  const chain = createChain(rpc)
  const chainId = await chain.chainId()
  if (chainId !== addresses.chainId) {
    throw new Fault('chain/mismatch', `${rpc.url} is chain ${chainId}, not ${addresses.chainId}.`)
  }
  for (const [address, codeHash] of [
    [addresses.nameRegistry, addresses.nameCodeHash],
    [addresses.edgeRegistry, addresses.edgeCodeHash],
  ] as const) {
    const found = await chain.codeHash(address)
    if (found !== codeHash) {
      const what = found ? 'another contract' : 'no contract'
      throw new Fault('chain/mismatch', `${rpc.url} has ${what} at ${address}.`)
    }
  }
}

/** The registry's state on disk; Faults are told, never thrown: everything here can be rebuilt. */
function createKeeper(registry: Registry, file: string | undefined, tell: (fault: Fault) => void) {
  let keptHash: string | undefined
  const guarded = async (action: () => Promise<void>): Promise<void> => {
    try {
      if (file !== undefined) await action()
    } catch (error) {
      if (!isFault(error)) throw error
      tell(error)
    }
  }
  return {
    read: () =>
      guarded(async () => {
        const kept = await readJson(file!)
        if (kept === undefined) return
        registry.restore(kept)
        keptHash = registry.head()?.hash
      }),
    write: () =>
      guarded(async () => {
        const hash = registry.head()?.hash
        if (hash === undefined || hash === keptHash) return
        await writeAtomically(file!, JSON.stringify(registry.checkpoint()))
        keptHash = hash
      }),
  }
}

/** Starts at once. Reading a checkpoint is all that it waits for; a Fault is told to `onFault`. */
export async function followChain(given: FollowOptions): Promise<Follower> {
  const options = { ...defaults, clock: realClock, onFault: () => {}, ...given }
  const { rpc, addresses } = options
  const registryOptions = {
    suffixNode: addresses.suffixNode,
    nameRegistry: addresses.nameRegistry,
    edgeRegistry: addresses.edgeRegistry,
    depthMax: options.depthMax,
    ...(options.meter && { meter: options.meter }),
  }
  const registry = createRegistry(registryOptions)
  const keeper = createKeeper(registry, options.checkpointFile, options.onFault)
  await keeper.read()
  const sync = createSync({
    ...options,
    chain: createChain(rpc),
    registry,
    createEmpty: () => createRegistry(registryOptions),
    confirm: () => checkChain(rpc, addresses),
    addresses: [addresses.nameRegistry, addresses.edgeRegistry],
    deployedAtBlock: addresses.deployedAtBlock,
  })
  return run(options, registry, sync, keeper)
}

type Settled = Required<Pick<FollowOptions, 'clock' | 'onFault'>> & FollowOptions & typeof defaults

function run(
  options: Settled,
  registry: Registry,
  sync: ReturnType<typeof createSync>,
  keeper: ReturnType<typeof createKeeper>,
): Follower {
  const { rpc, clock } = options
  const over = new AbortController()
  const waiting = new Set<(fault?: Fault) => void>()
  let levelAt = Number.NEGATIVE_INFINITY
  let writtenAt = clock.now()
  let fault: Fault | undefined
  let failures = 0
  let moves = 0
  let checked = false

  const wake = (outcome?: Fault): void => {
    for (const one of [...waiting]) one(outcome)
  }
  /** One round; returns how long to pause after it. */
  const step = async (): Promise<number> => {
    try {
      if (!checked) await checkChain(rpc, options.addresses)
      checked = true
      const outcome = await sync.round()
      fault = undefined
      failures = 0
      // A chain that moved under us is read again at once, but one that always moves is not hammered.
      moves = outcome === 'moved' ? moves + 1 : 0
      if (moves > 0) return moves === 1 ? 0 : options.pollMs
      levelAt = clock.now()
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
  }
  const loop = async (): Promise<void> => {
    while (!over.signal.aborted) {
      const pauseMs = await step()
      if (clock.now() - writtenAt >= options.checkpointMs) {
        await keeper.write()
        writtenAt = clock.now()
      }
      await delay(pauseMs, over.signal)
    }
    await keeper.write()
  }
  const running = loop()

  return {
    registry,
    status() {
      const behindMs = clock.now() - levelAt
      const healthy = fault === undefined && behindMs <= missedMax * options.pollMs
      return { height: registry.head()?.number ?? -1, behindMs, endpoint: rpc.url, healthy, fault }
    },
    level(deadlineMs) {
      if (fault === undefined && levelAt > Number.NEGATIVE_INFINITY) return Promise.resolve()
      return new Promise((resolve, reject) => {
        const settle = (outcome?: Fault): void => {
          waiting.delete(settle)
          cancel()
          if (outcome) reject(outcome)
          else resolve()
        }
        const late = `${rpc.url} could not be followed in ${deadlineMs} ms.`
        const cancel = clock.after(deadlineMs, () => settle(fault ?? new Fault('chain/unreachable', late)))
        waiting.add(settle)
      })
    },
    async stop() {
      over.abort()
      await running
    },
  }
}
