// The events that facts are folded from, as text and once: the same lines that Solidity would print.
//
// Topics are computed from these lines, so there is no second list to keep; a test compares them with the
// compiled contracts. Events that carry nothing the fold needs (transfers and approvals of the tokens,
// commitments, rent) are left out here, are not asked for, and are passed over when they arrive all the same.
// What a wallet calls stands in calls.ts.

import { type Signature, signature } from './abi.ts'

const term = 'uint64 expiresAt, uint64 sequence'
const ports = 'uint16 dnsPort, uint16 httpPort, uint16 httpsPort, uint16 overlayPort'
const endpoint = `address operatorKey, bytes4 ipv4, bytes16 ipv6, ${ports}`

const slashed =
  'bytes32 indexed peerKey, address indexed reporter, uint96 burned, uint96 reward, uint96 stake'
const claimed =
  'bytes32 indexed domain, address indexed owner, bytes32 indexed site, string name, bytes16 token'

/** By contract, in the order in which a registration emits them. */
export const eventTexts = {
  NameRegistry: [
    `event NameAssigned(bytes32 indexed node, address indexed owner, ${term})`,
    `event NameExtended(bytes32 indexed node, ${term})`,
    'event NameTransferred(bytes32 indexed node, address indexed from, address indexed to, uint64 sequence)',
    'event DelegateChanged(bytes32 indexed node, address indexed delegate, uint64 sequence)',
    'event ContenthashChanged(bytes32 indexed node, bytes contenthash, uint64 sequence)',
    'event ZonehashChanged(bytes32 indexed node, bytes zonehash, uint64 sequence)',
  ],
  NameRegistrar: [
    `event NameRegistered(bytes32 indexed node, string label, address indexed owner, ${term}, uint256 cost)`,
  ],
  EdgeRegistry: [
    `event EdgeRegistered(bytes32 indexed peerKey, address indexed owner, ${endpoint}, uint96 stake)`,
    'event EdgeUnbonding(bytes32 indexed peerKey, address indexed owner, uint64 withdrawableAt)',
    'event EdgeRemoved(bytes32 indexed peerKey, address indexed owner, uint96 stake)',
    `event EdgeSlashed(${slashed})`,
  ],
  DomainClaims: [
    `event DomainClaimed(${claimed})`,
    'event DomainReleased(bytes32 indexed domain, address indexed owner)',
  ],
} as const

export type Source = keyof typeof eventTexts

export const sources = Object.keys(eventTexts) as readonly Source[]

/** By contract, then by topic. */
export const eventsOf: Readonly<Record<Source, ReadonlyMap<string, Signature>>> = {
  NameRegistry: byTopic('NameRegistry'),
  NameRegistrar: byTopic('NameRegistrar'),
  EdgeRegistry: byTopic('EdgeRegistry'),
  DomainClaims: byTopic('DomainClaims'),
}

/** The first topics of all of them: what endpoints are asked for. */
export const topics: readonly string[] = Object.values(eventsOf).flatMap(events => [...events.keys()])

function byTopic(source: Source): Map<string, Signature> {
  return new Map(eventTexts[source].map(text => signature(text)).map(one => [one.hash, one]))
}
