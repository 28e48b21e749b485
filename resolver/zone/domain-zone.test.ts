import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createMeter } from '../../base/meter.ts'
import { createResponder } from '../responder.ts'
import { classes, parseType, rcodeText } from '../wire/code.ts'
import { decodeMessage, encodeMessage, rcodeOf } from '../wire/message.ts'
import { nameText, parseName } from '../wire/name.ts'
import { dataText } from '../wire/presentation.ts'
import { createDomainZone, withSite } from './domain-zone.ts'
import { readZone } from './master.ts'
import { createZone } from './snapshot.ts'
import { defaultTtls } from './suffix.ts'
import type { Zone } from './zone.ts'

const token = 'b'.repeat(32)
const hosts = [
  { name: parseName(`ns1.${token}.shop.test`), addresses: ['192.0.2.53', '2001:db8::53'] },
  { name: parseName(`ns2.${token}.example.net`), addresses: [] },
]
let contentCid: string | undefined = 'bafy'
const names = {
  site: (label: string) => (label === 'mysite' ? { contentCid, sequence: 7 } : undefined),
  serial: () => 1,
}

/** `rcode records`, of an answer or else of the authority section. */
function asker(zone: Zone): (question: string) => string {
  const respond = createResponder({
    suffixes: [],
    zones: () => [zone],
    names,
    places: {
      near: () => [{ ipv4: '198.51.100.1', ipv6: '2001:db8::1', httpsPort: 443 }],
      servers: () => [],
    },
    alpn: ['h2'],
    readyMax: 0,
    meter: createMeter(),
  })
  return question => {
    const [name, type] = question.split(' ')
    const questions = [{ name: parseName(name!), type: parseType(type!)!, class: classes.IN }]
    const packet = encodeMessage({
      id: 1,
      flags: 0,
      questions,
      answers: [],
      authorities: [],
      additionals: [],
    })
    const message = decodeMessage(respond(packet, { address: '203.0.113.9', port: 53 }, 'tcp')!)
    const records = message.answers.length > 0 ? message.answers : message.authorities
    const texts = records.map(
      record => `${nameText(record.name)} ${record.ttlS} ${dataText(record.data, record.type)}`,
    )
    return [rcodeText(rcodeOf(message)), ...texts].join(' | ')
  }
}

const soa = `shop.test. 5 ns1.${token}.shop.test. hostmaster.shop.test. 7 14400 3600 1209600 5`

describe('a domain without a zone of its own', () => {
  const ask = asker(
    createDomainZone({ domain: 'shop.test', site: 'mysite', names, hosts, ttlS: 900, ttls: defaultTtls }),
  )
  const rows: [question: string, answer: string][] = [
    ['shop.test A', 'NOERROR | shop.test. 5 198.51.100.1'],
    ['SHOP.test AAAA', 'NOERROR | SHOP.test. 5 2001:db8::1'],
    ['www.shop.test A', 'NOERROR | www.shop.test. 5 198.51.100.1'],
    ['shop.test TXT', 'NOERROR | shop.test. 5 "dnslink=/ipfs/bafy"'],
    ['_dnslink.shop.test TXT', 'NOERROR | _dnslink.shop.test. 5 "dnslink=/ipfs/bafy"'],
    ['_dnslink.www.shop.test TXT', 'NOERROR | _dnslink.www.shop.test. 5 "dnslink=/ipfs/bafy"'],
    [
      'shop.test NS',
      `NOERROR | shop.test. 900 ns1.${token}.shop.test. | shop.test. 900 ns2.${token}.example.net.`,
    ],
    ['shop.test SOA', `NOERROR | ${soa}`],
    ['shop.test CAA', `NOERROR | ${soa}`],
    [`ns1.${token}.shop.test A`, `NOERROR | ns1.${token}.shop.test. 900 192.0.2.53`],
    [`ns1.${token}.shop.test AAAA`, `NOERROR | ns1.${token}.shop.test. 900 2001:db8::53`],
    [`ns1.${token}.shop.test MX`, `NOERROR | ${soa}`],
    [`${token}.shop.test A`, `NOERROR | ${soa}`],
    [`ns2.${token}.shop.test A`, `NXDOMAIN | ${soa}`],
    ['mail.shop.test A', `NXDOMAIN | ${soa}`],
    ['mysite.site A', 'REFUSED'],
  ]
  for (const [question, answer] of rows) test(question, () => assert.equal(ask(question), answer))

  test('HTTPS', () => assert.match(ask('www.shop.test HTTPS'), /^NOERROR \| www\.shop\.test\. 5 1 \. .*h2/))

  test('a site without content has the domain, and no places', () => {
    contentCid = undefined
    assert.equal(ask('shop.test A'), `NOERROR | ${soa}`)
    assert.equal(ask('www.shop.test TXT'), `NOERROR | ${soa}`)
    assert.equal(ask('_dnslink.shop.test TXT'), `NXDOMAIN | ${soa}`)
    contentCid = 'bafy'
  })
})

