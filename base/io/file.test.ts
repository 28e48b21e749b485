import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Fault, isFault } from '../fault.ts'
import { readBytes, readJson, writeWhole } from './file.ts'

describe('a file that is there whole or not at all', () => {
  let home: string
  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'inxt-file-'))
  })
  after(() => rm(home, { recursive: true, force: true }))

  /** Another process that runs `body`; `write` and the file's `path` are at hand. */
  const elsewhere = (path: string, body: string, limit = '') => {
    const module = JSON.stringify(new URL('file.ts', import.meta.url).href)
    const program = `import { writeWhole as write } from ${module}; const path = ${JSON.stringify(path)}; ${body}`
    const node = `exec "$0" --input-type=module -e "$1"`
    return spawnSync('sh', ['-c', `${limit} ${node}`, process.execPath, program], { encoding: 'utf8' })
  }

  test('has its text, its mode and its folder, and no draft beside it', async () => {
    const folder = join(home, 'new', 'folder')
    const path = join(folder, 'a')
    await writeWhole(path, 'one', { file: 0o600, folder: 0o700 })
    await writeWhole(path, [Uint8Array.of(0x74, 0x77), Uint8Array.of(0x6f)], { file: 0o600 })
    assert.equal(await readFile(path, 'utf8'), 'two')
    assert.equal((await stat(path)).mode & 0o777, 0o600)
    assert.equal((await stat(folder)).mode & 0o777, 0o700)
    assert.deepEqual(await readdir(folder), ['a'])
  })

  test('of two that write at once, one is there', async () => {
    const path = join(home, 'contended', 'a')
    const texts = Array.from({ length: 20 }, (_, i) => `${i}`.repeat(10_000))
    await Promise.all(texts.map(text => writeWhole(path, text)))
    assert.ok(texts.includes(await readFile(path, 'utf8')))
    assert.deepEqual(await readdir(join(path, '..')), ['a'])
  })

  test('a writer killed half-way leaves the old text, and the next process takes its draft away', async () => {
    const folder = join(home, 'killed')
    const path = join(folder, 'a')
    const half = `function* parts() { yield new Uint8Array(100_000); process.kill(process.pid, 'SIGKILL'); yield }`
    const killed = elsewhere(path, `await write(path, 'old'); ${half}; await write(path, parts())`)
    assert.equal(killed.signal, 'SIGKILL', killed.stderr)
    const draft =
      (await readdir(folder)).find(name => name !== 'a') ?? assert.fail('nothing was left half-way')
    assert.equal((await stat(join(folder, draft))).size, 100_000)
    assert.equal(await readFile(path, 'utf8'), 'old')
    const neighbours = [`b.${process.ppid}-0.half`, 'c.half', 'd.12-0.half.txt']
    for (const name of neighbours) await writeFile(join(folder, name), 'of others, who live or are no drafts')
    await writeWhole(path, 'new')
    assert.deepEqual((await readdir(folder)).sort(), ['a', ...neighbours])
    assert.equal(await readFile(path, 'utf8'), 'new')
  })

  test('a write that the disk takes a part of is a Fault, and the old text stays', async () => {
    const folder = join(home, 'short')
    const path = join(folder, 'a')
    await writeWhole(path, 'old')
    const body = `await write(path, new Uint8Array(100_000)).catch(error => console.log(error.code, error.message))`
    const { stdout, stderr } = elsewhere(path, body, 'ulimit -f 8;')
    assert.match(stdout, /^state\/unwritten .*a cannot be written: EFBIG/, stderr)
    assert.deepEqual(await readdir(folder), ['a'])
    assert.equal(await readFile(path, 'utf8'), 'old')
  })

  const full = '/dev/full'
  test('a full disk is told as such', { skip: !existsSync(full) && `there is no ${full}` }, async () => {
    const folder = join(home, 'full')
    const path = join(folder, 'a')
    await writeWhole(path, 'old')
    // Whichever number comes next, its draft is a disk without room.
    for (let n = 0; n < 500; n++) await symlink(full, join(folder, `a.${process.pid}-${n}.half`))
    await assert.rejects(writeWhole(path, 'new'), error => isFault(error, 'store/full'))
    assert.equal(await readFile(path, 'utf8'), 'old')
  })

  test('a place where nothing can be written is named', async () => {
    await writeFile(join(home, 'flat'), 'a file where a folder should be')
    const path = join(home, 'flat', 'a')
    const names = (error: Fault): boolean =>
      isFault(error, 'state/unwritten') && error.message.startsWith(path)
    await assert.rejects(writeWhole(path, ''), names)
  })

  test('is read back: missing, damaged, too large', async () => {
    const path = join(home, 'read')
    assert.equal(await readJson(path), undefined)
    assert.equal(await readBytes(path, 10), undefined)
    await writeWhole(path, '{"a":1}')
    assert.deepEqual(await readJson(path), { a: 1 })
    assert.equal((await readBytes(path, 7))?.length, 7)
    await assert.rejects(readBytes(path, 6), error => isFault(error, 'config/unreadable'))
    await writeWhole(path, '{"a":')
    await assert.rejects(readJson(path), error => isFault(error, 'state/broken'))
    await assert.rejects(readJson(home), error => isFault(error, 'config/unreadable'))
  })
})
