// Which edges are named in answers and asked for blocks: those on the Roll whose own gossip confirms the entry.
//
// The chain says who is an edge and where, gossip says who is alive. Neither is enough: anyone may enter a stranger's
// key into the Roll, and anyone may gossip without being on it. So an edge serves when it is on the Roll, is alive,
// and gossips from the very address that its entry names.

import { fromHex } from '../base/bytes.ts'
import { type PeerId, peerIdOf } from '../overlay/peer.ts'
import { decodeHolder } from '../overlay/records/values.ts'
import type { EdgeEntry } from '../registry-contract/table.ts'
import { bandsOf, inProportion } from '../resolver/select/bands.ts'

/** What edges speak at their `httpsPort`: sites have an HTTPS record where all edges have the same. */
export const siteAlpn = ['h2', 'http/1.1']

export interface ServingEdge extends EdgeEntry {
  readonly peer: PeerId
}

export interface LiveMember {
  readonly id: PeerId
  readonly host: string
  readonly port: number
}

/** In the order of the Roll, which is the same everywhere. */
export function servingEdges(roll: readonly EdgeEntry[], live: readonly LiveMember[]): ServingEdge[] {
  const members = new Map(live.map(member => [member.id, member]))
  return roll
    .map(edge => ({ ...edge, peer: peerIdOf(fromHex(edge.peerKey)!) }))
    .filter(({ peer, address, overlayPort }) => {
      const member = members.get(peer)
      return member?.host === address && member.port === overlayPort
    })
}

/** Those of `edges` that say that they hold all of it; who is still fetching it publishes a record, too. */
export function completeHolders(
  edges: readonly ServingEdge[],
  records: readonly { readonly publisher: PeerId; readonly value: Uint8Array }[],
): ServingEdge[] {
  const complete = records.filter(({ value }) => decodeHolder(value).isComplete)
  const peers = new Set(complete.map(({ publisher }) => publisher))
  return edges.filter(({ peer }) => peers.has(peer))
}

/**
 * The port at which all of `edges` serve TLS, 0 where there is none. Of all, as they take turns in answers: a browser
 * that saw an HTTPS record made of some asks others, which A named meanwhile, by nothing but TLS at that port.
 */
export function tlsPortOf(edges: readonly ServingEdge[]): number {
  const port = edges[0]?.httpsPort ?? 0
  return edges.every(({ httpsPort }) => httpsPort === port) ? port : 0
}

/** `countMax` of them, nearest first by round trips (ms) as `bandsOf` compares them; those about as near take turns. */
export function nearestFirst<T>(
  items: readonly T[],
  rttMsOf: (item: T) => number | undefined,
  turn: number,
  countMax: number,
): T[] {
  return inProportion(bandsOf(items, rttMsOf), turn, countMax)
}

/** How much farther than another may be who is kept in its place: predictions are not better than that. */
const keptRatio = 1.5
const unknownMs = 1e6

/** `countMax` of them, the nearest, without turns: who is kept makes way only for who is nearer by far. */
export function nearestKept<T>(
  items: readonly T[],
  rttMsOf: (item: T) => number | undefined,
  isKept: (item: T) => boolean,
  countMax: number,
): T[] {
  const costs = new Map(
    items.map(item => [item, (rttMsOf(item) ?? unknownMs) / (isKept(item) ? keptRatio : 1)]),
  )
  return [...items].sort((a, b) => costs.get(a)! - costs.get(b)!).slice(0, countMax)
}
