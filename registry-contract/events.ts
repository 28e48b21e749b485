// A log of the chain becomes an event of ours, or a Fault; and back, for tests and simulations.
//
// A log is what a contract shouted: up to four topics (the first says which event, the others are the indexed
// fields) and data (the fields that are not indexed). The endpoint that hands it over is a stranger, so
// everything is checked, though the contract could not have written anything else. Of a log that
// is malformed the head may still be sound: what it says about node and sequence is salvaged, so that one
// oversize hash is one bad fact and not a hole in the count of changes.

import { toHex } from '../base/bytes.ts'
import { assert, Fault, isFault } from '../base/fault.ts'
import {
  decodeTuple,
  decodeWord,
  encodeTuple,
  encodeWord,
  type Form,
  formOf,
  type Signature,
  type Value,
} from './abi.ts'
import { eventsOf, type Source, sources } from './signatures.ts'

/**
 * As answers.ts gives it: 0x and hexadecimal digits in lower case, two a byte, which are not checked again here;
 * 20 bytes of address, at most four topics of 32.
 */
export interface Log {
  readonly address: string
  readonly topics: readonly string[]
  readonly data: string
}

/** Field names are those of the contracts; `expiresAt` is in seconds since the epoch here, as on chain. */
export type NameEvent =
  | { event: 'NameAssigned'; node: string; owner: string; expiresAt: number; sequence: number }
  | { event: 'NameExtended'; node: string; expiresAt: number; sequence: number }
  | { event: 'NameTransferred'; node: string; from: string; to: string; sequence: number }
  | { event: 'DelegateChanged'; node: string; delegate: string; sequence: number }
  | { event: 'ContenthashChanged'; node: string; contenthash: string; sequence: number }
  | { event: 'ZonehashChanged'; node: string; zonehash: string; sequence: number }

/** Follows the registry's own events of the same registration, and is the only one that says the label. */
export interface LabelEvent {
  event: 'NameRegistered'
  node: string
  label: string
  owner: string
  expiresAt: number
  /** That of NameAssigned. */
  sequence: number
  cost: bigint
}

export type EdgeEvent =
  | {
      event: 'EdgeRegistered'
      peerKey: string
      owner: string
      operatorKey: string
      /** Four bytes: `0x7f000101`. */
      ipv4: string
      ipv6: string
      dnsPort: number
      httpPort: number
      httpsPort: number
      overlayPort: number
      stake: bigint
    }
  | { event: 'EdgeUnbonding'; peerKey: string; owner: string; withdrawableAt: number }
  | { event: 'EdgeRemoved'; peerKey: string; owner: string; stake: bigint }
  | {
      event: 'EdgeSlashed'
      peerKey: string
      reporter: string
      burned: bigint
      reward: bigint
      stake: bigint
    }

export type ClaimEvent =
  | { event: 'DomainClaimed'; domain: string; owner: string; site: string; name: string; token: string }
  | { event: 'DomainReleased'; domain: string; owner: string }

export type RegistryEvent = NameEvent | LabelEvent | EdgeEvent | ClaimEvent

type LogBody = Pick<Log, 'topics' | 'data'>

/** Where the fields of an event are, worked out once. */
interface Plan {
  readonly signature: Signature
  readonly indexed: readonly { readonly name: string; readonly form: Form }[]
  readonly names: readonly string[]
  readonly forms: readonly Form[]
  /** All fields, to be filled in: copying it is quicker than growing an object field by field. */
  readonly blank: Readonly<Record<string, Value>>
}

function planOf(signature: Signature): Plan {
  const others = signature.fields.filter(field => !field.indexed)
  const indexed = signature.fields.filter(field => field.indexed)
  return {
    signature,
    indexed: indexed.map(({ name, type }) => ({ name, form: formOf(type) })),
    names: others.map(field => field.name),
    forms: others.map(field => formOf(field.type)),
    blank: {
      event: signature.name,
      ...Object.fromEntries([...indexed, ...others].map(({ name }) => [name, ''])),
    },
  }
}

const plans = new Map(
  sources.map(source => [
    source,
    new Map([...eventsOf[source]].map(([topic, signature]) => [topic, planOf(signature)])),
  ]),
)
const byName = new Map(
  [...plans.values()].flatMap(one => [...one.values()]).map(plan => [plan.signature.name, plan]),
)

function malformed(what: string): never {
  throw new Fault('bytes/malformed', what)
}

/** Undefined for an event that is none of ours to fold. */
function planFor(source: Source, log: LogBody): Plan | undefined {
  return plans.get(source)!.get(log.topics[0] ?? '')
}

/**
 * Undefined for an event that facts are not folded from; Fault `bytes/malformed` for what the contract would
 * not emit, as far as form goes.
 */
export function decodeEvent(source: Source, log: LogBody): RegistryEvent | undefined {
  const plan = planFor(source, log)
  if (!plan) return undefined
  const { signature, indexed, names, forms, blank } = plan
  if (log.topics.length !== indexed.length + 1)
    malformed(`${signature.name} has ${log.topics.length} topics.`)
  const values = { ...blank }
  for (let i = 0; i < indexed.length; i++) {
    values[indexed[i]!.name] = decodeWord(indexed[i]!.form, log.topics[i + 1]!)
  }
  const decoded = decodeTuple(forms, log.data)
  for (let i = 0; i < names.length; i++) values[names[i]!] = decoded[i]!
  return values as unknown as RegistryEvent
}

/** What a malformed change of content or zone still says for certain. */
export interface Salvage {
  readonly event: 'ContenthashChanged' | 'ZonehashChanged'
  readonly node: string
  readonly sequence: number
}

/** Undefined for a log that says not even that. */
export function salvage(log: LogBody): Salvage | undefined {
  const plan = planFor('NameRegistry', log)
  if (!plan?.forms.some(form => form.kind === 'bytes') || log.topics.length !== 2) return undefined
  const at = 2 + 64 * plan.names.indexOf('sequence')
  try {
    const node = decodeWord(formOf('bytes32'), log.topics[1]!) as string
    const word = `0x${log.data.slice(at, at + 64)}`
    const sequence = decodeWord(formOf('uint64'), word) as number
    return { event: plan.signature.name as Salvage['event'], node, sequence }
  } catch (error) {
    if (isFault(error)) return undefined
    throw error
  }
}

/** The name of the event that a log claims to be, for showing. */
export function eventName(source: Source, log: LogBody): string {
  return planFor(source, log)?.signature.name ?? 'unknown'
}

/** The log that the contract writes. */
export function encodeEvent(event: RegistryEvent): LogBody {
  const plan = byName.get(event.event)
  assert(plan, `event ${event.event}`)
  const values = event as unknown as Record<string, Value>
  const topics = plan.indexed.map(field => `0x${toHex(encodeWord(field.form, values[field.name]!))}`)
  const data = encodeTuple(
    plan.forms,
    plan.names.map(name => values[name]!),
  )
  return { topics: [plan.signature.hash, ...topics], data: `0x${toHex(data)}` }
}
