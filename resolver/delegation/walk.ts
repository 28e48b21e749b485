// From the root down to the parent of a domain, to hear what the parent delegates: an iterative resolver in little.
//
// RFC 1034 §5.3.3 as a generator: it yields a question for one server and is handed that server's message, or
// undefined for none, so whoever drives it owns sockets and clocks. Servers above the parent are told no more of the
// name than they need (RFC 9156). Since a domain's fate hangs on the outcome, two servers of the parent are asked
// where there are two, and must say the same: one that lies, or lags behind, makes the outcome unclear, not false.
// Every walk has a budget of questions, which is what bounds loops, long chains and parents that send us in circles.
// A forwarder of the machine's would be less code and a third party to believe.

import { type Random, shuffle } from '../../base/random.ts'
import { addressText } from '../wire/address.ts'
import { types } from '../wire/code.ts'
import type { Message } from '../wire/message.ts'
import { foldCase, labelsOf, type Name, parentOf, rootName } from '../wire/name.ts'
import type { Cuts } from './cuts.ts'
import { type Cut, type Host, type Reply, replyOf } from './reply.ts'

export interface Question {
  /** An IP address. */
  readonly server: string
  readonly name: Name
  readonly type: number
}

export type Walk<T> = Generator<Question, T, Message | undefined>

export type Finding =
  | {
      readonly kind: 'delegated'
      /** The parent's NS set and glue, by name. */
      readonly hosts: readonly Host[]
      readonly ttlS: number
      /** RDATA of the parent's DS set; undefined when its servers do not agree on it. */
      readonly ds: readonly Uint8Array[] | undefined
    }
  | { readonly kind: 'undelegated' }
  | { readonly kind: 'unclear'; readonly why: string }

export interface WalkOptions {
  readonly cuts: Cuts
  readonly random: Random
}

/** What a healthy domain takes is 4 to 8 with nothing known before; a host name without glue some 4 more. */
const questionsMax = 48
/** MAX_MINIMISE_COUNT of RFC 9156 §2.3: labels that are revealed one at a time. */
const minimisedMax = 10
/** Host names that must be resolved to resolve a host name. */
const depthMax = 2
/** Of one host: an address of each family. */
const addressesTried = 2

interface Search extends WalkOptions {
  left: number
}

/** A reply, and who gave it. */
interface Heard {
  readonly zone: Cut
  readonly host: Name
  readonly server: string
  readonly reply: Reply
}

/** The root as a cut, from addresses: its servers need no names here. */
export function rootOf(addresses: readonly string[]): Cut {
  const hosts = addresses.map((address, i) => ({
    name: `\x01${String.fromCharCode(i + 1)}` as Name,
    addresses: [address],
  }))
  return { name: rootName, hosts, ttlS: 0 }
}

/** What the parent of `domain` (not the root) says of it. */
export function* lookUp(domain: Name, options: WalkOptions): Walk<Finding> {
  const search = { ...options, left: questionsMax }
  const name = foldCase(domain)
  const first = yield* descend(search, name, types.NS, 0)
  const said = sayingOf(first.reply, name)
  if (said === undefined) return unclear(first)
  let second: Heard | undefined
  if (first.zone.hosts.length > 1) {
    second = yield* askZone(search, first.zone, name, types.NS, 0, first.host)
    const other = sayingOf(second.reply, name)
    if (other === undefined) return unclear(second)
    if (other !== said) return { kind: 'unclear', why: 'two servers of the parent do not say the same' }
  }
  if (!('cut' in first.reply)) return { kind: 'undelegated' }
  const { hosts, ttlS } = first.reply.cut
  const ds = yield* dsOf(search, name, second === undefined ? [first] : [first, second])
  return { kind: 'delegated', hosts, ttlS, ds }
}

function unclear({ zone, reply }: Heard): Finding {
  const why = reply.kind === 'lame' ? reply.why : 'it refers to something else'
  const text = labelsOf(zone.name).join('.')
  return {
    kind: 'unclear',
    why: `no server of ${text === '' ? 'the root' : text} could be relied on: ${why}`,
  }
}

/** One text for all ways to say the same of `name`; undefined for a reply that decides nothing. */
function sayingOf(reply: Reply, name: Name): string | undefined {
  if (reply.kind === 'lame') return undefined
  if (!('cut' in reply)) return ''
  return reply.cut.name === name ? reply.cut.hosts.map(host => host.name).join('\0') : undefined
}

