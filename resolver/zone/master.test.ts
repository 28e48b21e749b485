import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isFault } from '../../base/fault.ts'
import { nameText, parseName } from '../wire/name.ts'
import { recordText } from '../wire/presentation.ts'
import { complaintText, masterText, readMaster, readZone } from './master.ts'

const origin = parseName('example.com')

function lines(text: string): string[] {
  const { records, errors } = readMaster(text, { origin })
  return [...records.map(recordText), ...errors.map(complaintText)]
}

/** The file of RFC 1035 §5.3, whose includes are refused elsewhere. */
const isi = `@   IN  SOA     VENERA      Action\\.domains (
                                 20     ; SERIAL
                                 7200   ; REFRESH
                                 600    ; RETRY
                                 3600000; EXPIRE
                                 60)    ; MINIMUM

        NS      A.ISI.EDU.
        MX      10      VENERA
VENERA  A       10.1.0.52
        A       128.9.0.32
`

test('the file of RFC 1035 §5.3', () => {
  const { records, errors } = readMaster(isi, { origin: parseName('ISI.EDU') })
  assert.deepEqual(errors, [])
  assert.deepEqual(records.map(recordText), [
    'ISI.EDU. 60 IN SOA VENERA.ISI.EDU. Action\\.domains.ISI.EDU. 20 7200 600 3600000 60',
    'ISI.EDU. 60 IN NS A.ISI.EDU.',
    'ISI.EDU. 60 IN MX 10 VENERA.ISI.EDU.',
    'VENERA.ISI.EDU. 60 IN A 10.1.0.52',
    'VENERA.ISI.EDU. 60 IN A 128.9.0.32',
  ])
})

const good: [label: string, text: string, records: string[]][] = [
  [
    'TTL and class in any order',
    '$TTL 1h\na 5 IN A 1.2.3.4\nb IN 1d6h A 1.2.3.4\nc in a 1.2.3.4\n@ A 1.2.3.4',
    [
      'a.example.com. 5 IN A 1.2.3.4',
      'b.example.com. 108000 IN A 1.2.3.4',
      'c.example.com. 3600 IN A 1.2.3.4',
      'example.com. 3600 IN A 1.2.3.4',
    ],
  ],
  [
    '$ORIGIN is relative too',
    '$ORIGIN sub\na 5 A 1.2.3.4\n$ORIGIN .\nb A 1.2.3.4',
    ['a.sub.example.com. 5 IN A 1.2.3.4', 'b. 5 IN A 1.2.3.4'],
  ],
  [
    'comments, quotes, parentheses, CRLF',
    '; c\r\na 5 TXT ( "x;()" ; c "\r\n  y\\"z ) "" ; end\r\n\r\n  \r\n  TXT a"b c"',
    ['a.example.com. 5 IN TXT "x;()" "y\\"z" ""', 'a.example.com. 5 IN TXT "a\\"b c\\""'],
  ],
  ['strings that touch', 'a 5 TXT "b""c"', ['a.example.com. 5 IN TXT "b" "c"']],
  ['escapes in names', '\\097\\.b.c 5 CNAME \\@', ['a\\.b.c.example.com. 5 IN CNAME \\@.example.com.']],
  [
    'unknown types',
    'a 5 CLASS1 TYPE65280 \\# 3 0102 03\nb 5 TYPE1 1.2.3.4',
    ['a.example.com. 5 IN TYPE65280 \\# 3 010203', 'b.example.com. 5 IN A 1.2.3.4'],
  ],
  [
    'owners that look like other things',
    'IN 5 A 1.2.3.4\n5 5 A 1.2.3.4\nA A 1.2.3.4',
    ['IN.example.com. 5 IN A 1.2.3.4', '5.example.com. 5 IN A 1.2.3.4', 'A.example.com. 5 IN A 1.2.3.4'],
  ],
  ['octets above 127', 'a 5 TXT ÿ', ['a.example.com. 5 IN TXT "\\255"']],
]
describe('reads', () => {
  for (const [label, text, records] of good) test(label, () => assert.deepEqual(lines(text), records))
})

