// The answers the edge gives to programs: JSON, and for errors the same three lines that a person would see.
//
// `code` comes from a closed list, so a script may branch on it while the words stay free to become better.

import { utf8 } from '../base/bytes.ts'
import { type Fault, type FaultCode, faultCodes } from '../base/fault.ts'
import { bytesResponse, type Field, type IngressResponse } from './message.ts'

/** `code` is one of the fault list, or 'http/<status>' where HTTP itself has the word for it. */
export interface Problem {
  readonly code: FaultCode | `http/${number}`
  readonly what: string
  readonly meaning: string
  readonly hint: string
}

export function json(status: number, value: unknown, fields: readonly Field[] = []): IngressResponse {
  const head: Field[] = [
    ['Content-Type', 'application/json'],
    ['Cache-Control', 'no-store'],
    ['X-Content-Type-Options', 'nosniff'],
  ]
  return bytesResponse(status, [...head, ...fields], utf8(`${JSON.stringify(value ?? null)}\n`))
}

export function problem(
  status: number,
  text: Omit<Problem, 'code'>,
  fields: readonly Field[] = [],
): IngressResponse {
  return json(status, { code: `http/${status}`, ...text } satisfies Problem, fields)
}

/** A fault of a route: what the client can mend is 4xx, what it can only wait for is 5xx. */
export function faultJson(fault: Fault): IngressResponse {
  const [what, meaning, hint] = fault.lines()
  return json(statusOf[fault.code], { code: fault.code, what, meaning, hint } satisfies Problem)
}

const statusOf: Record<FaultCode, number> = {
  ...(Object.fromEntries(Object.keys(faultCodes).map(code => [code, 500])) as Record<FaultCode, number>),
  'bytes/malformed': 400,
  'bytes/too-large': 413,
  'net/unreachable': 504,
  'store/full': 507,
  'content/missing': 404,
  'content/mismatch': 422,
  'content/unsupported': 422,
  'certificate/refused': 503,
  'chain/unreachable': 503,
  'chain/reverted': 409,
  'name/invalid': 400,
  'name/taken': 409,
  'publish/refused': 403,
  'publish/timeout': 504,
}
