// Arbitrary events and blocks for tests: mostly sensible ones, so that a fold has something to do.

import fc from 'fast-check'
import { domainHash, tokenOf } from './claim.ts'
import {
  type ClaimEvent,
  type EdgeEvent,
  encodeEvent,
  type LabelEvent,
  type Log,
  type NameEvent,
  type RegistryEvent,
} from './events.ts'
import { childNode, nodeOf } from './label.ts'
import type { RegistryOptions } from './registry.ts'
import { eventsOf, type Source, sources, topics } from './signatures.ts'

const addressOf = (byte: string): string => `0x${byte.repeat(20)}`

export const contracts = {
  suffixNode: nodeOf('inxt'),
  contracts: {
    NameRegistry: addressOf('11'),
    NameRegistrar: addressOf('22'),
    EdgeRegistry: addressOf('33'),
    DomainClaims: addressOf('44'),
  },
} as const satisfies RegistryOptions

export function hexBytes(length: number): fc.Arbitrary<string> {
  return fc
    .uint8Array({ minLength: length, maxLength: length })
    .map(bytes => `0x${Buffer.from(bytes).toString('hex')}`)
}

/** Few of each, so that events meet. */
const label = fc.constantFrom('a', 'b1', 'c-d', 'xn--bcher-kva', '9')
const owner = fc.constantFrom(...['0a', '0b', '0c'].map(addressOf))
const peerKey = fc.constantFrom(...['e1', 'e2', 'e3', 'e4'].map(byte => `0x${byte.repeat(32)}`))
const sequence = fc.integer({ min: 1, max: 40 })
const expiresAt = fc.integer({ min: 0, max: 4_000_000_000 })
const port = fc.integer({ min: 0, max: 65_535 })
const stake = fc.bigInt({ min: 0n, max: 2n ** 96n - 1n })
const hash = fc.oneof(
  fc.constant('0x'),
  hexBytes(32).map(digest => `0xe30101701220${digest.slice(2)}`),
  hexBytes(32).map(digest => `0xe30101551220${digest.slice(2)}`),
  hexBytes(40).map(rest => `0xe401${rest.slice(2)}`),
  fc.integer({ min: 0, max: 130 }).chain(hexBytes),
)

function nodeOfLabel(text: string): string {
  return childNode(contracts.suffixNode, text)
}

export const nameEvent: fc.Arbitrary<NameEvent> = fc
  .record({ label, owner, to: owner, sequence, expiresAt, hash, kind: fc.nat(7) })
  .map(({ label, owner, to, sequence, expiresAt, hash, kind }): NameEvent => {
    const node = nodeOfLabel(label)
    if (kind <= 2) return { event: 'NameAssigned', node, owner, expiresAt, sequence }
    if (kind === 3) return { event: 'NameExtended', node, expiresAt, sequence }
    if (kind === 4) return { event: 'NameTransferred', node, from: owner, to, sequence }
    if (kind === 5) return { event: 'DelegateChanged', node, delegate: to, sequence }
    if (kind === 6) return { event: 'ZonehashChanged', node, zonehash: hash, sequence }
    return { event: 'ContenthashChanged', node, contenthash: hash, sequence }
  })

export const labelEvent: fc.Arbitrary<LabelEvent> = fc
  .record({ label, owner, sequence, expiresAt, cost: stake })
  .map(fields => ({ event: 'NameRegistered', node: nodeOfLabel(fields.label), ...fields }))

export const edgeEvent: fc.Arbitrary<EdgeEvent> = fc.oneof(
  fc.record({
    event: fc.constant('EdgeRegistered' as const),
    peerKey,
    owner,
    operatorKey: owner,
    ipv4: hexBytes(4),
    ipv6: hexBytes(16),
    dnsPort: port,
    httpPort: port,
    httpsPort: port,
    overlayPort: port,
    stake,
  }),
  fc.record({ event: fc.constant('EdgeUnbonding' as const), peerKey, owner, withdrawableAt: expiresAt }),
  fc.record({ event: fc.constant('EdgeRemoved' as const), peerKey, owner, stake }),
  fc.record({
    event: fc.constant('EdgeSlashed' as const),
    peerKey,
    reporter: owner,
    burned: stake,
    reward: stake,
    stake,
  }),
)

export const claimEvent: fc.Arbitrary<ClaimEvent> = fc
  .record({ name: fc.constantFrom('example.com', 'a.b-c.org'), owner, site: label, released: fc.boolean() })
  .map(({ name, owner, site, released }): ClaimEvent => {
    const domain = domainHash(name)!
    if (released) return { event: 'DomainReleased', domain, owner }
    const token = `0x${tokenOf(domain, owner)}`
    return { event: 'DomainClaimed', domain, owner, site: nodeOfLabel(site), name, token }
  })

export const registryEvent: fc.Arbitrary<RegistryEvent> = fc.oneof(
  { weight: 6, arbitrary: nameEvent },
  { weight: 3, arbitrary: labelEvent },
  { weight: 3, arbitrary: edgeEvent },
  { weight: 1, arbitrary: claimEvent },
)

const sourceOf = new Map(
  sources.flatMap(source => [...eventsOf[source].values()].map(({ name }) => [name, source] as const)),
)

export function sourceOfEvent(event: RegistryEvent): Source {
  return sourceOf.get(event.event)!
}

/** The log that a contract writes for an event. */
export function logOf(event: RegistryEvent): Log {
  return { address: contracts.contracts[sourceOfEvent(event)], ...encodeEvent(event) }
}

const hostileLog: fc.Arbitrary<Log> = fc.record({
  address: fc.constantFrom(...Object.values(contracts.contracts), addressOf('55')),
  topics: fc.array(fc.oneof(hexBytes(32), fc.constantFrom(...topics)), { maxLength: 4 }),
  data: fc.oneof(hexBytes(64), fc.nat(300).chain(hexBytes)),
})

/** A sound log of which a piece of the data is missing or another. */
const wornLog: fc.Arbitrary<Log> = fc.tuple(nameEvent, fc.nat(200), hexBytes(2)).map(([event, at, bytes]) => {
  const log = logOf(event)
  return { ...log, data: log.data.slice(0, 2 + 2 * at) + bytes.slice(2) }
})

export const log: fc.Arbitrary<Log> = fc.oneof(
  { weight: 9, arbitrary: registryEvent.map(logOf) },
  { weight: 1, arbitrary: hostileLog },
  { weight: 1, arbitrary: wornLog },
)

/** The logs of a registration, in the order in which the contracts write them. */
export function registration(
  label: string,
  owner: string,
  more: { expiresAt?: number; sequence?: number } = {},
): Log[] {
  const facts = { node: nodeOfLabel(label), owner, expiresAt: 2_000, sequence: 1, ...more }
  return [
    logOf({ event: 'NameAssigned', ...facts }),
    logOf({ event: 'NameRegistered', label, cost: 10n ** 18n, ...facts }),
  ]
}

/** A hash for a block that no other number and branch share. */
export function blockHash(number: number, branch: number): string {
  return `0x${number.toString(16).padStart(32, '0')}${branch.toString(16).padStart(32, '0')}`
}
