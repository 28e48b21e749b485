// Which form of a DAG a client wants: the query's `format` and `car-*`, the Accept field, `dag-scope`, `entity-bytes`.
//
// After the IPFS "Trustless Gateway" specification (IPIP-402, 412, 523) and RFC 9110 §12.5.1. The query goes before
// the field. In the field, a form that is named goes before pages however they are weighted: whoever names one can read
// it, and browsers name none. A CAR with parameters that cannot be met (another version, another order) counts as not
// asked for, so that the next choice of the client is taken.

import { type Field, fieldValue } from '../message.ts'
import type { CarShape, Scope } from './dags.ts'

export type Wanted =
  | { readonly form: 'raw'; readonly isNegotiated: boolean }
  | { readonly form: 'car'; readonly isNegotiated: boolean; readonly shape: CarShape }
  /** Something that a browser can show. */
  | { readonly form: 'page' }
  /** Not a word about what is wanted. */
  | { readonly form: 'silence' }
  | { readonly form: 'refused'; readonly status: 400 | 406; readonly what: string }

export const rawType = 'application/vnd.ipld.raw'
export const carType = 'application/vnd.ipld.car'

/** Longer lists are nobody's in good faith. */
const membersMax = 32

/** `query` as in an address, with its '?'. Never throws. */
export function wantedOf(fields: readonly Field[], query: string): Wanted {
  const params = new URLSearchParams(query)
  const accept = fieldValue(fields, 'accept')
  const choices = accept === undefined ? [] : choicesOf(accept)
  const format = params.get('format')
  if (format === 'raw') return { form: 'raw', isNegotiated: false }
  if (format === 'car') {
    const best = choices.find(choice => choice.type === 'car' && isTaken(choice))
    return car(params, best?.duplicates ?? false, false)
  }
  if (format !== null) return refused(406, `The format "${format.slice(0, 40)}" is not given here.`)
  const named = choices.filter(({ type }) => type !== undefined)
  const best = named.find(isTaken)
  if (best?.type === 'raw') return { form: 'raw', isNegotiated: true }
  if (best?.type === 'car') return car(params, best.duplicates, true)
  if (named.length > 0) return refused(406, 'No form that the Accept field names can be given.')
  return { form: accept === undefined ? 'silence' : 'page' }
}

function car(params: URLSearchParams, acceptedDuplicates: boolean, isNegotiated: boolean): Wanted {
  const version = params.get('car-version') ?? '1'
  const order = params.get('car-order') ?? 'dfs'
  const dups = params.get('car-dups')
  const scope = params.get('dag-scope') ?? 'all'
  const range = params.get('entity-bytes')
  if (version !== '1') return refused(400, 'CARs are of version 1 here.')
  if (order !== 'dfs' && order !== 'unk') return refused(400, 'The order of a CAR is dfs or unk.')
  if (dups !== null && dups !== 'y' && dups !== 'n') return refused(400, 'Of car-dups there are y and n.')
  if (!isScope(scope)) return refused(400, 'A dag-scope is block, entity or all.')
  const duplicates = dups === null ? acceptedDuplicates : dups === 'y'
  if (range === null) return { form: 'car', isNegotiated, shape: { scope, duplicates } }
  const bytes = /^(-?\d{1,15}):(\*|-?\d{1,15})$/.exec(range)
  if (bytes === null)
    return refused(400, 'Of entity-bytes the form is from:to, as in 0:1023, -1024:* or 10:-10.')
  const last = bytes[2] === '*' ? undefined : Number(bytes[2])
  const shape = { scope: 'entity', bytes: { first: Number(bytes[1]), last }, duplicates } as const
  return { form: 'car', isNegotiated, shape }
}

function isScope(text: string): text is Scope {
  return text === 'block' || text === 'entity' || text === 'all'
}

function refused(status: 400 | 406, what: string): Wanted {
  return { form: 'refused', status, what }
}

interface Choice {
  readonly type: 'raw' | 'car' | undefined
  readonly weight: number
  /** Whether the parameters can be met. */
  readonly isMet: boolean
  readonly duplicates: boolean
}

function isTaken({ isMet, weight }: Choice): boolean {
  return isMet && weight > 0
}

/** The members of an Accept field, best first; those that follow no grammar are left out. */
function choicesOf(accept: string): Choice[] {
  const choices = accept.split(',', membersMax).flatMap(member => {
    const [range, ...rest] = member.split(';').map(part => part.trim().toLowerCase())
    const params = new Map(rest.map(part => part.replaceAll(/["\s]/g, '').split('=', 2) as [string, string]))
    const q = params.get('q') ?? '1'
    if (!/^[\w!#$&^.+*-]+\/[\w!#$&^.+*-]+$/.test(range!) || !/^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(q))
      return []
    const type = range === rawType ? 'raw' : range === carType ? 'car' : undefined
    const duplicates = params.get('dups') === 'y'
    return [{ type, weight: Number(q), isMet: type !== 'car' || canMeet(params), duplicates } as const]
  })
  return choices.sort((a, b) => b.weight - a.weight)
}

function canMeet(params: ReadonlyMap<string, string>): boolean {
  const among = (name: string, ...values: string[]): boolean =>
    values.includes(params.get(name) ?? values[0]!)
  return among('version', '1') && among('order', 'dfs', 'unk', '') && among('dups', 'n', 'y', '')
}