test('tells all errors at once, each with its place', () => {
  const text = `  A 1.2.3.4
a A 1.2.3.4
$TTL 1y
$TTL 60
a AAA 1.2.3.4
a IN A 1.2.3
a CH A 1.2.3.4
a 2147483648 A 1.2.3.4
$INCLUDE other.zone
$generate 1-2 a$ A 1.2.3.$
$FOO
a TXT "not closed
a A 1.2.3.4 5
a.. A 1.2.3.4
a MX ( ten
   mail )
a NS
a OPT
a A )1.2.3.4
good A 1.2.3.4
a A (
`
  assert.deepEqual(lines(text), [
    'good.example.com. 60 IN A 1.2.3.4',
    '1:3: the first record must name its owner',
    '2:5: no TTL: neither here, nor before, nor by $TTL',
    '3:6: a TTL is a number of seconds up to 2^31 − 1, not "1y"',
    '5:3: not a type: "AAA"',
    '6:8: not an IPv4 address: "1.2.3"',
    '7:3: only class IN is served, not "CH"',
    '8:3: a TTL is a number of seconds up to 2^31 − 1, not "2147483648"',
    '9:1: $INCLUDE is not read here: put what it stands for into the file',
    '10:1: $GENERATE is not read here: put what it stands for into the file',
    '11:1: not a directive: "$FOO"',
    '12:7: a quote is not closed',
    '13:13: nothing may follow, but "5" does',
    '14:1: a label of 0 octets: ""',
    '15:8: a preference is a number up to 65535, not "ten"',
    '17:3: a name is missing',
    '18:3: OPT is for messages, not for zones',
    '19:5: a parenthesis closes that was not opened',
    '21:5: a parenthesis is not closed',
  ])
})

test('records and errors are bounded', () => {
  const many = 'a 5 A 1.2.3.4\n'.repeat(10)
  assert.deepEqual(readMaster(many, { origin, recordsMax: 3 }).errors.map(complaintText), [
    '4:7: more than 3 records',
  ])
  assert.equal(readMaster('a b\n'.repeat(10), { origin, errorsMax: 4 }).errors.length, 4)
})

const head = '@ 5 SOA ns hostmaster 1 2 3 4 5\n@ 5 NS ns\nns 5 A 1.2.3.4\n'
const faults: [label: string, text: string, error: string][] = [
  ['no SOA', '@ 5 NS ns.example.org.', '1:1: there is no SOA at example.com.'],
  ['no NS', '\n@ 5 SOA ns hostmaster 1 2 3 4 5', '2:1: there is no NS at example.com.'],
  ['two SOA', `${head}@ 5 SOA ns hostmaster 2 2 3 4 5`, '4:1: a second SOA'],
  ['an SOA elsewhere', `${head}a 5 SOA ns hostmaster 2 2 3 4 5`, '4:1: an SOA that is not at example.com.'],
  ['an owner outside', `${head}a.org. 5 A 1.2.3.4`, '4:1: a.org. is not in example.com.'],
  [
    'an owner that only ends alike',
    `${head}xexample.com. 5 A 1.2.3.4`,
    '4:1: xexample.com. is not in example.com.',
  ],
  [
    'CNAME and other data',
    `${head}a 5 A 1.2.3.4\nA 5 CNAME b`,
    '5:1: a.example.com. has a CNAME and A: a CNAME stands alone',
  ],
  ['two CNAMEs', `${head}a 5 CNAME c\na 5 CNAME b`, '5:1: a.example.com. has a second CNAME'],
  ['two DNAMEs', `${head}a 5 DNAME c\na 5 DNAME b`, '5:1: a.example.com. has a second DNAME'],
  [
    'DNAME and CNAME',
    `${head}a 5 DNAME c\na 5 CNAME b`,
    '5:1: a.example.com. has a CNAME and DNAME: a CNAME stands alone',
  ],
  [
    'DNAME and NS',
    `${head}a 5 DNAME c.\na 5 NS b.`,
    '4:1: a.example.com. has a DNAME and NS, but is not the apex',
  ],
  [
    'names below a DNAME',
    `${head}a 5 DNAME c.\nx.y.a 5 A 1.2.3.4`,
    '5:1: x.y.a.example.com. is below the DNAME of a.example.com.',
  ],
]
describe('a zone that is refused:', () => {
  for (const [label, text, message] of faults) {
    test(label, () =>
      assert.throws(
        () => readZone(text, origin),
        error => {
          return isFault(error, 'config/invalid') && assert.equal(error.message, message) === undefined
        },
      ),
    )
  }
})

