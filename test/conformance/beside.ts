// Our answers beside those of NSD, Knot, BIND and PowerDNS to the same questions about the same files.
//
// Each answer is told as lines that do not depend on order or compression. Where ours differs from another's, one of
// the rules in `differences` must say why, or the comparison fails; docs/conformance.md is written from the rules and
// the counts.

import { join } from 'node:path'
import { fromHex, toHex } from '../../base/bytes.ts'
import { classes, rcodeText, types, typeText } from '../../resolver/wire/code.ts'
import { optRecord } from '../../resolver/wire/edns.ts'
import { flagBits } from '../../resolver/wire/header.ts'
import { decodeMessage, encodeMessage, rcodeOf } from '../../resolver/wire/message.ts'
import { foldCase, nameText, parseName } from '../../resolver/wire/name.ts'
import { dataText } from '../../resolver/wire/presentation.ts'
import type { ResourceRecord } from '../../resolver/wire/record.ts'
import type { Room } from './room.ts'

export interface Asked {
  readonly name: string
  readonly type: number
  readonly dnssecOk: boolean
}

/** An answer without what servers may choose freely: order, compression, case, EDNS. */
export interface Told {
  readonly status: string
  readonly answer: readonly string[]
  readonly authority: readonly string[]
  readonly additional: readonly string[]
}

const names = [
  ...[
    '',
    'www',
    'WwW',
    'ns1',
    'alias',
    'chain1',
    'chain2',
    'loop1',
    'away',
    'dangling',
    'nothing',
    'a.nothing',
  ],
  ...[
    'wild',
    'x.wild',
    'x.y.wild',
    'exact.wild',
    'x.exact.wild',
    '*.wild',
    'x.walias',
    'walias',
    'ent',
    'x.ent',
  ],
  ...['branch.ent', 'leaf.branch.ent', 'tree', 'www.tree', 'x.y.tree', 'target', 'long', '_443._tcp.www'],
  ...[
    '_tcp.www',
    '_sip._tcp',
    'host',
    'svc',
    'unknown',
    'secure',
    'www.secure',
    'ns.secure',
    'plain',
    'www.plain',
  ],
  ...['nothing.plain', 'outside', 'www.outside', '0', 'zzz', '\\000', 'www.www'],
].map(name => (name === '' ? 'example.lab' : `${name}.example.lab`))
const asked = [types.A, types.TXT, types.NS, types.DS, types.CNAME, types.SOA]
const elsewhere = [
  ...[
    'third.lab',
    'nothing.third.lab',
    'x.wild.third.lab',
    'ent.third.lab',
    'plain.third.lab',
    'www.tree.third.lab',
  ],
  ...[
    'lab',
    'elsewhere.test',
    '.',
    'secure.example.lab',
    'nothing.secure.example.lab',
    'www.plain.example.lab',
  ],
]

/** Names times types with DNSSEC, and once without. */
export const questions: readonly Asked[] = [
  ...names.flatMap(name => asked.map(type => ({ name, type, dnssecOk: true }))),
  ...elsewhere.flatMap(name => [types.A, types.DS].map(type => ({ name, type, dnssecOk: true }))),
  ...names.map(name => ({ name, type: types.A, dnssecOk: false })),
]

export function askedText({ name, type, dnssecOk }: Asked): string {
  return `${name} ${typeText(type)}${dnssecOk ? ' +dnssec' : ''}`
}

/** What `server` says to all `questions`. */
export async function askAll(room: Room, server: string): Promise<readonly Told[]> {
  const queries = questions.map(({ name, type, dnssecOk }, id) => {
    const edns = { udpBytesMax: 1232, version: 0, dnssecOk, rcodeHigh: 0, options: [] }
    const question = { name: parseName(name), type, class: classes.IN }
    const rest = { answers: [], authorities: [], additionals: [optRecord(edns)] }
    return encodeMessage({ id, flags: 0, questions: [question], ...rest })
  })
  const file = await room.file('queries', queries.map(query => `${toHex(query)}\n`).join(''))
  const { code, stdout, stderr } = await room.run(process.execPath, [
    join(import.meta.dirname, 'asker.ts'),
    server,
    file,
  ])
  const answers = stdout.split('\n').filter(Boolean)
  if (code !== 0 || answers.length !== questions.length) {
    throw new Error(`${server} answered ${answers.length} of ${questions.length} questions: ${stderr}`)
  }
  return answers.map(line => told(fromHex(line)!))
}

function told(packet: Uint8Array): Told {
  const message = decodeMessage(packet)
  const lines = (records: readonly ResourceRecord[]): string[] =>
    records
      .filter(({ type }) => type !== types.OPT)
      .map(({ name, type, ttlS, data }) => {
        return `${nameText(foldCase(name))} ${ttlS} ${typeText(type)} ${dataText(data)}`
      })
      .sort()
  return {
    status: `${rcodeText(rcodeOf(message))}${(message.flags & flagBits.AA) === 0 ? '' : ' aa'}`,
    answer: lines(message.answers),
    authority: lines(message.authorities),
    additional: lines(message.additionals),
  }
}

export type Part = keyof Told

