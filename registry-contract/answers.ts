// What an Ethereum endpoint answers, checked field by field before anybody believes it.
//
// JSON-RPC spells numbers as `0x1b4` (quantities, no leading zeros) and bytes as `0x…` (data). Only the
// fields that we use are read; what else an endpoint adds is its own affair. Ethereum JSON-RPC specification,
// schemas "Block", "Log".

import { Fault } from '../base/fault.ts'
import type { Log } from './events.ts'
import type { BlockRef } from './journal.ts'

export interface Header extends BlockRef {
  readonly parentHash: string
  /** Milliseconds since the epoch. */
  readonly minedAt: number
}

/** A log and where it stands; an endpoint lists logs in rising order of block and index. */
export interface PlacedLog extends Log {
  readonly blockNumber: number
  readonly blockHash: string
  readonly blockIndex: number
}

/** Our longest event is 640 bytes of data. What is longer is cut there: it is refused by whoever decodes it. */
const logDataBytesMax = 4096
/** An instant in milliseconds must stay an integer. */
const secondsMax = Math.floor(Number.MAX_SAFE_INTEGER / 1000)

function malformed(what: string): never {
  throw new Fault('bytes/malformed', `The endpoint answered with ${what}.`)
}

function record(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) malformed(`no ${what}`)
  return value as Record<string, unknown>
}

/** `0x1b4` → 436, up to 2^53 - 1. */
export function parseQuantity(value: unknown, what: string): number {
  if (typeof value !== 'string' || !/^0x[0-9a-fA-F]{1,16}$/.test(value)) malformed(`a bad ${what}`)
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : malformed(`a ${what} out of range`)
}

/** As lower-case text. `bytes` exact, or at most `bytesMax`. */
export function parseData(value: unknown, what: string, size: { bytes?: number; bytesMax?: number }): string {
  const bytesMax = size.bytes ?? size.bytesMax ?? 0
  if (typeof value !== 'string' || value.length > 2 + 2 * bytesMax || !/^0x([0-9a-fA-F]{2})*$/.test(value)) {
    malformed(`a bad ${what}`)
  }
  if (size.bytes !== undefined && value.length !== 2 + 2 * size.bytes)
    malformed(`a ${what} of a wrong length`)
  return value.toLowerCase()
}

/** Undefined for `null`, the answer for a block that does not exist (yet, or any more). */
export function parseHeader(value: unknown): Header | undefined {
  if (value === null) return undefined
  const block = record(value, 'block')
  return {
    number: parseQuantity(block.number, 'block number'),
    hash: parseData(block.hash, 'block hash', { bytes: 32 }),
    parentHash: parseData(block.parentHash, 'parent hash', { bytes: 32 }),
    minedAt: parseSeconds(block.timestamp) * 1000,
  }
}

function parseSeconds(value: unknown): number {
  const seconds = parseQuantity(value, 'timestamp')
  return seconds <= secondsMax ? seconds : malformed('a timestamp out of range')
}

/** A hostile log may be as long as gas allows; it must not keep the others of its block from being read. */
function parseLogData(value: unknown): string {
  const textMax = 2 + 2 * logDataBytesMax
  const cut = typeof value === 'string' && value.length > textMax ? value.slice(0, textMax) : value
  return parseData(cut, 'log', { bytesMax: logDataBytesMax })
}

function parseLog(value: unknown): PlacedLog {
  const log = record(value, 'log')
  const { topics } = log
  if (!Array.isArray(topics) || topics.length > 4) malformed('bad topics')
  return {
    address: parseData(log.address, 'address', { bytes: 20 }),
    topics: topics.map(topic => parseData(topic, 'topic', { bytes: 32 })),
    data: parseLogData(log.data),
    blockNumber: parseQuantity(log.blockNumber, 'block number'),
    blockHash: parseData(log.blockHash, 'block hash', { bytes: 32 }),
    blockIndex: parseQuantity(log.logIndex, 'log index'),
  }
}

/** Logs in rising order of block and index; Fault for anything else, or more than `countMax`. */
export function parseLogs(value: unknown, countMax: number): PlacedLog[] {
  if (!Array.isArray(value)) malformed('no list of logs')
  if (value.length > countMax)
    throw new Fault('bytes/too-large', `The endpoint answered with ${value.length} logs.`)
  const logs = value.map(parseLog)
  logs.forEach((log, i) => {
    const last = logs[i - 1]
    if (!last || log.blockNumber > last.blockNumber) return
    const follows = log.blockNumber === last.blockNumber && log.blockIndex > last.blockIndex
    if (!follows || log.blockHash !== last.blockHash) malformed('logs out of order')
  })
  return logs
}
