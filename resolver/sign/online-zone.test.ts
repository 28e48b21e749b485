// Question after question through the ladder, each answer judged as a validator would judge it.

import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { silentLog } from '../../base/io/log.ts'
import { createMeter } from '../../base/meter.ts'
import { serveUdp } from '../io/udp.ts'
import { createResponder } from '../responder.ts'
import { bitmapTypes } from '../wire/bitmap.ts'
import { parseType, types } from '../wire/code.ts'
import { childOf, compareNames, isWithin, type Name, nameText, parseName, rootName } from '../wire/name.ts'
import { dataOctets } from '../wire/rdata.ts'
import type { ResourceRecord } from '../wire/record.ts'
import { createLadder } from '../zone/ladder.ts'
import { readZone } from '../zone/master.ts'
import { rrsetsOf } from '../zone/rrset.ts'
import { createZone } from '../zone/snapshot.ts'
import { dataOf } from './canonical.ts'
import { dnskeyBytes, signingKey } from './key.ts'
import { createOnlineSigner, onlineByDefault } from './online.ts'
import { nameBefore, signOnline } from './online-zone.ts'
import { judge } from './rrsig.ts'

const run = promisify(execFile)
const apex = parseName('example.com')
const nowS = 1_800_000_000
const key = signingKey(apex, true, 13, new Uint8Array(32).fill(3))
const signer = createOnlineSigner({ ...onlineByDefault, keys: [key] })
const keySets = [
  {
    name: apex,
    type: types.DNSKEY,
    ttlS: 3600,
    data: [dataOf(types.DNSKEY, dnskeyBytes(key))],
    signatures: [],
  },
]
const text = `$TTL 3600
@ SOA ns1 hostmaster 10 3600 600 604800 300
  NS ns1
ns1 A 192.0.2.1
alias CNAME ns1
*.w TXT "wild"
deep.ent A 192.0.2.2
sub NS ns.sub
ns.sub A 192.0.2.3
safe NS ns.sub
  DS 1 13 2 ${'00'.repeat(32)}
`
const plain = createZone(readZone(text, apex).records, apex)
const options = { signer, keySigner: signer, keySets, nowS: () => nowS }
const zone = signOnline(plain, { ...options, denial: 'compact' })
const ladder = createLadder([zone])

/** Sets of a section, each judged; glue and the NS of delegations must not be signed. */
function judged(records: readonly ResourceRecord[]): string[] {
  return rrsetsOf(records).map(set => {
    const [signature] = set.signatures
    const verdict = signature === undefined ? 'bare' : judge(set, signature, key, nowS)
    return `${nameText(set.name)} ${set.type} ${verdict}`
  })
}

function nsecOf(records: readonly ResourceRecord[]): { owner: Name; next: Name; present: number[] } {
  const record = records.find(({ type }) => type === types.NSEC)!
  const octets = Buffer.from(dataOctets(record.data))
  let end = 0
  while (octets[end] !== 0) end += 1 + octets[end]!
  const next = octets.toString('latin1', 0, end) as Name
  return { owner: record.name, next, present: bitmapTypes(octets.subarray(end + 1)) }
}

