// Blocks that this edge fetches for other edges, as a home of their site: what is here at once, the rest while who
// asked is still there and has not too many under way.
//
// Whoever asks is a stranger, and naming a site costs nothing. An edge never asks another for more than
// `askedPerHolderMax` at once; from who asks for more nothing is fetched, so that it hears at once to ask elsewhere.

import type { CID } from 'multiformats/cid'
import { isFault } from '../base/fault.ts'
import type { Meter } from '../base/meter.ts'
import type { Blocks } from './blocks.ts'

export interface RelayOptions {
  readonly blocks: Pick<Blocks, 'get' | 'local'>
  /** Fetches under way for one asker. */
  readonly askedMax: number
  readonly meter: Meter
}

export interface Asker {
  /** The same for all that it asks. */
  readonly client: string
  /** Aborts when it has left. */
  readonly signal: AbortSignal
}

/** Undefined when it cannot be had; throws the signal's reason once the asker has left. */
export type Relay = (cid: CID, root: CID, asker: Asker) => Promise<Uint8Array | undefined>

export function createRelay({ blocks, askedMax, meter }: RelayOptions): Relay {
  const under = new Map<string, number>()
  const leave = (client: string): void => {
    const left = under.get(client)! - 1
    if (left > 0) under.set(client, left)
    else under.delete(client)
  }
  return async (cid, root, asker) => {
    const here = await blocks.local(cid)
    if (here !== undefined) return here
    const { client, signal } = asker
    const count = under.get(client) ?? 0
    if (count >= askedMax) {
      meter.count('relay.refused')
      return undefined
    }
    under.set(client, count + 1)
    try {
      return await blocks.get(cid, { root, isRelayed: true, signal })
    } catch (error) {
      if (isFault(error, 'content/missing') && !signal.aborted) return undefined
      throw error
    } finally {
      leave(client)
    }
  }
}