describe('the zone of an owner', () => {
  const apex = parseName('shop.test')
  const zone = (body: string): Zone => {
    const head =
      '@ 300 IN SOA ns hostmaster 1 7200 3600 1209600 300\n@ 300 IN NS ns\nns 300 IN A 192.0.2.53\n'
    const text = `${head}@ 300 IN MX 10 mail\n${body}\n`
    return createZone(readZone(text, apex).records, apex)
  }
  const owners = ['shop.test', 'www.shop.test', 'a.b.shop.test'].map(parseName)
  const at = (body: string, question: string): string =>
    asker(withSite(zone(body), { site: 'mysite', owners, names, contentTtlS: 5 }))(question)
  const rows: [what: string, body: string, question: string, answer: RegExp][] = [
    ['places at the apex', '', 'shop.test A', /198\.51\.100\.1$/],
    ['beside MX', '', 'shop.test MX', /10 mail\.shop\.test\.$/],
    ['at a name that is not in the zone', '', 'www.shop.test AAAA', /2001:db8::1$/],
    ['at one that has other records', 'www 300 IN TXT x', 'www.shop.test A', /198\.51\.100\.1$/],
    ['and its other records', 'www 300 IN TXT x', 'www.shop.test TXT', /"x"$/],
    ['an empty name between', '', 'b.shop.test A', /^NOERROR \| shop\.test\. 300 ns/],
    ['below it', '', 'a.b.shop.test A', /198\.51\.100\.1$/],
    ['no other name', '', 'x.shop.test A', /^NXDOMAIN/],
    ["the owner's address stays", '@ 300 IN A 192.0.2.1', 'shop.test A', /300 192\.0\.2\.1$/],
    [
      'and has no AAAA of ours beside it',
      '@ 300 IN A 192.0.2.1',
      'shop.test AAAA',
      /^NOERROR \| shop\.test\. 300 ns/,
    ],
    [
      "the owner's alias stays",
      'www 300 IN CNAME ns',
      'www.shop.test A',
      /ns\.shop\.test\. \| .*192\.0\.2\.53$/,
    ],
    ["the owner's wildcard stays", '* 300 IN A 192.0.2.9', 'www.shop.test A', /300 192\.0\.2\.9$/],
    ["the owner's DNAME stays", 'b 300 IN DNAME test.', 'a.b.shop.test A', /a\.test/],
    [
      'another zone stays',
      'b 300 IN NS ns.test.',
      'a.b.shop.test A',
      /^NOERROR \| b\.shop\.test\. 300 ns\.test\.$/,
    ],
  ]
  const link = '_dnslink.shop.test TXT'
  rows.push(
    ['the content', '', link, /_dnslink\.shop\.test\. 5 "dnslink=\/ipfs\/bafy"$/],
    ['the content at www', '', '_dnslink.www.shop.test TXT', /"dnslink=\/ipfs\/bafy"$/],
    ['a wildcard of addresses leaves it so', '* 300 IN A 192.0.2.9', link, /bafy"$/],
    ['no content where the holder has a text', '_dnslink 300 IN TXT own', link, /300 "own"$/],
    ['or an alias', '_dnslink 300 IN CNAME ns', link, /300 ns\.shop\.test\.$/],
    ['or a wildcard of texts', '* 300 IN TXT any', link, /300 "any"$/],
    ['or a delegation', '_dnslink 300 IN NS ns.test.', link, /300 ns\.test\.$/],
    ['or addresses of his own', '@ 300 IN A 192.0.2.1', link, /^NXDOMAIN/],
  )
  for (const [what, body, question, answer] of rows) {
    test(what, () => assert.match(at(body, question), answer))
  }

  test('a signed zone stays as it is', () => {
    const signed = { ...zone(''), denial: {} as never }
    assert.equal(withSite(signed, { site: 'mysite', owners, names, contentTtlS: 5 }), signed)
  })
})
