// One event changes one entry, if it makes sense after what is known already.
//
// Form was checked by the decoder; here it is the meaning: the sequence rises, the label is a label and hashes to
// the node, the edge can be reached, the token is that of domain and owner. What makes no sense is refused with
// a reason that a person can read, and nothing changes; except that a hash which is none still is what its owner
// set last, so the name then points at nothing and its count of changes goes on.
//
// A sequence that jumps means that a log was lost on the way: the newer fact is still the better one, so it is
// folded, and the gap is told, for the logs to be read again.

import { Claim, claimKey, domainHash, tokenOf } from './claim.ts'
import { hashFlaw } from './contenthash.ts'
import { ipv4Text, ipv6Text } from './endpoint.ts'
import type { ClaimEvent, EdgeEvent, LabelEvent, NameEvent, Salvage } from './events.ts'
import { isChildNode } from './keccak.ts'
import { isLabel } from './label.ts'
import { numberMax, type RowChange } from './rows.ts'
import type { Table } from './table.ts'

export type Refusal =
  | 'malformed'
  | 'foreign'
  | 'label'
  | 'unknown'
  | 'stale'
  | 'bounds'
  | 'full'
  | 'endpoint'
  | 'hash'
  | 'domain'

export interface Outcome {
  /** Why the event was not folded as it is; absent when it was. */
  readonly refused?: Refusal
  /** The same in words, for the list of what was refused. */
  readonly why?: string
  /** Logs before this one are missing. */
  readonly gap?: boolean
}

const folded: Outcome = {}
const nobody = `0x${'00'.repeat(20)}`

/** What an event changes, and why its hash is none, if it carries one that is none. */
function changeOf(event: NameEvent): { change: RowChange; flaw?: string | undefined } {
  const { sequence } = event
  switch (event.event) {
    case 'NameAssigned': {
      const { owner, expiresAt } = event
      return { change: { owner, expiresAt, sequence, delegate: nobody, contenthash: '0x', zonehash: '0x' } }
    }
    case 'NameExtended':
      return { change: { expiresAt: event.expiresAt, sequence } }
    case 'NameTransferred':
      return { change: { owner: event.to, delegate: nobody, sequence } }
    case 'DelegateChanged':
      return { change: { delegate: event.delegate, sequence } }
    case 'ContenthashChanged': {
      const flaw = hashFlaw(event.contenthash)
      return { change: { contenthash: flaw ? '0x' : event.contenthash, sequence }, flaw }
    }
    case 'ZonehashChanged': {
      const flaw = hashFlaw(event.zonehash)
      return { change: { zonehash: flaw ? '0x' : event.zonehash, sequence }, flaw }
    }
  }
}

/** Changes one name and says what became of the event. */
export function foldNameEvent(table: Table, event: NameEvent): Outcome {
  const found = table.rows.ofNode(event.node)
  const assigned = event.event === 'NameAssigned'
  if (found < 0 && (!assigned || table.isFull())) return missing(table, event.event)
  const last = found < 0 ? 0 : table.rows.sequence(found)
  const { sequence } = event
  if (sequence <= last) return { refused: 'stale', why: `its sequence ${sequence} is not above ${last}` }
  const expiresAt = 'expiresAt' in event ? event.expiresAt : 0
  if (sequence > numberMax || expiresAt > numberMax) {
    return { refused: 'bounds', why: 'its sequence or its expiry has more than 48 bits' }
  }
  const { change, flaw } = changeOf(event)
  const row = found < 0 ? table.rows.add(event.node) : found
  if (found >= 0) table.touch(row)
  table.rows.write(row, change)
  const gap = sequence !== last + 1
  return flaw ? { refused: 'hash', why: flaw, gap } : gap ? { gap } : folded
}

/** An event of a name that is not there: it does not fit any more, or its assignment was lost. */
function missing(table: Table, event: string): Outcome {
  if (table.isFull()) return { refused: 'full', why: 'the table of names is full' }
  return { refused: 'unknown', why: `${event} of a name that was never assigned`, gap: true }
}

