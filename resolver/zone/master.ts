// Master files (RFC 1035 §5, `$TTL` of RFC 2308 §4): text to records, and records to text.
//
// All that is wrong is told at once, each with line and column; a zone with an error is no zone. `$INCLUDE`
// and `$GENERATE` are refused: the first would make a text reach for files, the second is a program of BIND's
// whose output anybody can paste. What is written is canonical: one record a line, absolute names, nothing
// inherited, so that two files of the same zone are the same octets.

import { Fault, isFault } from '../../base/fault.ts'
import { classes, parseClass, parseType, types, typeText } from '../wire/code.ts'
import { secondsOf } from '../wire/fields.ts'
import { canonicalKey, type Name } from '../wire/name.ts'
import { recordText } from '../wire/presentation.ts'
import { canonicalData, parseData } from '../wire/rdata.ts'
import type { ResourceRecord } from '../wire/record.ts'
import { absoluteName, shown, Words, wrong } from '../wire/words.ts'
import { zoneVerdict } from './check.ts'
import { type Complaint, type Entry, entriesOf } from './entries.ts'
import { coveredBy } from './rrset.ts'

export interface MasterFile {
  readonly records: readonly ResourceRecord[]
  /** For each record, the line it begins in. */
  readonly lines: readonly number[]
  /** In the order of the file; empty when the text is a good master file. */
  readonly errors: readonly Complaint[]
}

export interface MasterOptions {
  /** What relative names stand below until `$ORIGIN` says otherwise. */
  readonly origin: Name
  /** Records that are taken; two million by default. */
  readonly recordsMax?: number
  /** Errors that are told before reading gives up; 100 by default. */
  readonly errorsMax?: number
}

const errorsUsual = 100

/** RFC 2181 §8: the highest bit of a TTL is not to be used. */
const ttlMaxS = 2 ** 31 - 1

interface State {
  origin: Name
  owner: Name | undefined
  /** What `$TTL` said. */
  defaultTtlS: number | undefined
  /** The last TTL that a record had (RFC 1035 §5.1). */
  lastTtlS: number | undefined
}

/** Reads `text`, which has one character for each octet of the file (`latin1`). Never throws a Fault. */
export function readMaster(text: string, options: MasterOptions): MasterFile {
  const { recordsMax = 2_000_000, errorsMax = errorsUsual } = options
  const state: State = {
    origin: options.origin,
    owner: undefined,
    defaultTtlS: undefined,
    lastTtlS: undefined,
  }
  const records: ResourceRecord[] = []
  const lines: number[] = []
  const errors: Complaint[] = []
  const complain = (complaint: Complaint): void => void errors.push(complaint)
  for (const entry of entriesOf(text, complain)) {
    if (errors.length >= errorsMax) break
    const words = new Words(entry.words, state.origin)
    try {
      const record = entry.words[0]!.raw.startsWith('$')
        ? control(words, state)
        : recordOf(entry, words, state)
      if (record === undefined) continue
      if (records.length >= recordsMax) throw wrong(`more than ${recordsMax} records`)
      records.push(record)
      lines.push(entry.line)
    } catch (error) {
      if (!isFault(error)) throw error
      const { line, column } = words.last ?? entry.words[0]!
      complain({ line, column, what: error.message })
      if (records.length >= recordsMax) break
    }
  }
  errors.splice(errorsMax)
  return { records, lines, errors }
}

/** `$ORIGIN` and `$TTL`; throws for every other. */
function control(words: Words, state: State): undefined {
  const directive = words.next('').toUpperCase()
  switch (directive) {
    case '$ORIGIN':
      state.origin = words.name('the origin')
      break
    case '$TTL':
      state.defaultTtlS = ttlOf(words.next('a TTL'))
      break
    case '$INCLUDE':
    case '$GENERATE':
      throw wrong(`${directive} is not read here: put what it stands for into the file`)
    default:
      throw wrong(`not a directive: ${shown(directive)}`)
  }
  words.end()
}

function ttlOf(raw: string): number {
  const ttlS = secondsOf(raw)
  if (ttlS === undefined || ttlS > ttlMaxS)
    throw wrong(`a TTL is a number of seconds up to 2^31 − 1, not ${shown(raw)}`)
  return ttlS
}

