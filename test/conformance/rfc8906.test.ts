// RFC 8906 §8: what every server has to do with flags, opcodes, types, versions and options it does not know, asked by
// the real `dig` over real sockets. The rows are the RFC's and those of ISC's compliance tester; BIND passes all.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { realClock } from '../../base/io/clock.ts'
import { createLog } from '../../base/io/log.ts'
import { createMeter } from '../../base/meter.ts'
import type { Listening } from '../../resolver/io/listen.ts'
import { serveTcp } from '../../resolver/io/tcp.ts'
import { serveUdp } from '../../resolver/io/udp.ts'
import { createResponder } from '../../resolver/responder.ts'
import { dig, toolsMissing } from '../e2e/tools.ts'

const address = '127.0.0.1'
let port = 0
const listening: Listening[] = []

before(async () => {
  const meter = createMeter()
  const server = { name: 'e-1', address: { ipv4: '127.0.1.1', ipv6: 'fd00::1' } }
  const respond = createResponder({
    suffixes: ['inxt'],
    names: {
      site: label => (label === 'a' ? { contentCid: 'b'.repeat(900), sequence: 1 } : undefined),
      serial: () => 1,
    },
    places: { near: () => [server.address], servers: () => [server] },
    meter,
    version: () => 0,
    cookies: { secret: new Uint8Array(16), now: realClock.now },
    nsid: Uint8Array.of(0x61),
    onBug: error => assert.fail(String(error)),
  })
  const log = createLog({ name: 'rfc8906', level: 'silent' })
  const udp = await serveUdp({ address, port: 0, respond, meter, log })
  port = udp.port
  listening.push(udp, await serveTcp({ address, port, respond, meter, log }))
})
after(() => Promise.all(listening.map(each => each.close())))

interface Seen {
  /** `NOERROR`, or `none` without an answer. */
  status: string
  opcode: string
  flags: string[]
  answers: number
  authorities: number
  questions: number
  /** The line of OPT: version, flags, size; undefined without OPT. */
  edns: string | undefined
  text: string
}

function seen(text: string): Seen {
  const head = /opcode: (\w+), status: (\w+)/.exec(text)
  const counts = /flags:([^;]*); QUERY: (\d+), ANSWER: (\d+), AUTHORITY: (\d+)/.exec(text)
  return {
    status: head?.[2] ?? 'none',
    opcode: head?.[1] ?? 'none',
    flags: counts?.[1]?.trim().split(' ').filter(Boolean) ?? [],
    questions: Number(counts?.[2]),
    answers: Number(counts?.[3]),
    authorities: Number(counts?.[4]),
    edns: /EDNS: (version.*)/.exec(text)?.[1],
    text,
  }
}

const good = { status: 'NOERROR', answers: 1, flags: ['qr', 'aa'] }
const version = 'version: 0, flags:; udp: 1232'
const withDo = 'version: 0, flags: do; udp: 1232'
const badVersion = { status: 'BADVERS', answers: 0, authorities: 0, edns: version }
const none = { edns: undefined }
const soa = 'inxt SOA +norec +noad '
const plain = `${soa}+noedns `
const edns = `${soa}+nocookie +edns=0 `
const edns1 = `${soa}+nocookie +edns=1 +noednsneg `
const expired = { not: /EXPIRE/ }

