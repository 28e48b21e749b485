// Who holds a root, as this edge sees it: what records say, joined with who serves and how far each is.

import { isFault } from '../../base/fault.ts'
import { realClock } from '../../base/io/clock.ts'
import type { Holder, Holders } from '../../content/holders.ts'
import {
  type Coordinate,
  decodeCoordinate,
  distanceMs,
  encodeCoordinate,
} from '../../overlay/coordinates/coordinate.ts'
import { decodeHolder, encodeHolder } from '../../overlay/records/values.ts'
import type { ServingEdge } from '../serving.ts'
import type { Ground } from './ground.ts'
import { holderKey, type Network } from './network.ts'

/** Of who is still fetching: gone soon when it fails without a word. */
const fetchingLifeMs = 60_000
/** What is complete sooner is not announced as being fetched. */
const settleMs = 500

/** The questions of `content/`, answered from records and gossip. */
export function holdersFor(network: Network, replicas: number): Required<Holders> {
  const { overlay } = network
  return {
    async find(root) {
      const edges = new Map(network.serving().map(edge => [edge.peer, edge]))
      const holders: Holder[] = []
      for (const { publisher, value } of await overlay.records.get(holderKey(root))) {
        const edge = edges.get(publisher)
        if (edge === undefined || publisher === overlay.peer) continue
        const { isComplete, coordinate } = decodeHolder(value)
        const rttMs = overlay.rttMs(publisher) ?? foreseenMs(overlay.coordinateOf(overlay.peer), coordinate)
        holders.push({ ...holderOf(edge, rttMs), isComplete })
      }
      return holders.sort((a, b) => (a.rttMs ?? unknownMs) - (b.rttMs ?? unknownMs))
    },
    homes(root) {
      const homes = network.homes(root, replicas)
      const rank = homes.findIndex(({ peer }) => peer === overlay.peer)
      return (rank < 0 ? homes : homes.slice(0, rank)).map(edge => holderOf(edge, overlay.rttMs(edge.peer)))
    },
  }
}

/** Behind all whose distance is known. */
const unknownMs = 1000

export function holderOf({ peer, address, httpPort }: ServingEdge, rttMs: number | undefined): Holder {
  return { id: peer, host: address, port: httpPort, ...(rttMs !== undefined && { rttMs }) }
}

/** From here to where the record says; undefined when one of the two has no place. */
function foreseenMs(own: Coordinate | undefined, coordinate: Uint8Array): number | undefined {
  if (own === undefined || coordinate.length === 0) return undefined
  try {
    return distanceMs(own.base.point, decodeCoordinate(coordinate).base.point)
  } catch (error) {
    if (isFault(error)) return undefined
    throw error
  }
}

/** Says in the records what this edge holds, and what it is fetching. */
export function announcing({ settings, log, stack }: Ground, { overlay }: Network) {
  const settling = new Map<string, () => void>()
  const complain = (error: unknown): void => {
    if (!isFault(error)) throw error
    log.warn({ code: error.code, what: error.message }, 'a holder record was not stored')
  }
  const settle = (root: string): void => {
    settling.get(root)?.()
    settling.delete(root)
  }
  const say = (root: string, isComplete: boolean): void => {
    const own = overlay.coordinateOf(overlay.peer)
    const coordinate = own === undefined ? new Uint8Array() : encodeCoordinate(own)
    const value = encodeHolder({ holder: overlay.peer, isComplete, coordinate })
    const lifeMs = isComplete
      ? settings['records.lifeMs']
      : Math.min(fetchingLifeMs, settings['records.lifeMs'])
    overlay.records.publish(holderKey(root), value, lifeMs).catch(complain)
  }
  stack.defer(async () => {
    for (const cancel of settling.values()) cancel()
  })
  return {
    announce(root: string, isComplete: boolean): void {
      settle(root)
      if (isComplete) say(root, true)
      else
        settling.set(
          root,
          realClock.after(settleMs, () => say(root, false)),
        )
    },
    retract(root: string): void {
      settle(root)
      overlay.records.withdraw(holderKey(root)).catch(complain)
    },
  }
}
