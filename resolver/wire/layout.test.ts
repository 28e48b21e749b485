// Every type: from text to octets and back, and through a message; the octets beside `dns-packet`'s where it
// knows the type, and beside the figures of RFC 9460 Appendix D.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import packet from 'dns-packet'
import fc from 'fast-check'
import { equalBytes, fromHex, toHex } from '../../base/bytes.ts'
import { isFault } from '../../base/fault.ts'
import { types } from './code.ts'
import { decodeMessage, encodeMessage } from './message.ts'
import { foldCase, parseName } from './name.ts'
import { dataText } from './presentation.ts'
import { canonicalData, dataOctets, parseData, type RecordData, readData } from './rdata.ts'
import { Reader } from './reader.ts'
import { Words } from './words.ts'

/** Words as the master file reader makes them. */
function parse(type: keyof typeof types, text: string): RecordData {
  const raws = text.match(/(?:\\.|[^\s"\\]|"(?:[^"\\]|\\.)*"|\\$)+/gs) ?? []
  const words = raws.map((raw, i) => ({ raw, line: 1, column: i }))
  return parseData(new Words(words, parseName('example.com')), types[type])
}

/** Texts in the spelling that we print; names and hexadecimal as dig has them. */
const rows: [type: keyof typeof types, text: string][] = [
  ['A', '192.0.2.1'],
  ['NS', 'ns.example.com.'],
  ['CNAME', 'Example.COM.'],
  ['SOA', 'ns.example.com. hostmaster.example.com. 4294967295 7200 3600 1209600 300'],
  ['PTR', '1.example.com.'],
  ['HINFO', '"RFC8482" ""'],
  ['MINFO', 'a.example. .'],
  ['MX', '10 mail.example.com.'],
  ['TXT', '"a b" "\\000\\"\\\\\\255" ""'],
  ['RP', 'who.example. .'],
  ['AFSDB', '1 afs.example.'],
  ['AAAA', '2001:db8::1'],
  ['LOC', '42 21 54.500 N 71 6 18.300 W -24.00m 30.00m 10000.00m 10.00m'],
  ['LOC', '90 0 0.000 S 180 0 0.000 E 42849672.95m 0.00m 90000000.00m 0.01m'],
  ['SRV', '0 5 5060 Sip.example.com.'],
  ['NAPTR', '100 50 "s" "http+N2L+N2C+N2R" "!^.*$!\\\\1!" www.example.com.'],
  ['CERT', '1 0 0 AQID'],
  ['DNAME', 'other.example.'],
  ['DS', '60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118'],
  ['SSHFP', '4 2 0123456789ABCDEF'],
  ['RRSIG', 'A 13 2 3600 20300101000000 20291201000000 12345 Example.com. AQIDBA=='],
  ['RRSIG', 'TYPE65280 15 0 0 21060207062815 19700101000000 0 . AQ=='],
  ['NSEC', 'Host.example.com. A MX RRSIG NSEC TYPE1234'],
  ['DNSKEY', '257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4='],
  ['NSEC3', '1 1 12 AABBCCDD 2t7b4g4vsa5smi47k61mv5bv1a22bojr MX DNSKEY NS SOA NSEC3PARAM RRSIG'],
  ['NSEC3', '1 0 0 - 2t7b4g4vsa5smi47k61mv5bv1a22bojr'],
  ['NSEC3PARAM', '1 0 12 AABBCCDD'],
  ['NSEC3PARAM', '1 0 0 -'],
  ['TLSA', '3 1 1 0123456789ABCDEF'],
  ['SMIMEA', '3 1 1 00'],
  ['CDS', '0 0 0 00'],
  ['CDNSKEY', '0 3 0 AA=='],
  ['OPENPGPKEY', 'AQID'],
  ['CSYNC', '66 3 A NS AAAA'],
  ['ZONEMD', '2018031500 1 1 FEBE3D4CE2EC2FFA4BA99D46CD69D6D29711E55217057BEE'],
  ['SVCB', '16 foo.example.org. mandatory=ipv4hint,alpn alpn="h2,h3-19" ipv4hint=192.0.2.1'],
  [
    'HTTPS',
    '1 . alpn="f\\\\\\\\oo\\\\,bar,h2" no-default-alpn port=8443 ech="AQID" dohpath="/dns{?dns}" ohttp',
  ],
  ['HTTPS', '0 pool.example.'],
  ['SPF', '"v=spf1 -all"'],
  ['EUI48', '00-00-5e-00-53-2a'],
  ['EUI64', '00-00-5e-ef-10-00-00-2a'],
  ['URI', '10 1 "ftp://ftp.example.com/\\"public"'],
  ['CAA', '128 issuewild "ca.example; a=b"'],
  ['TSIG', '\\# 3 010203'],
]

/** What sorting does to the text of a bitmap or of parameters. */
const sorted: Record<string, string> = {
  'MX DNSKEY NS SOA NSEC3PARAM RRSIG': 'NS SOA MX RRSIG DNSKEY NSEC3PARAM',
  'mandatory=ipv4hint,alpn': 'mandatory=alpn,ipv4hint',
}

describe('every type', () => {
  for (const [type, text] of rows) {
    test(`${type} ${text}`, () => {
      const data = parse(type, text)
      let expected = text
      for (const [from, to] of Object.entries(sorted)) expected = expected.replace(from, to)
      assert.equal(dataText(data, types[type]), expected)
      const octets = dataOctets(data)
      const generic = `\\# ${octets.length} ${toHex(octets)}`
      assert.deepEqual(dataOctets(parse(type, generic)), octets)
      const name = parseName('x.example.com')
      const record = { name, type: types[type], class: 1, ttlS: 7, data }
      const sections = { questions: [], authorities: [], additionals: [] }
      const sent = { id: 1, flags: 0, answers: [record, record], ...sections }
      assert.deepEqual(decodeMessage(encodeMessage(sent)), sent)
    })
  }
  test('all types that are data are among the rows', () => {
    const words = ['RT', 'KX', 'DHCID', 'OPT', 'NXNAME', 'TKEY', 'IXFR', 'AXFR', 'MAILB', 'MAILA', 'ANY']
    const covered = new Set<string>([...rows.map(([type]) => type), ...words])
    assert.deepEqual(
      Object.keys(types).filter(word => !covered.has(word)),
      [],
    )
  })
})

test('the canonical form folds names of the older types only', () => {
  const folded = (type: keyof typeof types, text: string): boolean => {
    const data = parse(type, text)
    return !equalBytes(canonicalData(data, types[type]), dataOctets(data))
  }
  for (const type of ['NS', 'CNAME', 'PTR', 'DNAME'] as const) assert.ok(folded(type, 'A.Example.'))
  assert.ok(folded('MX', '1 A.Example.') && folded('SRV', '0 0 0 A.Example.'))
  assert.ok(folded('RRSIG', 'A 13 2 3600 20300101000000 20291201000000 12345 Example.com. AQIDBA=='))
  assert.ok(!folded('NSEC', 'A.Example. A') && !folded('HTTPS', '1 A.Example.') && !folded('TXT', '"A"'))
  const soa = parse('SOA', 'A.B. C.D. 1 2 3 4 5')
  assert.equal(
    foldCase(Buffer.from(canonicalData(soa, types.SOA)).toString('latin1') as never).slice(0, 5),
    '\x01a\x01b\0',
  )
})

const good9460: [text: string, hex: string][] = [
  ['0 foo.example.com.', '000003666f6f076578616d706c6503636f6d00'],
  ['1 .', '000100'],
  ['16 foo.example.com. port=53', '001003666f6f076578616d706c6503636f6d00000300020035'],
  ['1 foo.example.com. key667=hello', '000103666f6f076578616d706c6503636f6d00029b000568656c6c6f'],
  [
    '1 foo.example.com. key667="hello\\210qoo"',
    '000103666f6f076578616d706c6503636f6d00029b000968656c6c6fd2716f6f',
  ],
  [
    '1 foo.example.com. ipv6hint="2001:db8::1,2001:db8::53:1"',
    '000103666f6f076578616d706c6503636f6d0000060020' +
      '20010db800000000000000000000000120010db8000000000000000000530001',
  ],
  [
    '1 example.com. ipv6hint="2001:db8:122:344::192.0.2.33"',
    '0001076578616d706c6503636f6d000006001020010db80122034400000000c0000221',
  ],
  [
    '16 foo.example.org. (alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1)',
    '001003666f6f076578616d706c65036f726700000000040001000400010009026832056833' +
      '2d3139' +
      '00040004c0000201',
  ],
  [
    '16 foo.example.org. alpn="f\\\\\\\\oo\\\\,bar,h2"',
    '001003666f6f076578616d706c65036f7267000001000c08665c6f6f2c626172026832',
  ],
  [
    '16 foo.example.org. alpn=f\\\\\\092oo\\092,bar,h2',
    '001003666f6f076578616d706c65036f7267000001000c08665c6f6f2c626172026832',
  ],
]
describe('RFC 9460 Appendix D', () => {
  for (const [text, hex] of good9460) {
    test(text, () => {
      assert.equal(toHex(dataOctets(parse('SVCB', text.replace(/[()]/g, '')))), hex)
    })
  }
  const bad = ['key123=abc key123=def', 'mandatory', 'alpn', 'port', 'ipv4hint', 'ipv6hint']
  const more = [
    'no-default-alpn=abc',
    'mandatory=key123',
    'mandatory=mandatory',
    'mandatory=key123,key123 key123=abc',
  ]
  for (const params of [
    ...bad,
    ...more,
    'no-default-alpn',
    'port=65536',
    'alpn=',
    'key65535=1',
    'key01=1',
    'ech=?',
  ]) {
    test(`refuses ${params}`, () =>
      assert.throws(() => parse('SVCB', `1 foo.example.com. ${params}`), isFault))
  }
})

test('the octets are those of dns-packet', () => {
  const both: [type: keyof typeof types, text: string, data: unknown][] = [
    ['SRV', '1 2 3 a.example.', { priority: 1, weight: 2, port: 3, target: 'a.example' }],
    [
      'CAA',
      '128 issue "ca.example"',
      { flags: 128, tag: 'issue', value: 'ca.example', issuerCritical: true },
    ],
    ['HINFO', '"cpu" "os"', { cpu: 'cpu', os: 'os' }],
    ['RP', 'a.b. c.d.', { mbox: 'a.b', txt: 'c.d' }],
    ['DNAME', 'a.example.', 'a.example'],
    ['DS', '7 8 2 ABCD', { keyTag: 7, algorithm: 8, digestType: 2, digest: Buffer.from('abcd', 'hex') }],
    ['DNSKEY', '256 3 8 AQID', { flags: 256, algorithm: 8, key: Buffer.from('010203', 'hex') }],
    [
      'NSEC',
      'a.example. A RRSIG DNSKEY CAA',
      { nextDomain: 'a.example', rrtypes: ['A', 'RRSIG', 'DNSKEY', 'CAA'] },
    ],
    [
      'SSHFP',
      '1 1 AABBCCDDAABBCCDDAABBCCDDAABBCCDDAABBCCDD',
      { algorithm: 1, hash: 1, fingerprint: 'aabbccdd'.repeat(5) },
    ],
    [
      'TLSA',
      '3 1 1 AABB',
      { usage: 3, selector: 1, matchingType: 1, certificate: Buffer.from('aabb', 'hex') },
    ],
    [
      'NAPTR',
      '1 2 "s" "x" "!a!" b.example.',
      { ...{ order: 1, preference: 2, flags: 's' }, services: 'x', regexp: '!a!', replacement: 'b.example' },
    ],
    [
      'RRSIG',
      'A 8 2 3600 20300101000000 20291201000000 12345 example. AQID',
      {
        ...{
          typeCovered: 'A',
          algorithm: 8,
          labels: 2,
          originalTTL: 3600,
          keyTag: 12345,
          signersName: 'example',
        },
        ...{ expiration: 1893456000, inception: 1890777600, signature: Buffer.from('010203', 'hex') },
      },
    ],
    [
      'NSEC3',
      '1 0 2 AABB 2t7b4g4vsa5smi47k61mv5bv1a22bojr A MX',
      {
        ...{ algorithm: 1, flags: 0, iterations: 2, salt: Buffer.from('aabb', 'hex'), rrtypes: ['A', 'MX'] },
        nextDomain: Buffer.from('174eb2409fe28bcb4887a1836f957f0a8425e27b', 'hex'),
      },
    ],
  ]
  for (const [type, text, data] of both) {
    const answer = { name: '.', type, ttl: 0, class: 'IN', data }
    const theirs = packet.encode({ answers: [answer] } as unknown as packet.Packet)
    assert.equal(toHex(theirs.subarray(12 + 1 + 10)), toHex(dataOctets(parse(type, text))), type)
  }
})

const refused: [type: keyof typeof types, text: string][] = [
  ['A', '1.2.3'],
  ['A', '1.2.3.4 5'],
  ['A', ''],
  ['A', '\\# 3 010203'],
  ['A', '\\# 4 0102'],
  ['NS', '\\# 2 c000'],
  ['NS', '"a"'],
  ['NS', `${'a.'.repeat(127)}b`],
  ['MX', '65536 a.'],
  ['MX', '-1 a.'],
  ['TXT', ''],
  ['TXT', `"${'x'.repeat(256)}"`],
  ['TXT', 'a\\256'],
  ['TXT', 'a\\'],
  ['SOA', 'a. b. 1 2 3 4'],
  ['DS', '1 2 3 ABC'],
  ['DS', '1 2 3 0xAB'],
  ['DNSKEY', '256 3 8 A'],
  ['RRSIG', 'A 8 2 3600 20300231000000 20291201000000 1 example. AQID'],
  ['RRSIG', 'NOTYPE 8 2 3600 20300201000000 20291201000000 1 example. AQID'],
  ['NSEC3', '1 0 2 AABB 2t7b4g4vsa5smi47k61mv5bv1a22boj! A'],
  ['NSEC3', '1 0 2 AABB 2 A'],
  ['CAA', '0 is-sue "x"'],
  ['LOC', '91 N 0 E 0m'],
  ['LOC', '1 60 N 0 E 0m'],
  ['LOC', '1 2 3 4 N 0 E 0m'],
  ['LOC', '0 N 0 E -100001m'],
  ['EUI48', '00-00-5e-00-53'],
  ['TSIG', 'abc'],
]
describe('what a zone file may not say', () => {
  for (const [type, text] of refused) {
    test(`${type} ${text.slice(0, 40)}`, () =>
      assert.throws(
        () => parse(type, text),
        error => isFault(error, 'config/invalid') || isFault(error, 'name/invalid'),
      ))
  }
})

test('words for numbers', () => {
  assert.equal(dataText(parse('CERT', 'pkix 1 RSASHA256 AQID'), types.CERT), '1 1 8 AQID')
  assert.equal(dataText(parse('DNSKEY', '256 3 ED25519 AQ ID'), types.DNSKEY), '256 3 15 AQID')
})

test('names are relative to the origin unless their last dot is one', () => {
  assert.equal(dataText(parse('NS', 'a')), 'a.example.com.')
  assert.equal(dataText(parse('NS', '@')), 'example.com.')
  assert.equal(dataText(parse('NS', 'a\\.')), 'a\\..example.com.')
  assert.equal(dataText(parse('NS', 'a\\\\.')), 'a\\\\.')
})

test('whatever the octets: data or a Fault, and its text says the same octets', () => {
  const seeds = rows.map(([type, text]) => ({ type: types[type], octets: dataOctets(parse(type, text)) }))
  const edit = fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 3 })
  let read = 0
  fc.assert(
    fc.property(fc.constantFrom(...seeds), edit, fc.nat(12), (seed, edits, cut) => {
      const octets = Uint8Array.from(seed.octets.subarray(0, cut > 9 ? -(cut - 9) : undefined))
      for (const [at, octet] of edits) if (octets.length > 0) octets[at % octets.length] = octet
      let data: RecordData
      try {
        data = readData(new Reader(octets), seed.type, 1, octets.length)
      } catch (error) {
        assert.ok(isFault(error, 'bytes/malformed'), String(error))
        return
      }
      read++
      const word = Object.entries(types).find(([, code]) => code === seed.type)![0] as keyof typeof types
      const text = dataText(data, seed.type)
      const again = parse(word, text)
      assert.deepEqual(dataOctets(again), dataOctets(data), `${word} ${text}`)
      canonicalData(data, seed.type)
    }),
    { seed: 1, numRuns: 5000 },
  )
  assert.ok(read > 1500, `${read} could be read`)
})

test('hexadecimal of RFC 3597 reads with spaces', () => {
  assert.deepEqual(dataOctets(parse('TSIG', '\\# 4 0a 0B0c 0d')), fromHex('0a0b0c0d'))
})
