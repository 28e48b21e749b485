// Zone files that change, with a reader that knows one line: `serial N`, and errors for all else.

import assert from 'node:assert/strict'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { pino } from 'pino'
import { Fault, isFault } from '../base/fault.ts'
import { parseName } from '../resolver/wire/name.ts'
import type { Zone } from '../resolver/zone/zone.ts'
import { watchFiles } from './watch.ts'
import { isLater, openZoneFiles, type ReadZone } from './zone-files.ts'

const folder = await mkdtemp(join(tmpdir(), 'inxt-zones-'))
after(() => rm(folder, { recursive: true }))

const read: ReadZone = (text, { file, apex }) => {
  const serial = /^serial (\d+)\n$/.exec(text)?.[1]
  if (serial === undefined) throw new Fault('config/invalid', `${file}:1:1 no serial\n${file}:2:7 no end`)
  return { zone: { apex } as Zone, serial: Number(serial), records: 1, warnings: [] }
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
  for (const [serial, other, later] of [
    [2, 1, true],
    [1, 1, false],
    [1, 2, false],
    [0, 0xffff_ffff, true],
    [0x8000_0000, 0, false],
  ] as const) {
    test(`${serial} is ${later ? '' : 'not '}later than ${other}`, () =>
      assert.equal(isLater(serial, other), later))
  }
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
