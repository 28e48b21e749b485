import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { appendFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { BlackHoleBlockstore } from 'blockstore-core'
import { importer } from 'ipfs-unixfs-importer'
import { fixedSize } from 'ipfs-unixfs-importer/chunker'
import { isFault } from '../../base/fault.ts'
import type { Block } from '../block.ts'
import { formatCid, verifies } from '../identifier.ts'
import { resolvePath } from '../path.ts'
import { readFile } from '../reader.ts'
import { gather, getFrom, noise } from '../specimen.ts'
import { type FolderProgress, importFolder } from './folder.ts'

let home = ''
before(async () => {
  home = await mkdtemp(join(tmpdir(), 'inxt-folder-'))
})
after(() => rm(home, { recursive: true }))

let count = 0
async function folder(files: Record<string, string | Uint8Array>): Promise<string> {
  const path = join(home, `${++count}`)
  await mkdir(path)
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(path, name, '..'), { recursive: true })
    await writeFile(join(path, name), content)
  }
  return path
}

const files = {
  'index.html': '<p>hi',
  'a/b/c.txt': 'deep',
  'a/ß.txt': 'ß',
  'large.bin': noise(1, 700_000),
  'no.txt': '',
}

describe('a folder', () => {
  test('has the name the importer gives it, and its files come back', async () => {
    const path = await folder({ ...files, '.hidden': 'x', '.git/config': 'x' })
    await mkdir(join(path, 'empty'))
    const blocks = new Map<string, Block>()
    const progress: FolderProgress[] = []
    const built = await importFolder({
      path,
      sink: block => {
        assert.ok(verifies(block.cid, block.bytes))
        blocks.set(formatCid(block.cid), block)
      },
      onProgress: step => progress.push(step),
    })
    const source = Object.entries(files).map(([name, content]) => ({
      path: `r/${name}`,
      content: typeof content === 'string' ? new TextEncoder().encode(content) : content,
    }))
    const options = { cidVersion: 1 as const, rawLeaves: true, chunker: fixedSize({ chunkSize: 262_144 }) }
    let oracle = ''
    for await (const entry of importer(
      [...source, { path: 'r/empty' }],
      new BlackHoleBlockstore(),
      options,
    )) {
      if (entry.path === 'r') oracle = entry.cid.toString()
    }
    assert.equal(formatCid(built.cid), oracle)
    assert.equal(built.files, 5)
    assert.deepEqual(progress.at(-1), { files: built.files, bytes: built.bytes })
    const get = getFrom(blocks)
    for (const [name, content] of Object.entries(files)) {
      const found = await resolvePath(get, built.cid, name)
      assert.equal(found.kind, 'file')
      if (found.kind !== 'file') continue
      const bytes = await gather(readFile({ get, cid: found.cid }))
      assert.deepEqual(Buffer.from(bytes), Buffer.from(content), name)
    }
  })

  test('hidden files on demand', async () => {
    const path = await folder({ '.well-known/x': 'x', y: 'y' })
    const plain = await importFolder({ path, sink: () => {} })
    const hidden = await importFolder({ path, sink: () => {}, hidden: true })
    assert.equal(plain.files, 1)
    assert.equal(hidden.files, 2)
  })

  test('a single file, and a folder behind a symlink', async () => {
    const path = await folder({ 'hello.txt': 'hello world' })
    const file = await importFolder({ path: join(path, 'hello.txt'), sink: () => {} })
    assert.equal(formatCid(file.cid), 'bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e')
    await symlink(path, `${path}-current`)
    assert.deepEqual(
      (await importFolder({ path: `${path}-current`, sink: () => {} })).cid,
      (await importFolder({ path, sink: () => {} })).cid,
    )
  })

  test('symlinks inside stay symlinks, also dangling ones and loops', async () => {
    const path = await folder({ 'a.txt': 'a' })
    await symlink('a.txt', join(path, 'link'))
    await symlink('..', join(path, 'loop'))
    await symlink('/nowhere', join(path, 'dangling'))
    const blocks = new Map<string, Block>()
    const { cid } = await importFolder({ path, sink: block => void blocks.set(formatCid(block.cid), block) })
    for (const [name, target] of [
      ['link', 'a.txt'],
      ['loop', '..'],
      ['dangling', '/nowhere'],
    ] as const) {
      const found = await resolvePath(getFrom(blocks), cid, name)
      assert.equal(found.kind === 'symlink' && found.target, target)
    }
  })

  test('what cannot be read is a Fault that names the path', async () => {
    const gone = join(home, 'gone')
    await assert.rejects(
      importFolder({ path: gone, sink: () => {} }),
      error => isFault(error, 'config/unreadable') && error.message.includes(gone),
    )
    const loop = join(home, 'loop')
    await symlink(loop, loop)
    await assert.rejects(
      importFolder({ path: loop, sink: () => {} }),
      error => isFault(error, 'config/unreadable') && error.message.includes(loop),
    )
  })

  test('pipes are refused, not waited for', async () => {
    const path = await folder({ a: 'a' })
    execFileSync('mkfifo', [join(path, 'pipe')])
    await assert.rejects(
      importFolder({ path, sink: () => {} }),
      error => isFault(error, 'content/unsupported') && error.message.includes('pipe'),
    )
  })

  test('names that are not UTF-8 are refused', async () => {
    const path = await folder({ a: 'a' })
    await writeFile(Buffer.concat([Buffer.from(`${path}/`), Buffer.from([0x66, 0xff])]), 'x')
    await assert.rejects(importFolder({ path, sink: () => {} }), error =>
      isFault(error, 'content/unsupported'),
    )
  })

  test('a file that grows while it is read is a Fault', async () => {
    const path = await folder({ 'log.txt': noise(2, 300_000) })
    let grown = false
    const sink = async (): Promise<void> => {
      if (grown) return
      grown = true
      await appendFile(join(path, 'log.txt'), 'more')
    }
    await assert.rejects(
      importFolder({ path, sink }),
      error => isFault(error, 'config/unreadable') && /log\.txt changed/.test(error.message),
    )
  })

  test('an abort, and an error of the sink, end the import', async () => {
    const path = await folder({ a: noise(3, 600_000), b: 'b' })
    const stop = new AbortController()
    const sink = (): void => stop.abort(new Error('enough'))
    await assert.rejects(importFolder({ path, sink, signal: stop.signal }), /enough/)
    const full = async (): Promise<void> => {
      throw new Error('sink')
    }
    await assert.rejects(importFolder({ path, sink: full }), /sink/)
  })
})
