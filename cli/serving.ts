// Which edges are named in answers and asked for blocks: those on the Roll whose own gossip confirms the entry.
//
// The chain says who is an edge and where, gossip says who is alive. Neither is enough: anyone may enter a stranger's
// key into the Roll, and anyone may gossip without being on it. So an edge serves when it is on the Roll, is alive,
// and gossips from the very address that its entry names.

import { fromHex } from '../base/bytes.ts'
import { type PeerId, peerIdOf } from '../overlay/peer.ts'
import type { EdgeEntry } from '../registry-contract/table.ts'

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

/** Nearer than this is all the same: what a busy event loop adds. */
const sameMs = 5

/**
 * `countMax` of them, nearest first. Round trips (ms; undefined: not known, taken as farthest) are compared in bands,
 * each reaching half as far again as the one before, because predictions are not better than that; within a band
 * successive answers begin with successive edges, which spreads the load.
 */
export function nearestFirst<T>(
  items: readonly T[],
  rttMsOf: (item: T) => number | undefined,
  turn: number,
  countMax: number,
): T[] {
  const bands = new Map<number, T[]>()
  for (const item of items) {
    const band = bandOf(rttMsOf(item))
    bands.set(band, [...(bands.get(band) ?? []), item])
  }
  const ordered = [...bands].sort(([a], [b]) => a - b).flatMap(([, near]) => takeTurns(near, turn))
  return ordered.slice(0, countMax)
}

/** 0 below 5 ms, 1 below 7.5 ms, 2 below 11.3 ms … */
function bandOf(rttMs: number | undefined): number {
  if (rttMs === undefined) return Number.POSITIVE_INFINITY
  return rttMs < sameMs ? 0 : 1 + Math.floor(Math.log(rttMs / sameMs) / Math.log(1.5))
}

function takeTurns<T>(items: readonly T[], turn: number): T[] {
  return items.map((_, i) => items[(turn + i) % items.length]!)
}
