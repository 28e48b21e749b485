import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { concatBytes } from '../../base/bytes.ts'
import { isFault } from '../../base/fault.ts'
import { parseName } from '../wire/name.ts'
import { readZone } from '../zone/master.ts'
import { createZone } from '../zone/snapshot.ts'
import { atOnce } from '../zone/work.ts'
import type { Zone } from '../zone/zone.ts'
import { createJournal } from './journal.ts'
import { journalOctets, type KeptJournal, readJournal } from './kept-journal.ts'

const apex = parseName('example')

const filler = Array.from({ length: 60 }, (_, i) => `f${i} A 10.0.0.${i}\n`).join('')

function zoneOf(serial: number, texts: readonly string[] = []): Zone {
  const head = `$TTL 60\n@ SOA ns h ${serial} 7200 3600 1209600 30\n@ NS ns\nns A 192.0.2.1\n${filler}`
  const text = texts
    .map((one, i) => `t${i} TXT "${one}"\nMx${i} MX 5 ns\nraw${i} TYPE731 \\# 2 abcd\n`)
    .join('')
  return createZone(readZone(head + text, apex).records, apex)
}

/** Of versions 1, 2, 3 …, each with its own texts, and the last of them. */
function keptOf(versions: readonly (readonly string[])[]): { zone: Zone; kept: KeptJournal } {
  const journal = createJournal()
  let zone = zoneOf(1)
  for (const [i, texts] of versions.entries()) {
    const newer = zoneOf(i + 2, texts)
    atOnce(journal.note(zone, newer))
    zone = newer
  }
  return { zone, kept: { ...journal.kept(zone)!, digest: 'digest=' } }
}

const versions = fc.array(fc.array(fc.stringMatching(/^[a-z]{1,9}$/), { maxLength: 3 }), {
  ...{ minLength: 1, maxLength: 4 },
})

test('what was kept is known again, from every version on', () => {
  fc.assert(
    fc.property(versions, all => {
      const { zone, kept } = keptOf(all)
      const read = readJournal(concatBytes([...journalOctets(kept)]))
      assert.deepEqual(read, kept)
      const journal = createJournal()
      journal.restore(zone, read)
      assert.equal(journal.since(zone, 1)?.length, all.length)
      assert.deepEqual(journal.since(zone, all.length), kept.differences.slice(-1))
    }),
    { numRuns: 30 },
  )
})

test('what leads elsewhere, has a gap or is too much is left', () => {
  const { zone, kept } = keptOf([['a'], ['b'], ['c']])
  const [one, two, three] = kept.differences
  const cases = [
    { zone: zoneOf(9), differences: kept.differences },
    { zone, differences: [] },
    { zone, differences: [one!, three!] },
    { zone, differences: [one!, two!] },
    { zone, differences: [{ ...one!, to: { ...one!.to, name: parseName('other') } }, two!, three!] },
    { zone, differences: [{ ...one!, from: three!.added[0]! }, two!, three!] },
    { zone, differences: kept.differences, versionsMax: 2 },
    { zone, differences: kept.differences, recordsMax: 5 },
  ]
  for (const { zone, differences, ...bounds } of cases) {
    const journal = createJournal(bounds)
    journal.restore(zone, { zoneRecords: 100, differences })
    assert.equal(journal.kept(zone), undefined)
  }
})

test('a journal that was cut or changed anywhere is a fault', () => {
  const whole = concatBytes([...journalOctets(keptOf([['a', 'b'], []]).kept)])
  const isMalformed = (error: unknown): boolean => isFault(error, 'bytes/malformed')
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      assert.throws(() => readJournal(whole.subarray(0, at)), isMalformed)
      const changed = Uint8Array.from(whole)
      changed[at]! ^= change
      assert.throws(() => readJournal(changed), isMalformed)
    }),
  )
})

test('a journal of more records than are kept is refused before they take memory', () => {
  const { kept } = keptOf([['a']])
  const [one] = kept.differences
  const removed = Array.from({ length: 1000 }, () => one!.added[0]!)
  const differences = Array.from({ length: 100 }, () => ({ ...one!, removed }))
  const octets = concatBytes([...journalOctets({ ...kept, differences })])
  assert.throws(
    () => readJournal(octets),
    error => isFault(error, 'bytes/malformed') && /of 100\d+ records/.test(error.message),
  )
})

test('whatever is in a file with the right sum, only a fault comes of it', () => {
  const magic = [...journalOctets(keptOf([['a']]).kept)].slice(0, 2)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), octets => {
      const body = concatBytes([...magic, octets])
      const sum = createHash('sha256').update(body).digest()
      try {
        readJournal(concatBytes([body, sum]))
      } catch (error) {
        assert.ok(isFault(error), String(error))
      }
    }),
  )
})
