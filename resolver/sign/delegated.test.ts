// A suffix that signs itself, with sites and with a name that has a zone of its own: each answer judged as a validator
// would judge it, by the keys of the zone that gave it.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createMeter } from '../../base/meter.ts'
import { seededRandom } from '../../base/random.ts'
import { createResponder } from '../responder.ts'
import { bitmapTypes } from '../wire/bitmap.ts'
import { classes, types } from '../wire/code.ts'
import { optRecord } from '../wire/edns.ts'
import { decodeMessage, encodeMessage, type Message } from '../wire/message.ts'
import { foldCase, type Name, parseName } from '../wire/name.ts'
import { dataOctets } from '../wire/rdata.ts'
import { readZone } from '../zone/master.ts'
import { rrsetsOf } from '../zone/rrset.ts'
import { createZone } from '../zone/snapshot.ts'
import { createSuffixZone, defaultTtls } from '../zone/suffix.ts'
import { withDelegations } from './delegated.ts'
import { digestTypes, dsBytes, type SigningKey, signingKey } from './key.ts'
import { createOnlineSigner, onlineByDefault } from './online.ts'
import { signOnline } from './online-zone.ts'
import { judge, readSignature, recordsOf } from './rrsig.ts'
import { keySets, planByDefault, signZone } from './signed-zone.ts'

const nowS = 1_800_000_000
const keyOf = (zone: string, fill: number): SigningKey =>
  signingKey(parseName(zone), true, 15, new Uint8Array(32).fill(fill))
const keys = { inxt: keyOf('inxt', 1), own: keyOf('own.inxt', 2) }
const useOf = (key: SigningKey) => ({
  key,
  isPublished: true,
  signsKeys: true,
  signsZone: true,
  isWanted: true,
})

function child(isSigned: boolean, name: string) {
  const apex = parseName(name)
  const { records } = readZone(
    '@ 300 SOA ns h 1 7200 3600 1209600 300\n@ 300 NS ns.example.\nwww 300 A 192.0.2.7\n',
    apex,
  )
  if (!isSigned) return createZone(records, apex)
  const plan = { ...planByDefault, apex, keys: [useOf(keys.own)] }
  return createZone(
    signZone(records, plan, nowS, seededRandom(1)).flatMap(set => recordsOf(set, classes.IN)),
    apex,
  )
}

const names = {
  site: (label: string) =>
    ['site', 'own', 'bare'].includes(label) ? { contentCid: 'bafy', sequence: 1 } : undefined,
  serial: () => 7,
}
const edges = ['192.0.2.3', '192.0.2.1', '192.0.2.2'].map(ipv4 => ({ ipv4, httpsPort: 8443 }))
let turn = 0
const places = {
  near: (_site: string, _client: unknown, _countMax: number, hasIpv6: boolean) =>
    hasIpv6 ? [] : [...edges.slice(turn++ % 3), ...edges].slice(0, 3),
  servers: () => [{ name: 'e-1', address: edges[0]! }],
}
const signer = createOnlineSigner({ ...onlineByDefault, keys: [keys.inxt] })
const children = [child(true, 'own.inxt'), child(false, 'bare.inxt')]
const suffix = createSuffixZone({ suffix: 'inxt', names, servers: places, ttls: defaultTtls })
const apex = parseName('inxt')
const signed = signOnline(
  withDelegations(suffix, () => children),
  {
    denial: 'compact',
    signer,
    keySigner: signer,
    keySets: keySets({ apex, keys: [useOf(keys.inxt)], dnskeyTtlS: 3600 }),
    nowS: () => nowS,
    // There is an edge with IPv6 somewhere, but never one that is chosen here.
    site: { ttlS: 30, types: () => [types.A, types.AAAA, types.HTTPS] },
  },
)
const zones = [signed, ...children]
const respond = createResponder({
  suffixes: [],
  zones: () => zones,
  version: () => 0,
  names,
  places,
  alpn: ['h2'],
  meter: createMeter(),
  onBug: error => assert.fail(String(error)),
})

