// One event changes one entry, if it makes sense after what is known already.
//
// Form was checked by the decoder; here it is the meaning: the label is a label and hashes to the node, the
// sequence rises, the edge has an address. A sequence that jumps means that a log was lost on the way: the
// newer fact is still the better one, so it is folded, and the gap reported.

import type { EdgeEvent, NameEvent } from './events.ts'
import { childNode, isLabel } from './label.ts'
import type { NameEntry, Table } from './table.ts'

export interface Outcome {
  /** Why the event was skipped; absent when it was folded. */
  readonly refused?: 'malformed' | 'foreign' | 'label' | 'unknown' | 'stale' | 'bounds' | 'full' | 'endpoint'
  readonly gap?: boolean
}

/** The bound of NameRegistry.sol (CONTENTHASH_LENGTH_MAX) as hexadecimal text with its 0x. */
const contenthashTextMax = 2 + 2 * 128

/** Seconds that would not be an instant in milliseconds any more: past the year 287396. */
const secondsMax = Math.floor(Number.MAX_SAFE_INTEGER / 1000)

/** Changes one name and says what became of the event. */
export function foldNameEvent(table: Table, suffixNode: string, event: NameEvent): Outcome {
  const registers = event.event === 'NameRegistered'
  if (registers && !isLabel(event.label)) return { refused: 'label' }
  if (registers && childNode(suffixNode, event.label) !== event.node) return { refused: 'label' }
  const before = table.nameOfNode(event.node)
  if (!before && !registers) return { refused: 'unknown' }
  const last = before?.sequence ?? 0
  if (event.sequence <= last) return { refused: 'stale' }
  if ('expiresAt' in event && event.expiresAt > secondsMax) return { refused: 'bounds' }
  if ('contenthash' in event && event.contenthash.length > contenthashTextMax) return { refused: 'bounds' }

  const next = nameAfter(before, event)
  if (!table.setName(next.label, next)) return { refused: 'full' }
  return { gap: event.sequence !== last + 1 }
}

/** `before` is there for every event but a first registration. */
function nameAfter(before: NameEntry | undefined, event: NameEvent): NameEntry {
  const { sequence } = event
  switch (event.event) {
    case 'NameRegistered': {
      const { label, node, owner } = event
      return { label, node, owner, expiresAt: event.expiresAt * 1000, sequence, contenthash: '0x' }
    }
    case 'NameRenewed':
      return { ...before!, expiresAt: event.expiresAt * 1000, sequence }
    case 'NameTransferred':
      return { ...before!, owner: event.to, sequence }
    case 'ContenthashChanged':
      return { ...before!, contenthash: event.contenthash, sequence }
  }
}

/** Changes one edge and says what became of the event. */
export function foldEdgeEvent(table: Table, event: EdgeEvent): Outcome {
  const { peerKey, owner } = event
  if (event.event === 'EdgeRemoved') {
    if (!table.edge(peerKey)) return { refused: 'unknown' }
    table.setEdge(peerKey, null)
    return {}
  }
  const { dnsPort, httpPort, overlayPort } = event
  const address = dotted(event.ipv4)
  if (address === '0.0.0.0' || dnsPort === 0 || httpPort === 0 || overlayPort === 0) {
    return { refused: 'endpoint' }
  }
  const entered = table.setEdge(peerKey, { peerKey, owner, address, dnsPort, httpPort, overlayPort })
  return entered ? {} : { refused: 'full' }
}

/** `0x7f000101` → `127.0.1.1`. */
function dotted(ipv4: string): string {
  return [2, 4, 6, 8].map(at => Number.parseInt(ipv4.slice(at, at + 2), 16)).join('.')
}