function recordOf(entry: Entry, words: Words, state: State): ResourceRecord {
  if (!entry.indented) state.owner = absoluteName(words.next('an owner'), state.origin)
  const name = state.owner
  if (name === undefined) throw wrong('the first record must name its owner')
  const { ttlS: ownTtlS, type } = readHead(words)
  if (ownTtlS !== undefined) state.lastTtlS = ownTtlS
  const data = parseData(words, type)
  // A file from before RFC 2308 has no `$TTL`: its SOA gives the number that everything else inherits.
  if (data.kind === 'authority') state.lastTtlS ??= data.negativeS
  const ttlS = ownTtlS ?? state.defaultTtlS ?? state.lastTtlS
  if (ttlS === undefined) throw wrong('no TTL: neither here, nor before, nor by $TTL')
  return { name, type, class: classes.IN, ttlS, data }
}

/** TTL and class in any order, each at most once, then the type. */
function readHead(words: Words): { ttlS: number | undefined; type: number } {
  let ttlS: number | undefined
  let classSeen = false
  for (;;) {
    const raw = words.next('a type')
    const code = parseClass(raw)
    if (ttlS === undefined && /^[0-9]/.test(raw)) ttlS = ttlOf(raw)
    else if (code !== undefined && code !== classes.ANY && !classSeen) {
      if (code !== classes.IN) throw wrong(`only class IN is served, not ${shown(raw)}`)
      classSeen = true
    } else {
      const type = parseType(raw)
      if (type === undefined) throw wrong(`not a type: ${shown(raw)}`)
      if (type === 0 || type === types.OPT || (type >= 128 && type <= 255)) {
        throw wrong(`${typeText(type)} is for messages, not for zones`)
      }
      return { ttlS, type }
    }
  }
}

export interface ZoneRecords {
  readonly records: readonly ResourceRecord[]
  /** What is odd but no reason to refuse the zone. */
  readonly warnings: readonly Complaint[]
}

type ZoneOptions = Omit<MasterOptions, 'origin'>

/**
 * The records of the zone `apex` (in any case) from `text`, one character for each octet. Throws Fault
 * `config/invalid` whose message has a line `LINE:COLUMN: WHAT` for each error of the text and of the zone, as far as
 * `errorsMax` of them.
 */
export function readZone(text: string, apex: Name, options: ZoneOptions = {}): ZoneRecords {
  const { errorsMax = errorsUsual } = options
  const file = readMaster(text, { ...options, origin: apex })
  const { errors, warnings } = zoneVerdict({ ...file, isWhole: file.errors.length === 0 }, apex)
  const all = [...file.errors, ...errors].sort((a, b) => a.line - b.line || a.column - b.column)
  if (all.length > 0) {
    const more = all.length > errorsMax ? [`and ${all.length - errorsMax} more`] : []
    const told = all.slice(0, errorsMax).map(complaintText)
    throw new Fault('config/invalid', [...told, ...more].join('\n'))
  }
  return { records: file.records, warnings }
}

/** `12:7: not a type: "AAA"` */
export function complaintText({ line, column, what }: Complaint): string {
  return `${line}:${column}: ${what}`
}

/** The canonical master file of `records`: SOA first, then by name, type and data (RFC 4034 §6). */
export function masterText(records: readonly ResourceRecord[]): string {
  const rank = ({ type, data }: ResourceRecord): number =>
    type === types.RRSIG ? 2 * coveredBy(data) + 1 : 2 * type
  const rows = records.map(record => ({ record, key: canonicalKey(record.name), rank: rank(record) }))
  const soa = rows.find(({ record }) => record.type === types.SOA)
  rows.sort((a, b) => {
    if (a.key !== b.key) return a.key < b.key ? -1 : 1
    const first = (row: typeof a): number =>
      row.key === soa?.key && row.rank >>> 1 === types.SOA ? row.rank - 100 : row.rank
    if (a.rank !== b.rank) return first(a) - first(b)
    return Buffer.compare(
      canonicalData(a.record.data, a.record.type),
      canonicalData(b.record.data, b.record.type),
    )
  })
  return rows.map(({ record }) => `${recordText(record)}\n`).join('')
}
