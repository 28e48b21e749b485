import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import fc from 'fast-check'
import { isFault } from '../../base/fault.ts'
import { lifeOf, spansOf, worstOf } from '../../resolver/sign/verdict.ts'
import { types } from '../../resolver/wire/code.ts'
import { parseName } from '../../resolver/wire/name.ts'
import { readZone } from '../../resolver/zone/master.ts'
import { freshnessOf } from './zone-freshness.ts'
import { createZoneReader } from './zone-reader.ts'
import { openVersion, parseVersion } from './zone-version.ts'

const apex = parseName('example.com')
const folder = await mkdtemp(join(tmpdir(), 'inxt-reader-'))
after(() => rm(folder, { recursive: true }))

const head = '$TTL 60\n@ SOA ns h 7 1 1 1 1\n@ NS ns\nns A 192.0.2.1\n'

describe('a thread that reads zone files', () => {
  test('gives each who asks what is theirs, and begins anew after a rest', async () => {
    using reader = createZoneReader()
    const good = { apex, file: join(folder, 'good') }
    const bad = { apex, file: join(folder, 'bad') }
    await writeFile(good.file, head)
    await writeFile(bad.file, `${head}www AAA 1\nwww A 300\n`)
    const [read, refused, missing] = await Promise.allSettled(
      [good, bad, { apex, file: join(folder, 'none') }].map(zone => reader.read(zone, undefined)),
    )
    assert(read?.status === 'fulfilled' && read.value !== undefined)
    const { zone, serial, records, digest } = read.value
    assert.deepEqual([serial, records], [7, 3])
    const set = zone.node(parseName('ns.example.com'), apex)?.rrset(types.A)
    assert(set !== undefined && 'data' in set)
    assert.deepEqual(set.data, [{ kind: 'address', bytes: Uint8Array.of(192, 0, 2, 1) }])
    assert(refused?.status === 'rejected' && isFault(refused.reason, 'config/invalid'))
    assert.match(refused.reason.message, /\/bad:5:5: not a type: "AAA"\n.*\/bad:6:7: /)
    assert(missing?.status === 'rejected' && isFault(missing.reason, 'config/unreadable'))
    assert.equal(await reader.read(good, digest), undefined)
  })
  test('ends with a zone that takes too much memory, and the others are read all the same', async () => {
    using reader = createZoneReader(32)
    const [large, good] = [join(folder, 'large'), join(folder, 'small')]
    await writeFile(
      large,
      `${head}${Array.from({ length: 100_000 }, (_, i) => `n${i} TXT a b c\n`).join('')}`,
    )
    await writeFile(good, head)
    const [none, read] = await Promise.allSettled(
      [large, good].map(file => reader.read({ apex, file }, undefined)),
    )
    assert(none?.status === 'rejected' && isFault(none.reason, 'bytes/too-large'))
    assert.match(none.reason.message, /\/large takes more than 32 MiB/)
    assert(read?.status === 'fulfilled' && read.value?.serial === 7)
  })
})

test('what is told of the life of signatures is that of all of them', () => {
  const span = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 6, max: 28 }))
  const day = (number: number): string => `203001${String(number).padStart(2, '0')}000000`
  const beginS = Date.UTC(2030, 0, 1) / 1000
  fc.assert(
    fc.property(fc.array(span, { maxLength: 6 }), spans => {
      const lines = spans.map(
        ([from, to]) => `@ RRSIG SOA 13 2 60 ${day(to)} ${day(from)} 1 example.com. AQ==\n`,
      )
      const text = head + lines.join('')
      const all = spansOf(readZone(text, apex).records)
      const { life } = openVersion({ ...parseVersion(text, { apex, file: 'zone' }), digest: '' })
      assert.equal(life === undefined, spans.length === 0)
      for (let hour = 0; hour < 30 * 24; hour += 7) {
        const nowS = beginS + 3600 * hour
        if (life !== undefined) assert.deepEqual(life(nowS), lifeOf(all, nowS))
        assert.deepEqual(freshnessOf(worstOf(all, beginS), nowS), freshnessOf(all, nowS))
      }
    }),
    { numRuns: 30 },
  )
})