/** The parts in which two answers differ. */
export function differing(ours: Told, theirs: Told): Part[] {
  const parts: Part[] = ['status', 'answer', 'authority', 'additional']
  return parts.filter(part => JSON.stringify(ours[part]) !== JSON.stringify(theirs[part]))
}

/** Why an answer of ours may differ from another's in `parts`. */
export interface Difference {
  readonly why: string
  readonly peers: readonly string[]
  readonly holds: (asked: Asked, parts: readonly Part[], ours: Told, theirs: Told) => boolean
}

/** The same lines but for the TTL of the SOA and of the signature over it. */
function withoutSoaTtl(lines: readonly string[]): string {
  // 0006 is how an RRSIG over an SOA begins.
  return JSON.stringify(
    lines.map(line => line.replace(/ \d+ (SOA|RRSIG \\# \d+ 0006|RRSIG SOA)/, ' $1')).sort(),
  )
}

function only(parts: readonly Part[], part: Part): boolean {
  return parts.length === 1 && parts[0] === part
}

export const differences: readonly Difference[] = [
  {
    why:
      'Asked for NS, the others add the addresses of the name servers (RFC 1035 §3.3.11 allows it); ours answers ' +
      'what was asked and adds addresses to referrals only, where they are needed: less to amplify.',
    peers: ['nsd', 'knot', 'bind', 'powerdns'],
    holds: ({ type }, parts, ours, theirs) =>
      type === types.NS &&
      only(parts, 'additional') &&
      ours.additional.length === 0 &&
      theirs.additional.every(line => / (A|AAAA|RRSIG) /.test(line)),
  },
  {
    why:
      'Asked for an SOA that is not there, BIND sends the SOA of the zone with a TTL of 0 (its zero-no-soa-ttl), ' +
      'so that the absence is not kept; ours keeps to RFC 2308 §3, as NSD and Knot do.',
    peers: ['bind'],
    holds: ({ type }, parts, ours, theirs) =>
      type === types.SOA &&
      only(parts, 'authority') &&
      withoutSoaTtl(ours.authority) === withoutSoaTtl(theirs.authority),
  },
  {
    why:
      'A CNAME loop inside the zone: BIND answers SERVFAIL beside the records of the loop, PowerDNS without them; ' +
      'ours gives the records with NOERROR, as NSD and Knot do, for they are what the zone says (RFC 1034 §3.6.2).',
    peers: ['bind', 'powerdns'],
    holds: ({ name }, parts, _, theirs) =>
      /^loop/.test(name) &&
      theirs.status.startsWith('SERVFAIL') &&
      parts.every(part => part === 'status' || (part === 'answer' && theirs.answer.length === 0)),
  },
  {
    why:
      'Asked for the CNAME of a name that has one by a wildcard or a DNAME, PowerDNS follows it nevertheless and ' +
      'proves that its target is none; ours stops at what was asked (RFC 1034 §3.6.2), as NSD, Knot and BIND do.',
    peers: ['powerdns'],
    holds: ({ type }, parts, ours, theirs) =>
      type === types.CNAME &&
      only(parts, 'authority') &&
      ours.authority.every(line => theirs.authority.includes(line)),
  },
  {
    why:
      'A label may hold any octets (RFC 2181 §11), and this name is not there; PowerDNS answers SERVFAIL where one ' +
      'is a control character.',
    peers: ['powerdns'],
    holds: ({ name }, _, __, theirs) => name.startsWith('\\000') && theirs.status.startsWith('SERVFAIL'),
  },
  {
    why:
      'A name below a DNAME whose target is not there: NSD leaves out the NSEC that covers the target itself; ' +
      'ours sends it beside the one that covers the wildcard, as the others do (RFC 4035 §3.1.3.2).',
    peers: ['nsd'],
    holds: ({ name }, parts, ours, theirs) =>
      /\.tree\./.test(name) &&
      only(parts, 'authority') &&
      theirs.authority.every(line => ours.authority.includes(line)),
  },
]

export interface Comparison {
  readonly alike: number
  /** How many answers each reason of `differences` explains. */
  readonly explained: ReadonlyMap<string, number>
  readonly unexplained: readonly string[]
}

export function compare(peer: string, ours: readonly Told[], theirs: readonly Told[]): Comparison {
  const explained = new Map<string, number>()
  const unexplained: string[] = []
  let alike = 0
  for (const [i, asked] of questions.entries()) {
    const [mine, other] = [ours[i]!, theirs[i]!]
    const parts = differing(mine, other)
    if (parts.length === 0) {
      alike++
      continue
    }
    const reason = differences.find(
      ({ peers, holds }) => peers.includes(peer) && holds(asked, parts, mine, other),
    )
    if (reason !== undefined) explained.set(reason.why, (explained.get(reason.why) ?? 0) + 1)
    else unexplained.push(differenceText(peer, asked, parts, mine, other))
  }
  return { alike, explained, unexplained }
}

function differenceText(
  peer: string,
  asked: Asked,
  parts: readonly Part[],
  ours: Told,
  theirs: Told,
): string {
  const lines = parts.flatMap(part => [
    `  ${part}`,
    ...[ours[part]].flat().map(line => `    ours   ${line}`),
    ...[theirs[part]].flat().map(line => `    theirs ${line}`),
  ])
  return [`${askedText(asked)} (${peer})`, ...lines].join('\n')
}
