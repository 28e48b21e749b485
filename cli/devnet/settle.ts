// When is a devnet up? When every edge has met every other: then an answer of any of them names all.

import { Fault } from '../../base/fault.ts'
import { delay } from '../../base/io/clock.ts'
import { askEdge, type EdgeStatus, statusPath } from '../edge-interface.ts'
import type { NetworkEdge } from '../network.ts'

const deadlineMs = 20_000
const pollMs = 100

/** Throws Fault net/unreachable when some do not find each other in time. */
export async function settleNetwork(edges: readonly NetworkEdge[]): Promise<void> {
  const endsAt = performance.now() + deadlineMs
  let alone: NetworkEdge[] = []
  do {
    const seen = await Promise.all(
      edges.map(edge => askEdge<EdgeStatus>(edge, statusPath).catch(() => undefined)),
    )
    alone = edges.filter((_, i) => (seen[i]?.serving.length ?? 0) < edges.length)
    if (alone.length === 0) return
    await delay(pollMs)
  } while (performance.now() < endsAt)
  const names = alone.map(({ address }) => address).join(', ')
  throw new Fault(
    'net/unreachable',
    `after ${deadlineMs / 1000} s not every edge has met every other: ${names}`,
  )
}
