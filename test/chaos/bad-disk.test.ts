import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { buildBadDisk, isUnreadable, makeUnreadable } from './bad-disk.ts'

let folder: string
before(async () => void (folder = await mkdtemp(join(tmpdir(), 'inxt-bad-disk-'))))
after(() => rm(folder, { recursive: true, force: true }))

/** What comes of reading it by promise, which is how blocks are read, and synchronously. */
function codesOfReading(file: string, [program, ...words]: readonly string[]): string {
  const script = `
    const code = error => error.code
    const soon = await require('node:fs/promises').readFile(${JSON.stringify(file)}).then(String, code)
    let now
    try { now = String(require('node:fs').readFileSync(${JSON.stringify(file)})) } catch (error) { now = code(error) }
    console.log(soon, now)`
  const wrapped = `(async () => {${script}})()`
  return String(spawnSync(program!, [...words, '-e', wrapped]).stdout).trim()
}

test('a marked file is EIO to whom it concerns, and only as long as it is that file', async t => {
  const through = buildBadDisk(folder)
  if (through === undefined) return t.skip('no C compiler here: the chaos goes without read errors')
  const file = join(folder, 'block')
  const node = [...through, process.execPath]
  await writeFile(file, 'sound')
  assert.equal(codesOfReading(file, node), 'sound sound')
  await makeUnreadable(file)
  assert.equal(await isUnreadable(file), true)
  assert.equal(codesOfReading(file, node), 'EIO EIO')
  assert.equal(codesOfReading(file, [process.execPath]), 'sound sound')
  await rm(file)
  await writeFile(file, 'anew')
  assert.equal(await isUnreadable(file), false)
  assert.equal(codesOfReading(file, node), 'anew anew')
})
