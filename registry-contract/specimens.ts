// Arbitrary events and blocks for tests: mostly sensible ones, so that a fold has something to do.

import fc from 'fast-check'
import { type EdgeEvent, encodeEvent, type Log, type NameEvent } from './events.ts'
import { childNode, nodeOf } from './label.ts'
import type { RegistryOptions } from './registry.ts'

export const contracts: RegistryOptions = {
  suffixNode: nodeOf('inxt'),
  nameRegistry: `0x${'11'.repeat(20)}`,
  edgeRegistry: `0x${'22'.repeat(20)}`,
}

export function hexBytes(length: number): fc.Arbitrary<string> {
  return fc
    .uint8Array({ minLength: length, maxLength: length })
    .map(bytes => `0x${Buffer.from(bytes).toString('hex')}`)
}

/** Few of each, so that events meet. */
const label = fc.constantFrom('a', 'b1', 'c-d', 'xn--bcher-kva', '9')
const owner = fc.constantFrom(...['0a', '0b', '0c'].map(byte => `0x${byte.repeat(20)}`))
const peerKey = fc.constantFrom(...['e1', 'e2', 'e3', 'e4'].map(byte => `0x${byte.repeat(32)}`))
const sequence = fc.integer({ min: 1, max: 40 })
const expiresAt = fc.integer({ min: 0, max: 4_000_000_000 })
const port = fc.integer({ min: 0, max: 65_535 })
const contenthash = fc.integer({ min: 0, max: 130 }).chain(hexBytes)

function ofLabel(): fc.Arbitrary<{ label: string; node: string }> {
  return label.map(label => ({ label, node: childNode(contracts.suffixNode, label) }))
}

export const nameEvent: fc.Arbitrary<NameEvent> = fc
  .record({ of: ofLabel(), owner, to: owner, sequence, expiresAt, contenthash, kind: fc.nat(5) })
  .map(({ of, owner, to, sequence, expiresAt, contenthash, kind }): NameEvent => {
    if (kind <= 2) return { event: 'NameRegistered', ...of, owner, expiresAt, sequence }
    if (kind === 3) return { event: 'NameRenewed', node: of.node, expiresAt, sequence }
    if (kind === 4) return { event: 'NameTransferred', node: of.node, from: owner, to, sequence }
    return { event: 'ContenthashChanged', node: of.node, contenthash, sequence }
  })

export const edgeEvent: fc.Arbitrary<EdgeEvent> = fc.oneof(
  fc.record({
    event: fc.constant('EdgeRegistered' as const),
    peerKey,
    owner,
    ipv4: hexBytes(4),
    dnsPort: port,
    httpPort: port,
    overlayPort: port,
  }),
  fc.record({ event: fc.constant('EdgeRemoved' as const), peerKey, owner }),
)

/** The log that a contract writes for an event. */
export function logOf(event: NameEvent | EdgeEvent): Log {
  const address = event.event.startsWith('Edge') ? contracts.edgeRegistry : contracts.nameRegistry
  return { address, ...encodeEvent(event) }
}

const hostileLog: fc.Arbitrary<Log> = fc.record({
  address: fc.constantFrom(contracts.nameRegistry, contracts.edgeRegistry, `0x${'33'.repeat(20)}`),
  topics: fc.array(fc.oneof(hexBytes(32), fc.string()), { maxLength: 4 }),
  data: fc.oneof(hexBytes(64), fc.string()),
})

export const log: fc.Arbitrary<Log> = fc.oneof(
  { weight: 6, arbitrary: nameEvent.map(logOf) },
  { weight: 3, arbitrary: edgeEvent.map(logOf) },
  { weight: 1, arbitrary: hostileLog },
)

/** A hash for a block that no other number and branch share. */
export function blockHash(number: number, branch: number): string {
  return `0x${number.toString(16).padStart(32, '0')}${branch.toString(16).padStart(32, '0')}`
}
