// The edge's own programming interface: a table of routes, JSON out, errors as the three lines of a Fault.
//
// The table comes from outside; here are the parts that every route would get wrong once: bounds on bodies,
// who may write, methods, errors. A browser sends simple cross-origin POSTs without asking (no preflight), so
// a page anywhere could make its reader upload to an edge on the same machine: a foreign Origin is refused.

import { assert, isFault } from '../../base/fault.ts'
import { parseAuthority } from '../authority.ts'
import { atMost, tooLarge } from '../body.ts'
import { faultJson, json, problem } from '../json.ts'
import {
  emptyResponse,
  type Field,
  fieldValue,
  type IngressRequest,
  type IngressResponse,
} from '../message.ts'
import type { Route, Routes } from '../questions.ts'
import { formatPath, type Target } from '../target.ts'
import { type IngressStep, known } from '../visit.ts'
import type { Hosts } from './own.ts'

interface Compiled {
  readonly method: string
  readonly pattern: readonly string[]
  readonly route: Route
}

/** Paths outside the table go on to the next step. */
export function routes(table: Routes, ownHosts: Hosts): IngressStep {
  const compiled = Object.entries(table).map(([key, route]) => compile(key, route))
  return async (visit, next) => {
    const target = known(visit, 'target')
    const here = compiled.filter(({ pattern }) => paramsOf(pattern, target) !== undefined)
    if (here.length === 0) return next(visit)
    const { request } = visit
    const found = here.find(
      ({ method }) => method === request.method || (method === 'GET' && request.method === 'HEAD'),
    )
    if (found === undefined) return otherMethod(request.method, here)
    if (request.method !== 'GET' && request.method !== 'HEAD' && !sameOrigin(request, ownHosts))
      return foreign()
    return run(found, request, target)
  }
}

async function run(
  { pattern, route }: Compiled,
  request: IngressRequest,
  target: Target,
): Promise<IngressResponse> {
  const { fields, client, signal } = request
  try {
    if (Number(fieldValue(fields, 'content-length') ?? 0) > route.bytesMax) throw tooLarge(route.bytesMax)
    const { status, json: value } = await route.answer({
      path: formatPath(target.segments, target.directory),
      params: paramsOf(pattern, target)!,
      query: new URLSearchParams(target.query),
      fields,
      body: atMost(request.body, route.bytesMax),
      client,
      signal,
    })
    return json(status, value)
  } catch (error) {
    if (isFault(error)) return faultJson(error)
    throw error
  }
}

function compile(key: string, route: Route): Compiled {
  const match = /^([A-Z]+) \/(\S+)$/.exec(key)
  assert(match, `a route is 'METHOD /path', not '${key}'`)
  return { method: match[1]!, pattern: match[2]!.split('/'), route }
}

function paramsOf(
  pattern: readonly string[],
  { segments, directory }: Target,
): Record<string, string> | undefined {
  if (directory || pattern.length !== segments.length) return undefined
  const params: [string, string][] = []
  for (const [i, part] of pattern.entries()) {
    const segment = segments[i]!
    const name = /^<(\w+)>$/.exec(part)?.[1]
    if (name === undefined ? part !== segment : segment === '') return undefined
    if (name !== undefined) params.push([name, segment])
  }
  return Object.fromEntries(params)
}

function otherMethod(method: string, here: readonly Compiled[]): IngressResponse {
  const methods = new Set(here.flatMap(one => (one.method === 'GET' ? ['GET', 'HEAD'] : [one.method])))
  const allow: Field = ['Allow', [...methods, 'OPTIONS'].join(', ')]
  if (method === 'OPTIONS') return emptyResponse(204, [allow])
  const what = `This address does not answer the method ${method.slice(0, 40)}.`
  const hint = `Use one of ${allow[1]}.`
  return problem(405, { what, meaning: 'The method is not allowed.', hint }, [allow])
}

/** Programs send no Origin; a browser sends the page's, or 'null' when it will not say. */
function sameOrigin({ fields }: IngressRequest, ownHosts: Hosts): boolean {
  const origin = fieldValue(fields, 'origin')
  if (origin === undefined) return true
  try {
    return ownHosts.has(parseAuthority(/^https?:\/\/(.*)$/.exec(origin)?.[1] ?? '').host)
  } catch {
    return false
  }
}

function foreign(): IngressResponse {
  return problem(403, {
    what: 'A page of another origin sent this request.',
    meaning: 'Only programs and the edge’s own pages may change anything here.',
    hint: 'Use the command: inxt publish <folder> <name>',
  })
}
