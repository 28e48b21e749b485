// Which directives hold for this cache: those addressed to CDNs, if there are any, else those for everybody.
//
// RFC 9213: an origin may say other things to its CDN than to browsers, in CDN-Cache-Control. Where that field is
// there, valid and not empty, neither Cache-Control nor Expires has a say (§2.2). It goes on to the client all the
// same: the next cache may belong to a CDN, too (§3.1).

import { type Field, fieldLines, fieldValue } from '../message.ts'
import { type Directives, parseDirectives } from './directives.ts'
import { type Bare, parseDictionary } from './structured.ts'

export interface Control {
  readonly directives: Directives
  /** Whether they were addressed to CDNs, so that Expires is to be overlooked. */
  readonly targeted: boolean
}

export function controlOf(fields: readonly Field[]): Control {
  const text = fieldValue(fields, 'cdn-cache-control')
  const targeted = text === undefined ? undefined : parseDictionary(text)
  if (targeted === undefined || targeted.size === 0)
    return { directives: parseDirectives(fieldLines(fields, 'cache-control')), targeted: false }
  const directives = new Map<string, string | undefined>()
  for (const [name, value] of targeted) {
    if (value.value !== false) directives.set(name, argumentOf(value))
  }
  return { directives, targeted: true }
}

/** Only an integer is a number of seconds (§2.1): whatever else stands there must not be taken for one. */
function argumentOf({ type, value }: Bare): string | undefined {
  if (type === 'boolean') return undefined
  return type === 'integer' ? String(value) : `${type} ${value}`
}
