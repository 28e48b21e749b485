import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { seededRandom } from '../../base/random.ts'
import { parseName } from '../wire/name.ts'
import type { ResourceRecord } from '../wire/record.ts'
import { masterText, readZone } from '../zone/master.ts'
import { openZone, type PackedZone } from '../zone/packed.ts'
import { signBundle } from './bundle.ts'
import { encodeBundle } from './bundle-codec.ts'
import { createJudge } from './io/judging.ts'
import { signingKey } from './key.ts'
import { type Judgement, judgePublication, type PublishedFiles } from './publication.ts'
import { recordsOf } from './rrsig.ts'
import { planByDefault, signZone } from './signed-zone.ts'

const apex = parseName('example.com')
const key = signingKey(apex, true, 15, new Uint8Array(32).fill(7))
const nowS = 1_800_000_000
/** A text of 1 kB, for a zone of 64 kB with few signatures. */
const long = Array.from({ length: 5 }, () => `"${'long '.repeat(45)}"`).join(' ')
const names = Array.from({ length: 60 }, (_, i) => `n${i} TXT ${long}`)
const text = ['$TTL 300', '@ SOA ns h 5 7200 3600 1209600 300', ' NS ns', 'ns A 192.0.2.1', ...names].join(
  '\n',
)
const use = { key, isPublished: true, signsKeys: true, signsZone: true, isWanted: true }

function signed(source = text): Buffer {
  const { records } = readZone(source, apex)
  const sets = signZone(records, { ...planByDefault, apex, keys: [use] }, nowS, seededRandom(1))
  return Buffer.from(masterText(sets.flatMap(set => recordsOf(set, 1))), 'latin1')
}

function places(serial = 5, lifeS = 86_400): Uint8Array {
  const validity = { inceptionAtS: nowS - 3600, expirationAtS: nowS + lifeS }
  const edges = [{ ipv4: Uint8Array.of(192, 0, 2, 1) }, { ipv4: Uint8Array.of(192, 0, 2, 2) }]
  const jitter = { withinS: 600, random: seededRandom(2) }
  const sets = [[0], [1], [0, 1]]
  return encodeBundle(signBundle({ owners: [apex], edges, sets, serial, ttlS: 30, key, validity, jitter }))
}

const zone = signed()
const recordsIn = (packed: PackedZone): ResourceRecord[] =>
  [...openZone(packed).sets!()].flatMap(set => recordsOf(set, 1))
const linesOf = (text: string): string[] => text.split('\n').sort()
const refusalOf = (judgement: Judgement): string => ('refusal' in judgement ? judgement.refusal : 'none')

describe('what an owner published, judged', () => {
  test('the zone comes with the verdict, and every record in it', () => {
    const judgement = judgePublication({ zone, places: places() }, nowS)
    assert('zone' in judgement, JSON.stringify(judgement))
    const { serial, isSigned, packed, records } = judgement.zone
    assert.deepEqual([serial, isSigned], [5, true])
    const back = recordsIn(packed)
    assert.equal(back.length, records)
    assert.deepEqual(linesOf(masterText(back)), linesOf(zone.toString('latin1')))
  })
  test('a thread of its own says the same', async () => {
    const judge = createJudge(new AbortController().signal)
    const files = { zone, places: undefined }
    const [one, other] = await Promise.all([
      judge(files, nowS),
      judge({ ...files, zone: zone.subarray(1) }, nowS),
    ])
    assert('zone' in one && 'refusal' in other)
    assert.deepEqual(linesOf(masterText(recordsIn(one.zone.packed))), linesOf(zone.toString('latin1')))
    // What is sent is a view of the same memory: it takes no longer for a larger zone.
    assert.equal(one.zone.packed.octets.buffer instanceof SharedArrayBuffer, true)
    assert.ok(one.zone.spans.length <= 4)
  })
  test('what takes long is judged beside the others, and what takes too long not at all', async () => {
    const files = { zone, places: undefined }
    const slowly = createJudge(new AbortController().signal, { quickMs: 1, slowMs: 60_000, slowMax: 1 })
    const told: string[] = []
    const patience = { isSlow: false, onSlow: () => told.push('slow') }
    // The second finds the slow line full.
    const judgements = await Promise.all([slowly(files, nowS, patience), slowly(files, nowS, patience)])
    assert.deepEqual(judgements.map(refusalOf), ['none', 'too slow'])
    assert.deepEqual(told, ['slow'])
    const never = createJudge(new AbortController().signal, { quickMs: 60_000, slowMs: 1, slowMax: 1 })
    const [slow, quick] = await Promise.all([
      never(files, nowS, { ...patience, isSlow: true }),
      never(files, nowS),
    ])
    assert.deepEqual([refusalOf(slow), refusalOf(quick)], ['too slow', 'none'])
  })
  const forged = Buffer.from(zone.toString('latin1').replace('192.0.2.1', '192.0.2.9'), 'latin1')
  const rows: [what: string, files: PublishedFiles, atS: number, refusal: string][] = [
    [
      'no signatures at all',
      { zone: Buffer.from(`example.com. ${text.slice(11).replace('@', '')}`), places: undefined },
      nowS,
      'none',
    ],
    ['another address', { zone: forged, places: undefined }, nowS, 'broken'],
    ['half a file', { zone: zone.subarray(0, zone.length / 2), places: undefined }, nowS, 'broken'],
    ['no zone at all', { zone: Buffer.from('<html>'), places: undefined }, nowS, 'broken'],
    ['places of another version', { zone, places: places(6) }, nowS, 'broken'],
    ['places that are no bundle', { zone, places: new Uint8Array(9) }, nowS, 'broken'],
    ['signatures that ended', { zone, places: undefined }, nowS + 15 * 86_400, 'expired'],
    ['places that ended', { zone, places: places(5, 60) }, nowS + 61, 'expired'],
    ['signatures of tomorrow', { zone, places: undefined }, nowS - 86_400, 'early'],
  ]
  for (const [what, files, atS, refusal] of rows) {
    test(what, () => assert.equal(refusalOf(judgePublication(files, atS)), refusal))
  }
  test('whatever octets change, it is a judgement and no error', () => {
    const short = signed(`${text.split('\n').slice(0, 4).join('\n')}\nn TXT "a"`)
    const bundle = places()
    fc.assert(
      fc.property(fc.nat(), fc.nat({ max: 255 }), fc.boolean(), (at, octet, inZone) => {
        const [file, other] = [Buffer.from(short), Buffer.from(bundle)]
        const chosen = inZone ? file : other
        chosen[at % chosen.length] = octet
        judgePublication({ zone: file, places: other }, nowS)
      }),
      { numRuns: 100 },
    )
  })
})
