// The edges whose addresses an owner signs: those on the Roll, as the chain says, and which are near each other.
//
// Who may be named is the chain's word, and nobody else's: an owner would sign whatever address a single edge made up.
// Which are near each other is only a preference, so that is asked of the edges: each knows its round trips.

import { createMeter } from '../../base/meter.ts'
import { followChain } from '../../registry-contract/io/follow.ts'
import { askEdge, type EdgeStatus, statusPath } from '../edge-interface.ts'
import type { NetworkEdge } from '../network.ts'
import type { OpenChain } from '../wallet/account.ts'

/** One entry of the file that `inxt zone sign --edges` reads. */
export interface ListedAddress {
  readonly ipv4?: string
  readonly ipv6?: string
  /** Where it speaks HTTP over TLS; absent where it does not. */
  readonly httpsPort?: number
  /** Indices into the list, nearest first. */
  readonly near?: readonly number[]
}

const levelDeadlineMs = 60_000

/** In the order of their addresses, so that the same edges make the same list. Faults: chain/*. */
export async function edgesOnRoll(
  { endpoints, addresses }: OpenChain,
  live: readonly NetworkEdge[],
): Promise<ListedAddress[]> {
  const listed = await readRoll(endpoints, addresses)
  const statuses = await Promise.allSettled(
    live.map(edge => askEdge<EdgeStatus>(edge, statusPath, { timeoutMs: 3000 })),
  )
  const places = new Map(listed.map(({ ipv4 }, place) => [ipv4, place]))
  const near = new Map<number, number[]>()
  for (const outcome of statuses) {
    if (outcome.status === 'rejected') continue
    const [self, ...others] = outcome.value.members
    const own = self && places.get(self.host)
    if (own === undefined) continue
    const rttMs = ({ rttMs }: EdgeStatus['members'][number]): number =>
      rttMs.predicted ?? rttMs.measured ?? Number.POSITIVE_INFINITY
    const ranked = others.toSorted((a, b) => rttMs(a) - rttMs(b)).map(({ host }) => places.get(host))
    near.set(
      own,
      ranked.filter(place => place !== undefined),
    )
  }
  return listed.map((edge, place) => ({ ...edge, ...(near.has(place) && { near: near.get(place)! }) }))
}

async function readRoll(
  rpc: OpenChain['endpoints'],
  addresses: OpenChain['addresses'],
): Promise<ListedAddress[]> {
  const follower = await followChain({ rpc, addresses, meter: createMeter() })
  try {
    await follower.level(levelDeadlineMs)
    const roll = follower.registry.roll().filter(({ withdrawableAt }) => withdrawableAt === 0)
    const listed = roll.map(({ address, ipv6, httpsPort }) => ({
      ...(address && { ipv4: address }),
      ...(ipv6 && { ipv6 }),
      ...(httpsPort && { httpsPort }),
    }))
    const key = ({ ipv4, ipv6 }: ListedAddress): string => `${ipv4} ${ipv6}`
    return listed.filter(({ ipv4, ipv6 }) => ipv4 ?? ipv6).sort((a, b) => (key(a) < key(b) ? -1 : 1))
  } finally {
    await follower.stop()
  }
}
