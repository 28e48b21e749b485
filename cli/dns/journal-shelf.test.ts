import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pino } from 'pino'
import { createJournal } from '../../resolver/transfer/journal.ts'
import { parseName } from '../../resolver/wire/name.ts'
import { readZone } from '../../resolver/zone/master.ts'
import { createZone } from '../../resolver/zone/snapshot.ts'
import { atOnce } from '../../resolver/zone/work.ts'
import type { Zone } from '../../resolver/zone/zone.ts'
import { openJournalShelf } from './journal-shelf.ts'

const apex = parseName('example.com')
const zoneOf = (serial: number): Zone =>
  createZone(readZone(`@ 60 SOA ns h ${serial} 1 1 1 1\n@ 60 NS ns.example.\n`, apex).records, apex)

test('a journal is there after a restart, unless it is of another file or not whole', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'inxt-journal-'))
  t.after(() => rm(folder, { recursive: true }))
  const told: string[] = []
  const log = pino({}, { write: (line: string) => void told.push(JSON.parse(line).msg) })
  const shelfOf = (digest: string) => openJournalShelf(join(folder, 'made'), () => digest, log)
  const [older, newer] = [zoneOf(1), zoneOf(2)]
  assert.equal(await shelfOf('one').read(newer), undefined)
  const journal = createJournal()
  atOnce(journal.note(older, newer))
  const kept = journal.kept(newer)!
  await shelfOf('one').write(newer, kept)
  assert.deepEqual(await readdir(join(folder, 'made')), ['example.com.journal'])
  assert.deepEqual(await shelfOf('one').read(newer), kept)
  assert.equal(await shelfOf('another').read(newer), undefined)
  assert.deepEqual(told, [])
  const file = join(folder, 'made', 'example.com.journal')
  // What is given to who has a key only is in it.
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  await writeFile(file, (await readFile(file)).subarray(0, -1))
  assert.equal(await shelfOf('one').read(newer), undefined)
  assert.deepEqual(told, ['a journal cannot be read: transfers are whole'])
  // A file stands where the folder should be: told, and nobody else is affected.
  await openJournalShelf(file, () => 'one', log).write(newer, kept)
  assert.deepEqual(told.slice(1), ['a journal is not kept'])
})

test('a pipe in the place of a journal keeps nobody waiting', { timeout: 20_000 }, async t => {
  const folder = await mkdtemp(join(tmpdir(), 'inxt-journal-'))
  t.after(() => rm(folder, { recursive: true }))
  const told: string[] = []
  const log = pino({}, { write: (line: string) => void told.push(JSON.parse(line).why) })
  execFileSync('mkfifo', [join(folder, 'example.com.journal')])
  assert.equal(await openJournalShelf(folder, () => 'one', log).read(zoneOf(1)), undefined)
  assert.deepEqual(told, ['it is no file'])
})
