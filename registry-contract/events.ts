// A log of the chain becomes an event of ours, or a Fault; and back, for tests and simulations.
//
// A log is what a contract shouted: up to four topics (the first says which event, the others are the indexed
// fields) and data (the fields that are not indexed). The endpoint that hands it over is a stranger, so
// everything is checked again here, though the contract could not have written anything else.

import { fromHex, toHex } from '../base/bytes.ts'
import { assert, Fault } from '../base/fault.ts'
import { decodeTuple, decodeWord, encodeTuple, encodeWord, type Signature, type Value } from './abi.ts'
import { edgeEvents, nameEvents } from './signatures.ts'

export interface Log {
  /** 0x and 40 lower-case hexadecimal digits, as everywhere in this folder. */
  readonly address: string
  readonly topics: readonly string[]
  readonly data: string
}

/** Field names are those of the contracts. `expiresAt` is in seconds since the epoch here, as on chain. */
export type NameEvent =
  | {
      event: 'NameRegistered'
      node: string
      label: string
      owner: string
      expiresAt: number
      sequence: number
    }
  | { event: 'NameRenewed'; node: string; expiresAt: number; sequence: number }
  | { event: 'NameTransferred'; node: string; from: string; to: string; sequence: number }
  | { event: 'ContenthashChanged'; node: string; contenthash: string; sequence: number }

export type EdgeEvent =
  | {
      event: 'EdgeRegistered'
      peerKey: string
      owner: string
      /** Four bytes: `0x7f000101`. */
      ipv4: string
      dnsPort: number
      httpPort: number
      overlayPort: number
    }
  | { event: 'EdgeRemoved'; peerKey: string; owner: string }

type LogBody = Pick<Log, 'topics' | 'data'>

function malformed(what: string): never {
  throw new Fault('bytes/malformed', what)
}

function decode(known: Map<string, Signature>, log: LogBody): Record<string, Value> {
  const found = [...known.values()].find(one => one.hash === log.topics[0])
  if (!found) malformed('The log is not of an event we know.')
  const indexed = found.fields.filter(field => field.indexed)
  const others = found.fields.filter(field => !field.indexed)
  if (log.topics.length !== indexed.length + 1) malformed(`${found.name} has ${log.topics.length} topics.`)

  const values: Record<string, Value> = { event: found.name }
  indexed.forEach((field, i) => {
    const topic = fromHex(log.topics[i + 1]!) ?? malformed('A topic is not hexadecimal.')
    values[field.name] = decodeWord(field.type, topic)
  })
  const data = fromHex(log.data) ?? malformed('The data are not hexadecimal.')
  const decoded = decodeTuple(
    others.map(field => field.type),
    data,
  )
  others.forEach((field, i) => {
    values[field.name] = decoded[i]!
  })
  return values
}

function encode(known: Map<string, Signature>, values: Record<string, Value>): LogBody {
  const found = known.get(String(values.event))
  assert(found, `event ${values.event}`)
  const indexed = found.fields.filter(field => field.indexed)
  const others = found.fields.filter(field => !field.indexed)
  const topics = indexed.map(field => `0x${toHex(encodeWord(field.type, values[field.name]!))}`)
  const data = encodeTuple(
    others.map(field => field.type),
    others.map(field => values[field.name]!),
  )
  return { topics: [found.hash, ...topics], data: `0x${toHex(data)}` }
}

/** Fault `bytes/malformed` for anything that NameRegistry.sol would not emit, as far as form goes. */
export function decodeNameEvent(log: LogBody): NameEvent {
  return decode(nameEvents, log) as NameEvent
}

/** Fault `bytes/malformed` for anything that EdgeRegistry.sol would not emit, as far as form goes. */
export function decodeEdgeEvent(log: LogBody): EdgeEvent {
  return decode(edgeEvents, log) as EdgeEvent
}

export function encodeEvent(event: NameEvent | EdgeEvent): LogBody {
  const known = nameEvents.has(event.event) ? nameEvents : edgeEvents
  return encode(known, event)
}