type Wanted = Partial<Omit<Seen, 'text'>> & { has?: RegExp; not?: RegExp }
const rows: [what: string, words: string, wanted: Wanted][] = [
  ['plain DNS', plain, { ...good, ...none }],
  ['AA in a query', `${plain}+aaflag`, { ...good, ...none }],
  ['AD in a query', `${plain}+ad`, { ...good, ...none }],
  ['CD in a query', `${plain}+cd`, { ...good, flags: ['qr', 'aa', 'cd'] }],
  ['RA in a query', `${plain}+raflag`, { ...good, ...none }],
  ['RD comes back', `${plain}+rec`, { ...good, flags: ['qr', 'aa', 'rd'] }],
  ['TC in a query', `${plain}+tcflag`, { ...good, ...none }],
  ['the reserved flag', `${plain}+zflag`, { ...good, not: /MBZ/ }],
  ['an unknown opcode', `${plain}+opcode=15 +header-only`, { status: 'NOTIMP', opcode: 'RESERVED15' }],
  [
    'an unknown opcode with all flags',
    `${plain}+opcode=15 +header-only +rec +tcflag +ad +cd +aaflag +zflag +raflag`,
    { status: 'NOTIMP', flags: ['qr'], not: /MBZ/ },
  ],
  ['an unknown type', 'inxt TYPE666 +norec +noad +noedns', { ...good, answers: 0, authorities: 1 }],
  ['an unknown type of a site', 'a.inxt TYPE1000 +norec +noad', { ...good, answers: 0, authorities: 1 }],
  ['TCP', `${plain}+tcp`, { ...good, ...none }],
  ['EDNS', edns, { ...good, edns: version }],
  ['EDNS over TCP', `${edns}+tcp`, { ...good, edns: version }],
  [
    'EDNS with 512 octets',
    'a.inxt TXT +norec +noad +nocookie +bufsize=512 +ignore',
    { flags: ['qr', 'aa', 'tc'], edns: version },
  ],
  ['an unknown option', `${edns}+ednsopt=100`, { ...good, edns: version, not: /OPT=/ }],
  ['an unknown flag', `${edns}+ednsflags=0x80`, { ...good, edns: version, not: /MBZ/ }],
  ['DO', `${edns}+dnssec`, { ...good, edns: withDo }],
  ['DO and CD', `${edns}+dnssec +cd`, { flags: ['qr', 'aa', 'cd'], answers: 1, edns: withDo }],
  ['version 1', edns1, badVersion],
  ['version 1 with an unknown option', `${edns1}+ednsopt=100`, { ...badVersion, not: /OPT=/ }],
  ['version 1 with an unknown flag', `${edns1}+ednsflags=0x80`, { ...badVersion, not: /MBZ/ }],
  ['version 1 with DO', `${edns1}+dnssec`, { ...badVersion, edns: withDo }],
  ['version 1 with NSID', `${edns1}+nsid`, badVersion],
  ['version 1 with a cookie', `${soa}+edns=1 +noednsneg +cookie=0102030405060708`, badVersion],
  ['version 1 with EXPIRE', `${edns1}+expire`, { ...badVersion, ...expired }],
  ['version 1 with a subnet', `${edns1}+subnet=192.0.2.0/24`, badVersion],
  ['NSID', `${edns}+nsid`, { ...good, has: /NSID: 61/ }],
  [
    'a cookie',
    `${soa}+cookie=0102030405060708`,
    { ...good, has: /COOKIE: 0102030405060708[0-9a-f]{32} \(good\)/ },
  ],
  ['EXPIRE', `${edns}+expire`, { ...good, edns: version, ...expired }],
  ['a subnet', `${edns}+subnet=192.0.2.0/24`, { ...good, has: /CLIENT-SUBNET: 192\.0\.2\.0\/24\/0/ }],
  ['no subnet', `${edns}+subnet=0`, { ...good, edns: version }],
  [
    'many options',
    `${soa}+nsid +expire +subnet=0.0.0.0/0 +cookie=0102030405060708 +dnssec`,
    { ...good, edns: withDo, has: /NSID/ },
  ],
  ['no question', `${plain}+header-only`, { status: 'FORMERR', questions: 0 }],
  [
    'no question but a cookie',
    `${soa}+header-only +cookie=0102030405060708`,
    { status: 'NOERROR', has: /\(good\)/ },
  ],
  ['padding without need', `${edns}+padding=128`, { ...good, edns: version, not: /PAD/ }],
  ['another class', 'version.bind TXT CH +norec +noad', { status: 'REFUSED', answers: 0 }],
  ['class ANY', '-c ANY inxt SOA +norec +noad', { status: 'REFUSED', answers: 0 }],
  ['a zone that is not ours', 'example.org SOA +norec +noad', { status: 'REFUSED', answers: 0 }],
]

const missing = toolsMissing()
describe('RFC 8906 §8', { skip: missing, concurrency: 4 }, () => {
  for (const [what, words, wanted] of rows) {
    test(what, async () => {
      const { stdout } = await dig(address, port, ...words.split(' ').filter(Boolean))
      const got = seen(stdout)
      const { has, not, ...fields } = wanted
      for (const [field, value] of Object.entries(fields)) {
        assert.deepEqual(got[field as keyof Seen], value, `${field} in ${stdout}`)
      }
      if (has !== undefined) assert.match(stdout, has)
      if (not !== undefined) assert.doesNotMatch(stdout, not)
    })
  }
})

/** Those of ISC's type report: all that have ever been data, and one that never was. */
const dataTypes =
  `A NS MD MF CNAME SOA MB MG MR NULL WKS PTR HINFO MINFO MX TXT RP AFSDB X25 ISDN RT NSAP NSAP-PTR SIG KEY
  PX GPOS AAAA LOC NXT EID NIMLOC SRV ATMA NAPTR KX CERT A6 DNAME TYPE40 APL DS SSHFP IPSECKEY RRSIG NSEC DNSKEY DHCID
  NSEC3 NSEC3PARAM TLSA SMIMEA HIP CDS CDNSKEY OPENPGPKEY CSYNC SPF NID L32 L64 LP EUI48 EUI64 URI CAA TA DLV TYPE1000`
    .split(/\s+/)
    .filter(type => type !== '')

test(`${dataTypes.length} types have an answer or none, and no error`, { skip: missing }, async () => {
  for (const name of ['inxt', 'a.inxt']) {
    const { stdout } = await dig(
      address,
      port,
      ...dataTypes.flatMap(type => ['-q', name, '-t', type, '+norec']),
    )
    const answers = stdout.split(';; Got answer:').slice(1).map(seen)
    assert.equal(answers.length, dataTypes.length)
    answers.forEach(({ status, flags, answers, authorities, text }, i) => {
      assert.deepEqual([status, ...flags], ['NOERROR', 'qr', 'aa'], `${name} ${dataTypes[i]}: ${text}`)
      assert.ok(
        answers > 0 || authorities === 1,
        `${name} ${dataTypes[i]}: an answer, or the SOA of an absence`,
      )
    })
  }
})
