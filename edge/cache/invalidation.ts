// Which stored answers a request that changes something makes worthless (RFC 9111 §4.4).

import { fieldLines, type IngressResponse } from '../message.ts'

/** RFC 9110 §9.2.1; whatever is not known may change something. */
export function isSafe(method: string): boolean {
  return /^(GET|HEAD|OPTIONS|TRACE)$/.test(method)
}

/**
 * The paths: the one that was asked, and those that the answer names at the same place. None when the origin refused
 * (status 4xx, 5xx). `origins` are the place's names, as clients know it and as it knows itself.
 */
export function invalidated(
  origins: readonly string[],
  path: string,
  { status, fields }: Pick<IngressResponse, 'status' | 'fields'>,
): string[] {
  if (status < 200 || status >= 400) return []
  const named = ['location', 'content-location'].flatMap(name => fieldLines(fields, name))
  const same = named
    .map(text => URL.parse(text, `${origins[0]}${path}`))
    .filter(url => url !== null && origins.includes(url.origin))
    .map(url => `${url!.pathname}${url!.search}`)
  return [path, ...same]
}
