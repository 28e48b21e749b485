// What is kept, as text: an edge that starts serves its domains at once, and does not refuse for the minutes that it
// takes to look all of them up. Claims are on chain, so of a claim only its owner is remembered.

import { fromHex, toHex } from '../../base/bytes.ts'
import { isFault } from '../../base/fault.ts'
import { nameText, parseName } from '../wire/name.ts'
import type { Delegation } from './verdict.ts'
import type { Kept, Remembered } from './watch.ts'

const version = 1

export function keptText(kept: Iterable<Kept>): string {
  const domains = Array.from(kept, ({ claim, delegation: { hosts, ttlS, ds }, clearAt }) => ({
    domain: claim.name,
    owner: claim.owner,
    clearAt,
    ttlS,
    ds: ds?.map(toHex),
    hosts: hosts.map(({ name, addresses }) => ({ name: nameText(name), addresses })),
  }))
  return `${JSON.stringify({ version, domains }, null, 1)}\n`
}

/** The inverse, from JSON; undefined for anything else. */
export function parseKept(json: unknown): readonly Remembered[] | undefined {
  const { version: written, domains } = (json ?? {}) as { version?: unknown; domains?: unknown }
  if (written !== version || !Array.isArray(domains)) return undefined
  const all = domains.map(parseOne)
  return all.every(one => one !== undefined) ? all : undefined
}

function parseOne(json: unknown): Remembered | undefined {
  const { domain, owner, clearAt, ttlS, ds, hosts } = (json ?? {}) as Record<string, unknown>
  if (typeof domain !== 'string' || typeof owner !== 'string') return undefined
  if (typeof clearAt !== 'number' || typeof ttlS !== 'number') return undefined
  const all = listOf(hosts, parseHost)
  const rdata =
    ds === undefined ? undefined : listOf(ds, one => (typeof one === 'string' ? fromHex(one) : undefined))
  if (all === undefined || (ds !== undefined && rdata === undefined)) return undefined
  return { domain, owner, clearAt, delegation: { kind: 'delegated', hosts: all, ttlS, ds: rdata } }
}

function listOf<T>(json: unknown, parse: (one: unknown) => T | undefined): T[] | undefined {
  const all = Array.isArray(json) ? json.map(parse) : [undefined]
  return all.every(one => one !== undefined) ? all : undefined
}

function parseHost(json: unknown): Delegation['hosts'][number] | undefined {
  const { name, addresses } = (json ?? {}) as Record<string, unknown>
  const texts = listOf(addresses, one => (typeof one === 'string' ? one : undefined))
  if (typeof name !== 'string' || texts === undefined) return undefined
  try {
    return { name: parseName(name), addresses: texts }
  } catch (error) {
    if (isFault(error, 'name/invalid')) return undefined
    throw error
  }
}
