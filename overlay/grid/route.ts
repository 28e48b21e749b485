// Which peers are closer to a key: the choice that makes a hop worth two bits and more.
//
// A reference of the right level fixes one bit for certain. Among ten of them one agrees with the key on about log2 10
// bits more, so asking the longest match first turns the binary trie into one of a dozen branches without a larger
// table (P-Grid §2 picks at random: half a bit more per hop). Of equal matches the nearest wins.

import type { Ground } from './ground.ts'
import { commonBits, covers, type GridKey, type Path } from './path.ts'
import type { Reference } from './view.ts'

/** Peers to ask about `key` next, best first, and how many bits of it they share at least. Aside: replicas, when
 *  this peer knows nobody closer; whoever is asked so must not turn to replicas again. */
export function wayTo(
  { view, rttMs }: Ground,
  key: GridKey,
  isAside: boolean,
): { candidates: Reference[]; matched: number; isAside: boolean } {
  if (!view.isPlaced()) return { candidates: [...view.guides()], matched: 0, isAside: false }
  const shared = commonBits(view.self().path, key)
  const closer = view.references(shared + 1).filter(({ path }) => commonBits(path, key) > shared)
  if (closer.length > 0 || isAside)
    return { candidates: byMatch(closer, key, rttMs), matched: shared + 1, isAside: false }
  return { candidates: [...view.replicas()], matched: shared, isAside: true }
}

function byMatch(peers: readonly Reference[], key: GridKey, rttMs: Ground['rttMs']): Reference[] {
  return peers
    .map(peer => ({
      peer,
      match: covers(peer.path, key) ? Number.POSITIVE_INFINITY : commonBits(peer.path, key),
      wayMs: rttMs(peer.peer),
    }))
    .sort((a, b) => (a.match === b.match ? a.wayMs - b.wayMs : b.match - a.match))
    .map(({ peer }) => peer)
}

/** About how many hops a question has left at a peer: it will fix three bits at a time. */
export function hopsFrom(path: Path, key: GridKey): number {
  return covers(path, key) ? 0 : Math.ceil((path.length - commonBits(path, key)) / 3)
}