test('what is odd is a warning', () => {
  const odd = `${head}a 5 A 1.2.3.4
a 6 A 1.2.3.5
A 5 A 1.2.3.4
b 5 NS ns.b
c 5 NS ns
ns 5 AAAA ::1
d.c 5 TXT x
glue.c 5 A 1.2.3.4
e 5 NS alias
alias 5 CNAME ns
`
  const { records, warnings } = readZone(odd, parseName('EXAMPLE.com'))
  assert.equal(records.length, 13)
  assert.deepEqual(warnings.map(complaintText), [
    '5:1: the TTLs of a.EXAMPLE.com. A differ; the least is used',
    '6:1: a.EXAMPLE.com. A is there twice',
    '10:1: d.c.EXAMPLE.com. is below the delegation of c.example.com.',
    '7:1: the name server ns.b.example.com. has no address here',
    '12:1: the name server alias.example.com. is a CNAME',
  ])
})

test('what is written is canonical, and reads as it was', () => {
  const text = `${head}b 5 A 9.9.9.9
b 5 RRSIG A 13 3 5 20300101000000 20291201000000 12345 example.com. AQID
b 5 AAAA ::1
b 5 A 10.9.9.9
B 5 NSEC ns A RRSIG
*.b 5 TXT "x y" z
@ 5 A 1.2.3.4
@ 5 RRSIG SOA 13 2 5 20300101000000 20291201000000 12345 example.com. AQID
`
  const { records } = readZone(text, origin)
  const written = masterText(records)
  assert.equal(masterText(readZone(written, origin).records), written)
  assert.equal(masterText(records.toReversed()), written)
  assert.deepEqual(
    written.split('\n').map(line =>
      line
        .split(' ')
        .filter((_, i) => i === 0 || i === 3)
        .join(' '),
    ),
    [
      ...['SOA', 'RRSIG', 'A', 'NS'].map(type => `example.com. ${type}`),
      ...['A', 'A', 'RRSIG', 'AAAA'].map(type => `b.example.com. ${type}`),
      ...['B.example.com. NSEC', '*.b.example.com. TXT', 'ns.example.com. A', ''],
    ],
  )
  assert.ok(records.every(({ name }) => nameText(name).endsWith('example.com.')))
})

test('errors of the text and of the zone are told in one run, in the order of the file, up to a bound', () => {
  const text = [
    '$TTL 60',
    '@ NS ns',
    'a CNAME b',
    'bad AAA 1',
    'a A 192.0.2.1',
    'out.test. A 192.0.2.1',
    'worse A 192.0.2.256',
  ].join('\n')
  const lines = (errorsMax: number): string[] => {
    try {
      readZone(text, parseName('example'), { errorsMax })
      return []
    } catch (error) {
      assert.ok(isFault(error, 'config/invalid'))
      return error.message.split('\n').map(line => line.split(' ')[0]!)
    }
  }
  // The SOA may be in a line that was not read: it is missed when nothing else is wrong.
  assert.deepEqual(lines(100), ['3:1:', '4:5:', '6:1:', '7:9:'])
  assert.deepEqual(lines(2), ['3:1:', '4:5:', 'and'])
  assert.throws(() => readZone('$TTL 60\n@ NS ns\n', parseName('example')), {
    message: /^1:1: there is no SOA/,
  })
})
