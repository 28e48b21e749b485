// Zone files that change, with a reader that knows one line: `serial N`, and errors for all else.

import assert from 'node:assert/strict'
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { pino } from 'pino'
import { Fault, isFault } from '../../base/fault.ts'
import { parseName } from '../../resolver/wire/name.ts'
import type { Zone } from '../../resolver/zone/zone.ts'
import { watchFiles } from '../daemon/watch.ts'
import { openZoneFiles, type ReadZone } from './zone-files.ts'
import { createZoneReader } from './zone-reader.ts'

const folder = await mkdtemp(join(tmpdir(), 'inxt-zones-'))
after(() => rm(folder, { recursive: true }))

const read: ReadZone = async ({ file, apex }, known) => {
  const text = await readFile(file, 'latin1').catch(cause => {
    throw new Fault('config/unreadable', `${file} cannot be read`, { cause })
  })
  if (text === known) return undefined
  const serial = /^serial (\d+)\n$/.exec(text)?.[1]
  if (serial === undefined) throw new Fault('config/invalid', `${file}:1:1 no serial\n${file}:2:7 no end`)
  const zone = { apex } as Zone
  return { zone, serial: Number(serial), records: 1, warnings: [], life: undefined, digest: text }
}

async function opened(text: string) {
  const lines: { msg: string; [field: string]: unknown }[] = []
  const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) })
  const file = join(await mkdtemp(join(folder, 'case-')), 'zone')
  await writeFile(file, text)
  const zones = await openZoneFiles([{ apex: parseName('example.com'), file }], read, log)
  return { file, zones, lines, log }
}

describe('zone files', () => {
  test('a new valid version is another array with another zone', async () => {
    const { file, zones, lines } = await opened('serial 1\n')
    const before = zones.zones()
    await zones.reload()
    assert.equal(zones.zones(), before)
    await writeFile(file, 'serial 2\n')
    await zones.reload(file)
    assert.notEqual(zones.zones(), before)
    assert.equal(zones.versions()[0]?.serial, 2)
    assert.deepEqual([lines.at(-1)?.msg, lines.at(-1)?.['to']], ['a zone is replaced', 2])
  })
  test('a bad version leaves the old one, and each of its errors is told', async () => {
    const { file, zones, lines } = await opened('serial 1\n')
    const before = zones.zones()
    await writeFile(file, 'nonsense')
    await zones.reload()
    assert.equal(zones.zones(), before)
    assert.deepEqual(
      lines.map(({ msg }) => msg),
      [`${file}:1:1 no serial`, `${file}:2:7 no end`, 'a zone file has errors: the old version stays'],
    )
    await rm(file)
    await zones.reload()
    assert.equal(zones.zones(), before)
    assert.match(lines.at(-2)!.msg, /cannot be read/)
  })
  test('a serial that does not grow is told', async () => {
    const { file, zones, lines } = await opened('serial 5\n')
    await writeFile(file, 'serial 4\n')
    await zones.reload()
    assert.equal(zones.versions()[0]?.serial, 4)
    assert.equal(lines[0]?.msg, 'a zone changed without a later serial')
  })
  test('the start tells the errors of all files at once', async () => {
    const names = ['a', 'b'].map(name => join(folder, name))
    await writeFile(names[0]!, 'bad')
    const files = names.map((file, i) => ({ apex: parseName(`z${i}.test`), file }))
    await assert.rejects(openZoneFiles(files, read, pino({ level: 'silent' })), error => {
      assert.ok(isFault(error, 'config/invalid'))
      assert.match(error.message, /\/a:1:1 no serial\n.*\/a:2:7 no end\n.*\/b cannot be read/s)
      return true
    })
  })
  test('a zone has one file', async () => {
    const { file, log } = await opened('serial 1\n')
    const twice = [1, 2].map(() => ({ apex: parseName('example.com'), file }))
    await assert.rejects(openZoneFiles(twice, read, log), error => isFault(error, 'config/invalid'))
  })
  test('signatures that grow old are told at a third, at a tenth and at the end of their life', async () => {
    const lines: { level: number; msg: string; endsAt: string }[] = []
    const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) })
    const file = join(folder, 'signed')
    const zoneText = (days: number): string => `@ 60 SOA ns m ${days} 1 1 1 1
@ 60 NS ns
ns 60 A 192.0.2.1
@ 60 RRSIG SOA 13 2 60 197002${String(days).padStart(2, '0')}000000 19700201000000 1 example.com. AQ==
`
    await writeFile(file, zoneText(11))
    // 1970-02-01, after which the signature lasts for ten days.
    const beginAt = 31 * 86_400_000
    let now = beginAt
    let look = (): void => {}
    const after = (_: number, action: () => void): (() => void) => {
      look = action
      return () => {}
    }
    const files = [{ apex: parseName('example.com'), file }]
    using reader = createZoneReader()
    const zones = await openZoneFiles(files, reader.read, log, { after }, () => now)
    const heardAfter = (days: number): string[] => {
      now = beginAt + days * 86_400_000
      lines.length = 0
      look()
      return lines.map(({ level, msg }) => `${level} ${msg.split(':')[0]}`)
    }
    assert.deepEqual(heardAfter(6), [])
    assert.deepEqual(heardAfter(6.7), ['40 a third of the life of its signatures is left'])
    assert.equal(lines[0]!.endsAt, '1970-02-11T00:00:00.000Z')
    assert.deepEqual(heardAfter(6.8), [])
    assert.deepEqual(heardAfter(9.1), ['50 a tenth of the life of its signatures is left'])
    assert.deepEqual(heardAfter(10.1), ['50 signatures have ended'])
    // The clock was wrong, and somebody set it back.
    assert.deepEqual(heardAfter(6.7), ['40 a third of the life of its signatures is left'])
    assert.deepEqual(heardAfter(10.1), ['50 signatures have ended'])
    lines.length = 0
    await writeFile(file, zoneText(12))
    await zones.reload()
    assert.match(lines.at(-1)!.msg, /^a tenth/)
    await writeFile(file, zoneText(28))
    await zones.reload()
    assert.deepEqual(heardAfter(10.2), [])
  })
})

test('a file that is written, and one that is replaced by a rename, are noticed', async () => {
  const { file, log } = await opened('serial 1\n')
  const { promise: first, resolve: told } = Promise.withResolvers<string>()
  {
    using _ = await watchFiles([file], told, log)
    await writeFile(file, 'serial 22\n')
    assert.equal(await first, file)
  }
  const { promise: second, resolve: toldAgain } = Promise.withResolvers<string>()
  using _ = await watchFiles([file], toldAgain, log)
  await writeFile(`${file}.new`, 'serial 3\n')
  await rename(`${file}.new`, file)
  assert.equal(await second, file)
})