/** The DS set at the parent (RFC 4035 §3.1.4.1), as far as those who were heard agree on it. */
function* dsOf(search: Search, name: Name, heard: readonly Heard[]): Walk<readonly Uint8Array[] | undefined> {
  let agreed: readonly Uint8Array[] | undefined
  for (const { zone, server } of heard) {
    const reply = yield* ask(search, zone, server, name, types.DS)
    if (reply.kind !== 'answer' && reply.kind !== 'nodata') return undefined
    const set = reply.kind === 'answer' ? [...reply.rdata].sort(Buffer.compare) : []
    if (agreed !== undefined && Buffer.compare(Buffer.concat(agreed), Buffer.concat(set)) !== 0)
      return undefined
    agreed = set
  }
  return agreed
}

/** Down to whoever decides about `name`: for NS that is its parent, for an address its own zone. */
function* descend(search: Search, name: Name, type: number, depth: number): Walk<Heard> {
  const labelCount = labelsOf(name).length
  let zone = search.cuts.above(name)
  let isRemembered = zone.name !== rootName
  let revealed = labelsOf(zone.name).length + 1
  for (let steps = 0; ; steps++) {
    const isLast = revealed >= labelCount || steps >= minimisedMax
    const asked = isLast ? name : ending(name, revealed)
    const heard = yield* askZone(search, zone, asked, isLast ? type : types.NS, depth)
    const { reply } = heard
    if (reply.kind === 'lame' && isRemembered && search.left > 0) {
      search.cuts.forget(zone)
      zone = search.cuts.above(name)
      isRemembered = zone.name !== rootName
      revealed = labelsOf(zone.name).length + 1
      continue
    }
    const next = reply.kind === 'referral' || (reply.kind === 'answer' && !isLast) ? reply.cut : undefined
    if (next === undefined || (type === types.NS && next.name === name)) {
      if (isLast || reply.kind === 'lame') return heard
      // Some servers deny a name that has others below it (RFC 9156 §2.3 step 6), so a denial costs one more question.
      revealed = reply.kind === 'absent' ? labelCount : revealed + 1
      continue
    }
    search.cuts.keep(next)
    zone = next
    isRemembered = false
    revealed = labelsOf(zone.name).length + 1
  }
}

/** The last `count` labels. */
function ending(name: Name, count: number): Name {
  let ending = name
  for (let left = labelsOf(name).length; left > count; left--) ending = parentOf(ending)
  return ending
}

/** Asks servers of `zone`, but not `except`, until one is not lame; those whose addresses are known come first. */
function* askZone(
  search: Search,
  zone: Cut,
  name: Name,
  type: number,
  depth: number,
  except?: Name,
): Walk<Heard> {
  const others = shuffle(
    search.random,
    zone.hosts.filter(host => host.name !== except),
  )
  const known = (host: Host): number => (host.addresses.length > 0 ? 0 : 1)
  let last: Heard = { zone, host: rootName, server: '', reply: { kind: 'lame', why: 'none has an address' } }
  for (const host of others.sort((a, b) => known(a) - known(b))) {
    for (const server of yield* addressesOf(search, host, depth)) {
      const reply = yield* ask(search, zone, server, name, type)
      last = { zone, host: host.name, server, reply }
      if (reply.kind !== 'lame' || search.left <= 0) return last
    }
  }
  return last
}

function* addressesOf(search: Search, host: Host, depth: number): Walk<readonly string[]> {
  if (host.addresses.length > 0) return shuffle(search.random, [...host.addresses]).slice(0, addressesTried)
  if (depth >= depthMax) return []
  for (const type of [types.A, types.AAAA]) {
    const { reply } = yield* descend(search, host.name, type, depth + 1)
    if (reply.kind === 'answer') return reply.rdata.slice(0, addressesTried).map(addressText)
    if (reply.kind !== 'nodata') break
  }
  return []
}

function* ask(search: Search, zone: Cut, server: string, name: Name, type: number): Walk<Reply> {
  if (search.left <= 0) return { kind: 'lame', why: `more than ${questionsMax} questions would be needed` }
  search.left--
  const message = yield { server, name, type }
  return message === undefined ? { kind: 'lame', why: 'no answer' } : replyOf(message, zone.name, name, type)
}
