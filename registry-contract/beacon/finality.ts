// Keeping a light client at the head of finality, from beacon nodes of which one that is honest is enough.
//
// Every message is verified before it counts, so the nodes are asked one after the other for what brings the
// client on: a bootstrap once, one update for each day that it was away, then the newest finality. The newest
// is asked of all, because a node that withholds cannot be told from one that has nothing. What is known
// stays known when nobody answers; how old it is, the block's own time says. Beacon API:
// "getLightClientBootstrap", "getLightClientUpdatesByRange", "getLightClientFinalityUpdate".

import { fromHex } from '../../base/bytes.ts'
import { assert, Fault, isFault } from '../../base/fault.ts'
import type { HeaderWarning } from '../headers.ts'
import { createLightClient, type LightClient, periodOf } from './lightclient.ts'
import { type BeaconNetwork, slotAt } from './network.ts'
import { readBootstrap, readUpdate } from './update.ts'

/** A beacon node's answers as they come: anything at all. Faults are what the methods may throw. */
export interface BeaconEndpoint {
  readonly url: string
  bootstrap(root: string): Promise<unknown>
  updates(period: number, count: number): Promise<unknown>
  finality(): Promise<unknown>
}

export interface FinalityOptions {
  readonly network: BeaconNetwork
  /**
   * Root of a beacon block of the last two weeks, 0x and 64 digits: what everything else is believed from.
   */
  readonly checkpoint: string
  readonly endpoints: readonly BeaconEndpoint[]
  /** No question is asked twice within this time. */
  readonly refreshMs?: number
  readonly onWarning?: HeaderWarning
}

export interface Finality {
  /**
   * Hash of the execution block that the newest final beacon block known at `now` (ms) commits to. Fault
   * `chain/unreachable` when there is none yet.
   */
  finalHash(now: number): Promise<string>
  /** A root to begin with next time; undefined before the first answer. */
  checkpoint(): string | undefined
}

/** One slot; a new block is final every 32 slots. */
const refreshMsDefault = 12_000
/** After it, validators may have left, and lose nothing by signing another history (weak subjectivity). */
const trustedMs = 14 * 24 * 3_600_000
/** An update is about 60 KB of JSON. */
const updatesMax = 16

const advice = 'name a new one, from somebody you trust, in chain.checkpoint'
const days = (ms: number): string => `${Math.floor(ms / 86_400_000)} days`

/** The Beacon API wraps every answer in `{version, data}`. */
function dataOf(answer: unknown): unknown {
  return (answer as { data?: unknown } | null | undefined)?.data
}

export function createFinality(options: FinalityOptions): Finality {
  const { network, endpoints } = options
  const trustedRoot = fromHex(options.checkpoint)
  assert(trustedRoot?.length === 32, `checkpoint ${options.checkpoint}`)
  let client: LightClient | undefined
  let askedAt = -Infinity
  let asking: Promise<void> | undefined

  /** Runs `ask`; a Fault becomes a warning and undefined. */
  const attempt = async <Value>(url: string, ask: () => Promise<Value>): Promise<Value | undefined> => {
    try {
      return await ask()
    } catch (error) {
      if (!isFault(error)) throw error
      options.onWarning?.(url, error.message)
      return undefined
    }
  }

  const begin = async (slot: number): Promise<LightClient> => {
    for (const endpoint of endpoints) {
      const begun = await attempt(endpoint.url, async () => {
        const answer = await endpoint.bootstrap(options.checkpoint)
        return createLightClient(network.config, trustedRoot, readBootstrap(network.config, dataOf(answer)))
      })
      if (!begun) continue
      const oldMs = (slot - begun.finalized().slot) * network.config.SLOT_DURATION_MS
      if (oldMs > trustedMs)
        options.onWarning?.(endpoint.url, `the checkpoint is ${days(oldMs)} old: ${advice}`)
      return begun
    }
    throw new Fault('chain/unreachable', `No beacon node knows the checkpoint ${options.checkpoint}.`)
  }

  /** One range of updates; applies what is valid and ends at the first that is not. */
  const advance = async (client: LightClient, endpoint: BeaconEndpoint, slot: number): Promise<void> => {
    const count = Math.min(updatesMax, periodOf(slot) - client.period() + 1)
    const answer = await endpoint.updates(client.period(), count)
    if (!Array.isArray(answer) || answer.length > count)
      throw new Fault('bytes/malformed', 'The beacon node answered with no list of updates.')
    for (const one of answer) client.apply(readUpdate(network.config, 'update', dataOf(one)), slot)
  }

  /** Learns the committees up to the clock's period: as long as anybody brings us on. */
  const catchUp = async (client: LightClient, slot: number): Promise<void> => {
    for (const endpoint of endpoints) {
      let before = -1
      while (client.period() < periodOf(slot) && client.period() > before) {
        before = client.period()
        await attempt(endpoint.url, () => advance(client, endpoint, slot))
      }
    }
  }

  const newest = async (client: LightClient, slot: number): Promise<void> => {
    const ask = (endpoint: BeaconEndpoint) =>
      attempt(endpoint.url, async () => {
        const answer = await endpoint.finality()
        client.apply(readUpdate(network.config, 'finality', dataOf(answer)), slot)
      })
    await Promise.all(endpoints.map(ask))
  }

  const refresh = async (now: number): Promise<void> => {
    const slot = slotAt(network, now)
    client ??= await begin(slot)
    await catchUp(client, slot)
    await newest(client, slot)
    askedAt = now
  }

  return {
    async finalHash(now) {
      if (now - askedAt >= (options.refreshMs ?? refreshMsDefault)) {
        asking ??= refresh(now).finally(() => {
          asking = undefined
        })
        await asking
      }
      return client!.finalized().executionHash
    },
    checkpoint: () => client?.finalized().root,
  }
}