describe('a zone that signs itself', () => {
  const ask = (name: string, type: string): ReturnType<typeof ladder> =>
    ladder({ name: parseName(name), type: parseType(type)!, class: 1 }, true)

  test('what is there', () => {
    for (const [name, type, expected] of [
      ['ns1.example.com', 'A', 'ns1.example.com. 1 good'],
      ['NS1.example.COM', 'A', 'NS1.example.COM. 1 good'],
      ['example.com', 'DNSKEY', 'example.com. 48 good'],
      ['example.com', 'SOA', 'example.com. 6 good'],
      ['alias.example.com', 'A', 'alias.example.com. 5 good,ns1.example.com. 1 good'],
      ['safe.example.com', 'DS', 'safe.example.com. 43 good'],
    ]) {
      const decision = ask(name!, type!)
      assert(decision.kind === 'answer')
      assert.equal(judged(decision.records).join(), expected)
    }
  })

  test('what is not there', () => {
    const rows: [name: string, type: string, present: number[]][] = [
      ['ns1.example.com', 'AAAA', [types.A]],
      ['ent.example.com', 'A', []],
      ['example.com', 'A', [types.NS, types.SOA, types.DNSKEY]],
      ['nothing.example.com', 'A', [types.NXNAME]],
      ['sub.example.com', 'DS', [types.NS]],
      ['any.w.example.com', 'A', [types.TXT]],
    ]
    for (const [name, type, present] of rows) {
      const decision = ask(name, type)
      assert(decision.kind === 'nodata' || decision.kind === 'nxdomain', name)
      assert.equal(decision.compact === true, present.includes(types.NXNAME), name)
      const records = [decision.soa, ...(decision.proof ?? [])]
      assert.equal(judged(records).length, 2, name)
      for (const verdict of judged(records)) assert.match(verdict, /good$/)
      const nsec = nsecOf(records)
      assert.equal(nameText(nsec.owner), `${name}.`)
      const all = [...present, types.RRSIG, types.NSEC].sort((a, b) => a - b)
      assert.deepEqual(nsec.present, all, name)
      for (const record of records) assert.equal(record.ttlS, 300)
    }
  })

  test('a wildcard, and why it was used', () => {
    const decision = ask('some.thing.w.example.com', 'TXT')
    assert(decision.kind === 'answer')
    assert.deepEqual(judged(decision.records), ['some.thing.w.example.com. 16 good'])
    assert.match(judged(decision.authorities!)[0]!, /good$/)
    const { owner, next } = nsecOf(decision.authorities!)
    const [nearer, asked] = ['thing.w.example.com', 'some.thing.w.example.com'].map(parseName)
    assert(compareNames(owner, nearer!) < 0 && compareNames(asked!, next) < 0)
  })

  test('delegations, safe and not', () => {
    const open = ask('www.sub.example.com', 'A')
    assert(open.kind === 'referral')
    assert.deepEqual(judged(open.authorities), ['sub.example.com. 2 bare', 'sub.example.com. 47 good'])
    assert.deepEqual(judged(open.glue), ['ns.sub.example.com. 1 bare'])
    const safe = ask('www.safe.example.com', 'A')
    assert(safe.kind === 'referral')
    assert.deepEqual(judged(safe.authorities), ['safe.example.com. 2 bare', 'safe.example.com. 43 good'])
  })

  test('a name just before another: nothing lies between but what is below it', () => {
    const octet = fc.integer({ min: 0, max: 255 }).map(n => String.fromCharCode(n))
    const label = fc.string({ unit: octet, minLength: 1, maxLength: 63 })
    fc.assert(
      fc.property(label, label, fc.constantFrom(rootName, apex), (one, other, parent) => {
        const name = childOf(one, parent)
        const before = nameBefore(name)
        assert(compareNames(before, name) < 0)
        const third = childOf(other, parent)
        const isBetween = compareNames(before, third) < 0 && compareNames(third, name) < 0
        assert(!isBetween || isWithin(third, before))
      }),
    )
  })

  test('covering denial: the name and the wildcard, each by an NSEC beside it', () => {
    const covering = createLadder([signOnline(plain, { ...options, denial: 'covering' })])
    const name = parseName('no.thing.example.com')
    const decision = covering({ name, type: types.A, class: 1 }, true)
    assert(decision.kind === 'nxdomain')
    const nsecs = decision.proof!.filter(({ type }) => type === types.NSEC)
    assert.equal(nsecs.length, 2)
    for (const [i, denied] of [name, parseName('*.example.com')].entries()) {
      const { owner, next } = nsecOf([nsecs[i]!])
      assert(compareNames(owner, denied) < 0 && compareNames(denied, next) < 0)
    }
    for (const verdict of judged([decision.soa, ...decision.proof!])) assert.match(verdict, /good$/)
  })

  const delv = 'delv'
  const skip = spawnSync(delv, ['-v']).error !== undefined && 'delv is not installed (apt: bind9-dnsutils)'
  for (const [denial, absent] of [
    ['covering', 'ncache nxdomain'],
    ['compact', 'ncache nxrrset'],
  ] as const) {
    test(`delv validates every kind of answer, denied by ${denial} records`, { skip }, () =>
      validates(denial, absent),
    )
  }

  async function validates(denial: 'covering' | 'compact', absent: string): Promise<void> {
    const now = Math.floor(Date.now() / 1000)
    const served = signOnline(plain, { ...options, denial, nowS: () => now })
    const meter = createMeter()
    const respond = createResponder({
      ...{ suffixes: [], zones: () => [served], meter },
      names: { site: () => undefined, serial: () => 0 },
      places: { near: () => [], servers: () => [] },
      onBug: error => assert.fail(`${error}`),
    })
    const at = { address: '127.0.0.1', port: 0, respond, meter, log: silentLog }
    const server = await serveUdp(at)
    const folder = await mkdtemp(join(tmpdir(), 'inxt-online-'))
    try {
      const anchor = join(folder, 'anchor')
      const base64 = Buffer.from(key.bytes).toString('base64')
      await writeFile(anchor, `trust-anchors { example.com. static-key 257 3 13 "${base64}"; };\n`)
      const rows: [name: string, type: string, verdict: RegExp][] = [
        ['ns1.example.com', 'A', /^; fully validated/m],
        ['alias.example.com', 'A', /^; fully validated/m],
        ['some.thing.w.example.com', 'TXT', /^; fully validated/m],
        ['ns1.example.com', 'AAAA', /ncache nxrrset.*\n; negative response, fully validated/],
        ['ent.example.com', 'A', /ncache nxrrset.*\n; negative response, fully validated/],
        ['a.w.example.com', 'A', /ncache nxrrset.*\n; negative response, fully validated/],
        ['no.thing.example.com', 'A', new RegExp(`${absent}.*\\n; negative response, fully validated`)],
        ['sub.example.com', 'DS', /ncache nxrrset.*\n; negative response, fully validated/],
      ]
      const answers = rows.map(([name, type]) =>
        run(delv, ['@127.0.0.1', '-p', `${server.port}`, '-a', anchor, '+root=example.com', name, type]),
      )
      for (const [i, { stdout, stderr }] of (await Promise.all(answers)).entries()) {
        assert.match(stderr + stdout, rows[i]![2], `${rows[i]}`)
      }
    } finally {
      await server.close()
      await rm(folder, { recursive: true })
    }
  }
})
