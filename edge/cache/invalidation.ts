// Which stored answers a request that changes something makes worthless (RFC 9111 §4.4).

import { fieldLines, type IngressResponse } from '../message.ts'

/** RFC 9110 §9.2.1; whatever is not known may change something. */
export function isSafe(method: string): boolean {
  return /^(GET|HEAD|OPTIONS|TRACE)$/.test(method)
}

/**
 * The addresses, as keys of the cache: the one that was asked, and those of the same origin that the answer names.
 * None when the origin refused (status 4xx, 5xx). `base` is the absolute address of the request.
 */
export function invalidated(
  base: string,
  { status, fields }: Pick<IngressResponse, 'status' | 'fields'>,
): string[] {
  if (status < 200 || status >= 400) return []
  const named = ['location', 'content-location'].flatMap(name => fieldLines(fields, name))
  const origin = URL.parse(base)?.origin
  const same = named
    .map(text => URL.parse(text, base))
    .filter(url => url !== null && url.origin === origin)
    .map(url => `${url!.origin}${url!.pathname}${url!.search}`)
  return [base, ...same]
}