function ask(name: string, type: number): Message {
  const packet = encodeMessage({
    id: 1,
    flags: 0,
    questions: [{ name: parseName(name), type, class: classes.IN }],
    answers: [],
    authorities: [],
    additionals: [optRecord({ udpBytesMax: 1232, version: 0, dnssecOk: true, rcodeHigh: 0, options: [] })],
  })
  return decodeMessage(respond(packet, { address: '192.0.2.99', port: 53 }, 'udp')!)
}

/** `type verdict signer` of each set that is signed. */
function verdicts({ answers, authorities }: Message): string[] {
  return rrsetsOf([...answers, ...authorities]).map(set => {
    const [signature] = set.signatures
    if (signature === undefined) return `${set.type} bare`
    const by: Name = readSignature(signature).signer
    return `${set.type} ${judge(set, signature, by === apex ? keys.inxt : keys.own, nowS)}`
  })
}

function typesProved({ authorities }: Message): number[] {
  const octets = Buffer.from(dataOctets(authorities.find(({ type }) => type === NSEC)!.data))
  let end = 0
  while (octets[end] !== 0) end += 1 + octets[end]!
  return bitmapTypes(octets.subarray(end + 1))
}

const { A, AAAA, NS, SOA, TXT, DS, NSEC, HTTPS, DNSKEY } = types
const rows: [what: string, name: string, type: number, sets: string[]][] = [
  ['the addresses of a site', 'site.inxt', A, [`${A} good`]],
  ['however it is spelled', 'SiTe.InXt', A, [`${A} good`]],
  ['a family that no chosen edge has', 'site.inxt', AAAA, [`${SOA} good`, `${NSEC} good`]],
  ['what its edges speak', 'site.inxt', HTTPS, [`${HTTPS} good`]],
  ['what a site is made of', '_dnslink.site.inxt', TXT, [`${TXT} good`]],
  ['a name that nobody holds', 'nobody.inxt', A, [`${SOA} good`, `${NSEC} good`]],
  ['the apex', 'InXt', SOA, [`${SOA} good`]],
  ['its servers', 'inxt', NS, [`${NS} good`]],
  ['its keys', 'inxt', DNSKEY, [`${DNSKEY} good`]],
  ['an edge', 'e-1.ns.inxt', A, [`${A} good`]],
  ['the DS of a zone of its own', 'own.inxt', DS, [`${DS} good`]],
  ['what is in it', 'www.own.inxt', A, [`${A} good`]],
  ['that an unsigned one has no DS', 'bare.inxt', DS, [`${SOA} good`, `${NSEC} good`]],
  ['what is in that', 'www.bare.inxt', A, [`${A} bare`]],
]

describe('a suffix that signs itself', () => {
  for (const [what, name, type, sets] of rows) {
    test(what, () => {
      const message = ask(name, type)
      assert.deepEqual(verdicts(message), sets)
      assert(message.answers.every(record => foldCase(record.name) === foldCase(parseName(name))))
    })
  }
  test('the DS is that of the key that the owner has', () => {
    const data = ask('own.inxt', DS).answers.find(({ type }) => type === DS)!.data
    assert.deepEqual(dataOctets(data), dsBytes(keys.own, digestTypes.SHA256))
  })
  test('the proof that no chosen edge has a family denies that family, and nothing else', () => {
    assert.deepEqual(typesProved(ask('site.inxt', AAAA)), [A, TXT, types.RRSIG, NSEC, HTTPS])
  })
  test('the proof that there is no DS says that there is a delegation, and nothing that is below it', () => {
    assert.deepEqual(typesProved(ask('bare.inxt', DS)), [NS, types.RRSIG, NSEC])
  })
  test('a choice of edges is signed once, in whatever order they are named', () => {
    const orders = new Set<string>()
    for (const type of [A, HTTPS]) ask('site.inxt', type)
    const before = signer.counts.signed
    for (let i = 0; i < 6; i++) {
      ask('site.inxt', HTTPS)
      const data = ask('site.inxt', A).answers.filter(({ type }) => type === A)
      orders.add(data.map(({ data }) => Buffer.from(dataOctets(data)).toString('hex')).join())
    }
    assert(orders.size > 1)
    assert.equal(signer.counts.signed, before)
  })
})
