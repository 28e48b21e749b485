// The long way of a query: read it, decide about it, place it, and phrase what was decided.
//
// What it finds it leaves behind ready-made, for the next one who asks the same: everything that says
// something of a name there is. Names there are not, and errors, are as many as strangers can think of.

import { chain } from '../../base/chain.ts'
import { rcodes, types } from '../wire/code.ts'
import { flagBits } from '../wire/header.ts'
import { foldCase, type Name } from '../wire/name.ts'
import type { Decision } from '../zone/decision.ts'
import { bytesMaxFor, fit } from './fit.ts'
import { imputedHash } from './limit.ts'
import { extendedErrorOf, optBytes, optFor } from './opt.ts'
import { phrase, rcodeFor, shell } from './phrase.ts'
import { placed } from './place.ts'
import { type Query, readQuery } from './query.ts'
import { type Ready, readyBytesMax } from './ready.ts'
import { scoped } from './scoped.ts'
import { standingOf } from './standing.ts'
import { versioned } from './versioned.ts'
import { bodyOf, judge, seal, slip, type Way, type Ways } from './ways.ts'

export function createLongWay(ways: Ways): Way {
  const { authority, tally, place, opt, writer } = ways
  const decide = chain([versioned, scoped], ({ question, edns }: Query) =>
    authority.decide(question, edns !== 'faulty' && edns?.dnssecOk === true),
  )
  return (packet, client, transport) => {
    const query = readQuery(packet, client, transport)
    const standing = standingOf(query, ways.jar)
    const found = decide(query)
    const { decision, scopeBits } = placed(place, query, found, standing.address)
    const rcode = rcodeFor(query, decision)
    const apex = query.asks ? authority.apexOf(query.question.name) : undefined
    const isCompact = authority.isCompact(apex)
    const told = { cookie: standing.cookie, scopeBits: place.hearsSubnets ? scopeBits : undefined, isCompact }
    const imputed = imputedFor(query, found.kind === 'site' ? found : decision, apex)
    const judgement = judge(ways, standing, imputed)
    if (judgement === 'drop') return undefined
    if (judgement === 'slip') return slip(ways, query, told)

    const counters = tally.countersFor(query.asks ? query.question.type : undefined, rcode, apex)
    tally.answer(counters)
    const error = extendedErrorOf(decision)
    const bytesMax = bytesMaxFor(query, opt.udpBytesMax) - optBytes(optFor(query, rcode, error, told, opt))
    const outcome = fit(writer, phrase(query, decision), bytesMax, decision.kind === 'referral')
    const body = writer.copy()
    if (outcome === 'truncated') tally.event('truncated')
    if (outcome === 'whole' && rcode === rcodes.NOERROR && query.asks && body.length <= readyBytesMax) {
      const ready = isFleeting(decision) ? undefined : readyFor(ways, query, found, body)
      if (ready !== undefined) ways.ready?.keep(packet, { ...ready, isCompact, rcode, imputed, counters })
    }
    return seal(body, ways, query, { rcode, error, told })
  }
}

/** What strangers can think of without end, also where a compact denial makes NOERROR of it. */
function isFleeting({ kind }: Decision): boolean {
  return kind === 'error' || kind === 'nxdomain'
}

/**
 * What an answer counts as for the limiter: of what is not there, a zone has but one, and so has each wildcard,
 * DNAME, delegation and site of what is made of it, or made-up names would never meet a bound.
 */
function imputedFor({ question }: Query, decision: Decision, apex: Name | undefined): number {
  switch (decision.kind) {
    case 'error':
      return imputedHash(0, '')
    case 'nxdomain':
      return imputedHash(1, apex ?? '')
    case 'nodata':
      return imputedHash(2, apex ?? '')
    case 'referral':
      return imputedHash(3, foldCase(decision.authorities[0]?.name ?? question.name))
    case 'site':
      return imputedHash(4, decision.site)
    case 'answer':
      return imputedHash(3, decision.through ?? foldCase(question.name))
  }
}

/** What to keep: `body`, or of a site the question alone, so that its edges are chosen for each query. */
function readyFor(
  ways: Ways,
  query: Query,
  found: Decision,
  body: Uint8Array,
): Pick<Ready, 'body' | 'dnssecOk' | 'site'> | undefined {
  const { question, edns } = query
  if (ways.ready === undefined || edns === 'faulty') return undefined
  const dnssecOk = edns?.dnssecOk ?? false
  // An alias leads there, so the addresses do not belong to the name in the question; or signatures go with them.
  if (found.kind === 'site' && (found.aliases ?? found.signed) !== undefined) return undefined
  if (found.kind !== 'site') return { body: withoutFlags(body), dnssecOk, site: undefined }
  if (question.type !== types.A && question.type !== types.AAAA) return undefined
  const message = shell(query, 0)
  const head = bodyOf(ways, { ...message, flags: message.flags | flagBits.AA })
  return { body: withoutFlags(head), dnssecOk, site: { label: found.site, type: question.type } }
}

/** RD and CD are the asker's. */
function withoutFlags(body: Uint8Array): Uint8Array {
  const kept = Uint8Array.from(body)
  kept[2]! &= ~(flagBits.RD >>> 8)
  kept[3]! &= ~flagBits.CD
  return kept
}
