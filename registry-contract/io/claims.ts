// What a wallet can do with a domain of the DNS, and what the chain says of one: who claims it, for which site, and at
// which edges its name servers may be.
//
// Read from events, as edges do, for a person who asks about one domain: no follower is needed. Claims and labels are
// found by topic; the edges are all of the Roll, since which of them a domain is to use is its owner's choice.

import { domainToASCII } from 'node:url'
import { Interface } from 'ethers/abi'
import { Fault } from '../../base/fault.ts'
import type { Addresses, ContractName } from '../addresses.ts'
import { parseQuantity } from '../answers.ts'
import { claimCalls } from '../calls.ts'
import type { ClaimEntry } from '../claim.ts'
import { domainHash, tokenOf } from '../claim.ts'
import { ipv4Text, ipv6Text } from '../endpoint.ts'
import { decodeEvent, type RegistryEvent } from '../events.ts'
import { childNode, requireLabel } from '../label.ts'
import type { Source } from '../signatures.ts'
import { logsOf } from './history.ts'
import type { Call } from './reader.ts'
import type { Rpc } from './rpc.ts'

const claims = new Interface(claimCalls)

/** What a person typed as the claim spells it: A-labels in lower case, no dot at the end. Fault `name/invalid`. */
export function requireDomain(typed: string): string {
  const name = domainToASCII(typed.replace(/\.$/, ''))
  if (domainHash(name) !== undefined && !/^[0-9.]+$/.test(name)) return name
  throw new Fault('name/invalid', `${JSON.stringify(typed.slice(0, 80))} is not a domain.`, {
    hint: 'Give a name such as example.com, of letters, digits and hyphens with dots between.',
  })
}

/** The claim of `owner` to `domain`, as `requireDomain` spells it, before it is made. */
export function claimOf(addresses: Addresses, domain: string, owner: string, label: string): ClaimEntry {
  const hash = domainHash(domain)!
  const site = childNode(addresses.suffixNode, requireLabel(label))
  return { domain: hash, name: domain, owner, site, token: tokenOf(hash, owner) }
}

export function claimCall({ contracts }: Addresses, { name, site }: ClaimEntry): Call {
  return { to: contracts.DomainClaims.address, data: claims.encodeFunctionData('claim', [name, site]) }
}

export function releaseCall({ contracts }: Addresses, domain: string): Call {
  return {
    to: contracts.DomainClaims.address,
    data: claims.encodeFunctionData('release', [domainHash(domain)]),
  }
}

/** Claims to `domain` that stand, by owner. Faults: `chain/unreachable`, `bytes/malformed`. */
export async function claimsOn(rpc: Rpc, addresses: Addresses, domain: string): Promise<ClaimEntry[]> {
  const hash = domainHash(domain)!
  const standing = new Map<string, ClaimEntry>()
  for (const event of await eventsOf(rpc, addresses, 'DomainClaims', [null, hash])) {
    if (event.event === 'DomainReleased') standing.delete(event.owner)
    if (event.event !== 'DomainClaimed') continue
    const { owner, site } = event
    standing.set(owner, { domain: hash, name: domain, owner, site, token: tokenOf(hash, owner) })
  }
  return [...standing.values()].sort((a, b) => (a.owner < b.owner ? -1 : 1))
}

/** The label of a node; undefined when nobody ever registered it. Faults as above. */
export async function labelOn(rpc: Rpc, addresses: Addresses, node: string): Promise<string | undefined> {
  for (const event of await eventsOf(rpc, addresses, 'NameRegistrar', [null, node])) {
    if (event.event === 'NameRegistered' && childNode(addresses.suffixNode, event.label) === node)
      return event.label
  }
  return undefined
}

export interface EdgeDoor {
  readonly peerKey: string
  /** IPv4 and IPv6, as far as it has them. */
  readonly addresses: readonly string[]
  readonly dnsPort: number
}

/** All edges of the Roll. Faults as above. */
export async function edgesOn(rpc: Rpc, addresses: Addresses): Promise<EdgeDoor[]> {
  const edges = new Map<string, EdgeDoor>()
  for (const event of await eventsOf(rpc, addresses, 'EdgeRegistry', [])) {
    if (event.event === 'EdgeUnbonding' || event.event === 'EdgeRemoved') edges.delete(event.peerKey)
    if (event.event === 'EdgeSlashed' && event.stake === 0n) edges.delete(event.peerKey)
    if (event.event !== 'EdgeRegistered') continue
    const { peerKey, ipv4, ipv6, dnsPort } = event
    const known = [ipv4Text(ipv4), ipv6Text(ipv6)].filter(text => text !== '')
    edges.set(peerKey, { peerKey, addresses: known, dnsPort })
  }
  return [...edges.values()]
}

async function eventsOf(
  rpc: Rpc,
  { contracts, deployedAtBlock }: Addresses,
  source: Source & ContractName,
  topics: readonly (string | null)[],
): Promise<RegistryEvent[]> {
  const { address } = contracts[source]
  const height = parseQuantity(await rpc.call('eth_blockNumber', []), 'block number')
  const logs = await logsOf(rpc, { address, topics }, Math.min(deployedAtBlock, height), height)
  return logs.flatMap(log => (log.address === address ? (decodeEvent(source, log) ?? []) : []))
}
