// The head of an HTTP/1 request, judged whole: RFC 9112 §2 to §6, and nothing that two readers could read in two ways.
//
// Request smuggling lives where one parser repairs what another takes as it stands. So nothing is repaired here: no
// folded lines, no bare line feeds, no space before a colon, no second length, no coding but chunked, no field whose
// name hides behind an odd character. Whatever the RFC lets a recipient tolerate, this one refuses.

import type { Field } from '../message.ts'

export interface Head {
  readonly method: string
  readonly target: string
  readonly version: '1.0' | '1.1'
  readonly fields: readonly Field[]
  /** How its end is known: a number of octets (0 for none), or chunks. */
  readonly body: number | 'chunked'
  /** Whether the client goes on using the connection (RFC 9112 §9.3). */
  readonly persists: boolean
  readonly asksFirst: boolean
  /** The lines of the fields as they came. */
  readonly fieldText: string
}

/** Why there is no request: a status of RFC 9110 §15.5 and the reason in words. */
export class Refused extends Error {
  readonly status: number
  constructor(status: number, what: string) {
    super(what)
    this.status = status
  }
}

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const visible = /^[\x21-\x7e]+$/
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
const fieldLine = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([^\0-\x08\x0a-\x1f\x7f]*)$/

/**
 * `text` is latin1, without the empty line at its end. Clients say the same of themselves with each request: where the
 * fields are those of `before`, they are not read again. Throws Refused.
 */
export function parseHead(text: string, fieldsMax: number, before?: Head): Head {
  const end = text.indexOf('\r\n')
  const { method, target, version } = parseLine(end === -1 ? text : text.slice(0, end))
  const fieldText = end === -1 ? '' : text.slice(end + 2)
  // What follows a CONNECT is meant for somebody else, whatever the answer (RFC 9110 §9.3.6).
  const isTunnel = method === 'CONNECT'
  if (
    before?.fieldText === fieldText &&
    before.version === version &&
    !isTunnel &&
    before.method !== 'CONNECT'
  )
    return { ...before, method, target }
  const fields = parseFields(fieldText, fieldsMax)
  const { body, persists, asksFirst } = framing(fields, version)
  return { method, target, version, fields, body, persists: persists && !isTunnel, asksFirst, fieldText }
}

function parseLine(line: string): Pick<Head, 'method' | 'target' | 'version'> {
  const [first, second] = [line.indexOf(' '), line.lastIndexOf(' ')]
  const [method, target] = [line.slice(0, first), line.slice(first + 1, second)]
  const version = /^HTTP\/(\d\.\d)$/.exec(line.slice(second + 1))?.[1]
  if (first === second || version === undefined || !token.test(method) || !visible.test(target))
    throw new Refused(400, 'The first line of the request is none.')
  if (version !== '1.1' && version !== '1.0')
    throw new Refused(505, 'The request is of another version of HTTP.')
  return { method, target, version }
}

/** Lines of fields as they stand, in order. Throws Refused. */
export function parseFields(text: string, fieldsMax: number): Field[] {
  if (text === '') return []
  const lines = text.split('\r\n')
  if (lines.length > fieldsMax)
    throw new Refused(431, `The request has more than ${fieldsMax} header fields.`)
  return lines.map(line => {
    const parts = fieldLine.exec(line)
    if (parts === null) throw new Refused(400, 'The request has a line that is no field.')
    return [parts[1]!, trimEnd(parts[2]!)] as const
  })
}

/** A pattern would try each space of a long run as the first of the last run. */
function trimEnd(value: string): string {
  let end = value.length
  while (end > 0 && (value[end - 1] === ' ' || value[end - 1] === '\t')) end--
  return value.slice(0, end)
}

interface Found {
  readonly lengths: string[]
  readonly codings: string[]
  readonly expects: string[]
  readonly options: string[]
  hosts: number
}

function find(fields: readonly Field[]): Found {
  const found: Found = { lengths: [], codings: [], expects: [], options: [], hosts: 0 }
  for (const [name, value] of fields) {
    const key = name.toLowerCase()
    if (key === 'content-length') found.lengths.push(value)
    else if (key === 'transfer-encoding') found.codings.push(value)
    else if (key === 'expect') found.expects.push(value)
    else if (key === 'connection')
      found.options.push(
        ...value
          .toLowerCase()
          .split(',')
          .map(one => one.trim()),
      )
    else if (key === 'host') found.hosts++
  }
  return found
}

/** Fields that whoever forwards would drop when Connection names them: what we judged would not be what it gets. */
const notForConnection = ['host', 'content-length', 'transfer-encoding', 'trailer', 'authorization', 'cookie']

function framing(
  fields: readonly Field[],
  version: '1.0' | '1.1',
): Pick<Head, 'body' | 'persists' | 'asksFirst'> {
  const found = find(fields)
  if (found.hosts > 1 || (found.hosts === 0 && version === '1.1'))
    throw new Refused(400, `The request has ${found.hosts} Host fields, not one.`)
  if (found.options.some(option => notForConnection.includes(option)))
    throw new Refused(400, 'Connection names a field that is not about the connection.')
  const closes = found.options.includes('close')
  const persists = !closes && (version === '1.1' || found.options.includes('keep-alive'))
  const asksFirst = version === '1.1' && expectsContinue(found.expects)
  return { body: lengthOf(found, version), persists, asksFirst }
}

function expectsContinue(expects: readonly string[]): boolean {
  if (expects.length === 0) return false
  if (expects.length > 1 || expects[0]!.toLowerCase() !== '100-continue')
    throw new Refused(417, 'The request expects what this server does not know.')
  return true
}

/** RFC 9112 §6.3, with every tie refused. */
function lengthOf({ lengths, codings }: Found, version: '1.0' | '1.1'): Head['body'] {
  if (codings.length > 0) {
    if (lengths.length > 0 || version === '1.0')
      throw new Refused(400, 'The length of the request is given in two ways.')
    const coding = codings.join(',').toLowerCase()
    if (coding === 'chunked') return 'chunked'
    const named = coding.split(/,[ \t]*/)
    const known = named.every(one => /^[a-z-]+$/.test(one)) && named.indexOf('chunked') === named.length - 1
    throw new Refused(known ? 501 : 400, 'The request has a transfer coding that is not "chunked".')
  }
  if (lengths.length === 0) return 0
  if (lengths.length > 1 || !/^\d{1,15}$/.test(lengths[0]!))
    throw new Refused(400, 'The length of the request is not one number.')
  return Number(lengths[0])
}
