// The operator's own map of clients to edges, which goes before anything that was learned.
//
//   # clients           edges that share them, with weights where the shares differ
//   192.0.2.0/24     =  203.0.113.1*3 203.0.113.2
//   2001:db8::/32    =  203.0.113.1
//   0.0.0.0/0        =  203.0.113.9          everybody else
//
// The longest prefix counts. Edges that do not serve now are passed over, and where none of a line does, the map says
// nothing. One wrong line and the whole map is refused, all errors at once: half a map is not what anybody meant.

import { Fault } from '../../base/fault.ts'
import { addressText, parseIpv4, parseIpv6 } from '../wire/address.ts'
import { PrefixMap } from './prefix-map.ts'
import { parsePrefix, prefixText } from './subnet.ts'

export interface MappedEdge {
  /** As `addressText` spells it. */
  readonly address: string
  readonly weight: number
}

export const linesMax = 100_000
const edgesPerLineMax = 64
const weightMax = 1000
/** Errors told of one file; more help nobody. */
const errorsMax = 20

/** Throws Fault `config/invalid` with a line `<file>:<line>: <what>` for each error. */
export function parseClientMap(text: string, file: string): PrefixMap<readonly MappedEdge[]> {
  const map = new PrefixMap<readonly MappedEdge[]>()
  const lineOf = new Map<string, number>()
  const errors: string[] = []
  const lines = text.split(/\r?\n/, linesMax + 1)
  if (lines.length > linesMax) throw new Fault('config/invalid', `${file}: more than ${linesMax} lines`)
  lines.forEach((line, i) => {
    const entry = entryOf(line.replace(/#.*/s, '').trim())
    if (entry === undefined) return
    const before = typeof entry === 'string' ? undefined : lineOf.get(prefixText(entry.prefix))
    const error = typeof entry === 'string' ? entry : before && `the prefix of line ${before} again`
    if (error !== undefined) errors.push(`${file}:${i + 1}: ${error}`)
    if (typeof entry === 'string') return
    lineOf.set(prefixText(entry.prefix), i + 1)
    map.set(entry.prefix, entry.edges)
  })
  if (errors.length === 0) return map
  const more = errors.length > errorsMax ? [`and ${errors.length - errorsMax} more`] : []
  throw new Fault('config/invalid', [...errors.slice(0, errorsMax), ...more].join('\n'))
}

/** Undefined for an empty line; a text says what is wrong with it. */
function entryOf(line: string) {
  if (line === '') return undefined
  const [prefixWord = '', edgeWords, ...rest] = line.split('=').map(part => part.trim())
  if (edgeWords === undefined || rest.length > 0) return 'a prefix, an equals sign and edges are wanted'
  const prefix = parsePrefix(prefixWord)
  if (prefix === undefined) return `"${shown(prefixWord)}" is no prefix, or has bits beyond its length`
  const words = edgeWords.split(/\s+/).filter(Boolean)
  if (words.length === 0 || words.length > edgesPerLineMax) return `1 to ${edgesPerLineMax} edges are wanted`
  const edges: MappedEdge[] = []
  for (const word of words) {
    const edge = edgeOf(word)
    if (edge === undefined) return `"${shown(word)}" is no address with a weight of 1 to ${weightMax}`
    if (edges.some(({ address }) => address === edge.address)) return `${edge.address} twice`
    edges.push(edge)
  }
  return { prefix, edges }
}

function edgeOf(word: string): MappedEdge | undefined {
  const [, spelled = '', factor = '1'] = /^([0-9a-fA-F.:]{2,45})(?:\*(\d{1,4}))?$/.exec(word) ?? []
  const octets = parseIpv4(spelled) ?? parseIpv6(spelled)
  const weight = Number(factor)
  return octets && weight >= 1 && weight <= weightMax ? { address: addressText(octets), weight } : undefined
}

/** Somebody else's text, short enough for a line. */
function shown(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