/** A hash that could not be read is none, but it is what the owner set last: the name points at nothing now. */
export function foldSalvage(table: Table, { event, node, sequence }: Salvage): void {
  const row = table.rows.ofNode(node)
  if (row < 0 || sequence !== table.rows.sequence(row) + 1) return
  table.touch(row)
  table.rows.write(row, { sequence, [event === 'ContenthashChanged' ? 'contenthash' : 'zonehash']: '0x' })
}

/** Gives a name its label; `suffixNode` as bytes. */
export function foldLabelEvent(table: Table, suffixNode: Uint8Array, event: LabelEvent): Outcome {
  const { node, label } = event
  if (!isLabel(label)) return { refused: 'label', why: 'its label breaks the rule of labels' }
  const row = table.rows.ofNode(node)
  if (row < 0) return missing(table, event.event)
  const known = table.rows.label(row)
  if (known === label) return folded
  if (!isChildNode(node, suffixNode, label)) {
    return { refused: 'label', why: `its node is not that of ${label}` }
  }
  table.touch(row)
  table.rows.setLabel(row, label)
  return folded
}

/** Changes one edge and says what became of the event. */
export function foldEdgeEvent(table: Table, event: EdgeEvent): Outcome {
  const { peerKey } = event
  if (event.event === 'EdgeRegistered') return foldEndpoint(table, event)
  const before = table.edges.get(peerKey)
  if (!before) return { refused: 'unknown', why: `${event.event} of an edge that is not there` }
  switch (event.event) {
    case 'EdgeUnbonding': {
      if (event.withdrawableAt > numberMax)
        return { refused: 'bounds', why: 'an instant has more than 48 bits' }
      table.edges.set(peerKey, { ...before, withdrawableAt: Math.max(1, event.withdrawableAt) * 1000 })
      return folded
    }
    case 'EdgeSlashed':
      table.edges.set(peerKey, { ...before, stakeWei: event.stake })
      return folded
    case 'EdgeRemoved':
      table.edges.set(peerKey, null)
      return folded
  }
}

function foldEndpoint(table: Table, event: EdgeEvent & { event: 'EdgeRegistered' }): Outcome {
  const { peerKey, owner, operatorKey, dnsPort, httpPort, httpsPort, overlayPort } = event
  const [address, ipv6] = [ipv4Text(event.ipv4), ipv6Text(event.ipv6)]
  if (address === '' && ipv6 === '') return { refused: 'endpoint', why: 'the edge has no address' }
  if (dnsPort === 0 || httpPort === 0 || overlayPort === 0) {
    return { refused: 'endpoint', why: 'a port of the edge is 0' }
  }
  const ports = { dnsPort, httpPort, httpsPort, overlayPort }
  const entry = {
    peerKey,
    owner,
    operatorKey,
    address,
    ipv6,
    ...ports,
    stakeWei: event.stake,
    withdrawableAt: 0,
  }
  return table.edges.set(peerKey, entry) ? folded : { refused: 'full', why: 'the table of edges is full' }
}

/** Changes one claim and says what became of the event. */
export function foldClaimEvent(table: Table, event: ClaimEvent): Outcome {
  const { domain, owner } = event
  const key = claimKey(domain, owner)
  if (event.event === 'DomainReleased') {
    if (!table.claims.get(key)) return { refused: 'unknown', why: 'release of a domain that was not claimed' }
    table.claims.set(key, null)
    return folded
  }
  const { name, site } = event
  const token = tokenOf(domain, owner)
  if (domainHash(name) !== domain) return { refused: 'domain', why: 'its hash is not that of a valid domain' }
  if (event.token !== `0x${token}`)
    return { refused: 'domain', why: 'its token is not that of domain and owner' }
  const entered = table.claims.set(key, new Claim({ name, owner, site }))
  return entered ? folded : { refused: 'full', why: 'the table of claims is full' }
}
