import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { isFault } from '../../base/fault.ts'
import { lockFolder, startOf } from './lock.ts'

test('one owner at a time; a dead owner, or one whose id was reused, does not count', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'inxt-lock-'))
  t.after(() => rm(folder, { recursive: true }))
  const release = await lockFolder(join(folder, 'deep'))
  await assert.rejects(lockFolder(join(folder, 'deep')), (e: unknown) => isFault(e, 'state/locked'))
  await release()
  const stale = [`${process.pid} 1`, '999999999 5', 'nonsense', '']
  for (const text of stale) {
    await writeFile(join(folder, 'lock'), text)
    await (await lockFolder(folder))()
  }
  await writeFile(join(folder, 'lock'), `${process.ppid} ${await startOf(process.ppid)}`)
  await assert.rejects(lockFolder(folder), (e: unknown) => isFault(e, 'state/locked'))
})

test('a folder that cannot be made is a Fault', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'inxt-lock-'))
  t.after(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'file'), '')
  await assert.rejects(lockFolder(join(folder, 'file', 'x')), (e: unknown) => isFault(e, 'config/unreadable'))
})
