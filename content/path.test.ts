import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { utf8 } from '../base/bytes.ts'
import { isFault } from '../base/fault.ts'
import { blockOf } from './block.ts'
import { buildDirectory, buildSymlink } from './builder.ts'
import { cidOf, formatCid, rawCodec } from './identifier.ts'
import { listDirectory } from './listing.ts'
import { createDecoder, decodeNode, encodeNode } from './node.ts'
import { resolvePath } from './path.ts'
import { murmurCode, shardFanout } from './shard.ts'
import { getFrom, grow, type Tree } from './specimen.ts'

const site: Tree = {
  'index.html': 'home',
  'größe 100%.txt': 'utf8',
  docs: { 'index.html': 'docs', deep: { er: { 'x.css': 'x' } } },
  empty: {},
  'large.bin': 'x'.repeat(5000),
}

/** 6,000 names of 60 bytes and their CIDs are past the 256 KiB of a basic directory. */
const manyNames = Array.from({ length: 6000 }, (_, i) => `${'file'.repeat(13)}${`${i}`.padStart(8, '0')}`)

describe('paths', () => {
  test('each path leads where it says', async () => {
    const { root, get } = await grow(site)
    const rows: [path: string, kind: string, sizeBytes?: number][] = [
      ['', 'directory'],
      ['/', 'directory'],
      ['index.html', 'file', 4],
      ['/index.html', 'file', 4],
      ['größe 100%.txt', 'file', 4],
      ['large.bin', 'file', 5000],
      ['docs', 'directory'],
      ['docs/', 'directory'],
      ['empty', 'directory'],
      ['docs/deep/er/x.css', 'file', 1],
      ['nothing', 'missing'],
      ['docs/nothing', 'missing'],
      ['index.html/', 'missing'],
      ['index.html/x', 'missing'],
      ['large.bin/x', 'missing'],
      ['docs//index.html', 'missing'],
      ['//index.html', 'missing'],
      ['//', 'missing'],
      ['docs/../index.html', 'missing'],
      ['./index.html', 'missing'],
      ['docs/index.html\0', 'missing'],
      ['INDEX.HTML', 'missing'],
      ['gro\u0308ße 100%.txt', 'missing'], // another normal form is another name
      ['x'.repeat(5000), 'missing'],
      ['a/'.repeat(200), 'missing'],
      ['__proto__', 'missing'],
    ]
    for (const [path, kind, sizeBytes] of rows) {
      const found = await resolvePath(get, root, path)
      assert.equal(found.kind, kind, JSON.stringify(path))
      if (found.kind === 'file') assert.equal(found.sizeBytes, sizeBytes, path)
    }
  })

  test('directories are decoded once, and nothing else is remembered', async () => {
    const { root, blocks, get } = await grow(site)
    const decode = createDecoder({ bytesMax: 1_000_000 })
    let decoded = 0
    const counting: typeof decode = (cid, bytes) => {
      decoded++
      return decode(cid, bytes)
    }
    for (let i = 0; i < 3; i++) {
      assert.equal((await resolvePath(get, root, 'docs/deep/er/x.css', counting)).kind, 'file')
      assert.equal((await resolvePath(get, root, 'docs/no', counting)).kind, 'missing')
    }
    assert.equal(decoded, 3 * (5 + 2))
    for (const { cid, bytes } of blocks.values()) {
      const isDirectory = decodeNode(cid, bytes).kind === 'directory'
      const [first, second] = [decode(cid, bytes), decode(cid, bytes)]
      assert.equal(first === second, isDirectory)
      assert.deepEqual(first, decodeNode(cid, bytes))
    }
  })

  test('a symlink is named, not followed', async () => {
    const { blocks } = await grow({ 'a.txt': 'a' })
    const all = new Map(blocks)
    const sink = (block: ReturnType<typeof blockOf>): void => void all.set(formatCid(block.cid), block)
    const link = await buildSymlink('../etc/passwd', sink)
    const { cid } = await buildDirectory([{ name: 'link', ...link }], sink)
    const found = await resolvePath(getFrom(all), cid, 'link')
    assert.deepEqual(found, {
      kind: 'symlink',
      cid: found.kind === 'missing' ? 0 : found.cid,
      target: '../etc/passwd',
    })
    assert.equal((await resolvePath(getFrom(all), cid, 'link/x')).kind, 'missing')
  })

  test('a file as root', async () => {
    const { root, get } = await grow('hello')
    assert.equal((await resolvePath(get, root, '')).kind, 'file')
    assert.equal((await resolvePath(get, root, 'x')).kind, 'missing')
  })

  test('a directory of many blocks: every name is found in a few blocks, no other is', async () => {
    const { root, get } = await grow(Object.fromEntries(manyNames.map((name, i) => [name, `${i % 50}`])))
    let loads = 0
    const counting: typeof get = cid => {
      loads++
      return get(cid)
    }
    for (let i = 0; i < manyNames.length; i += 97) {
      const found = await resolvePath(counting, root, manyNames[i]!)
      assert.equal(
        found.kind === 'file' && formatCid(found.cid),
        formatCid(cidOf(rawCodec, utf8(`${i % 50}`))),
      )
    }
    assert.ok(loads <= Math.ceil(6000 / 97) * 5, `${loads} blocks`)
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1 }), async name => {
        assert.equal((await resolvePath(get, root, name)).kind === 'file', manyNames.includes(name))
      }),
      { seed: 1, numRuns: 200, examples: [['00'], ['0']] },
    )
  })

  test('a root that is not here is a Fault', async () => {
    await assert.rejects(resolvePath(getFrom(new Map()), cidOf(rawCodec, utf8('x')), ''), error =>
      isFault(error, 'content/missing'),
    )
  })
})

describe('listings', () => {
  const names = async (tree: Tree, entriesMax = 10_000): Promise<string[]> => {
    const { root, get } = await grow(tree)
    const found: string[] = []
    for await (const { name } of listDirectory(get, root, { entriesMax })) found.push(name)
    return found
  }

  test('basic and sharded directories list the names that went in', async () => {
    assert.deepEqual(await names({}), [])
    assert.deepEqual(await names({ b: '', a: '', 'b!': '' }), ['a', 'b', 'b!'])
    const found = await names(Object.fromEntries(manyNames.map(name => [name, ''])))
    assert.deepEqual(found.sort(), manyNames.toSorted())
  })

  test('too many entries, and what is no directory', async () => {
    await assert.rejects(names({ a: '', b: '', c: '' }, 2), error => isFault(error, 'bytes/too-large'))
    const { root, get } = await grow('file')
    const listing = listDirectory(get, root, { entriesMax: 1 })
    await assert.rejects(listing.next(), error => isFault(error, 'content/unsupported'))
  })

  test('shards that are none', async () => {
    const leaf = blockOf(rawCodec, utf8('x'))
    const link = (name: string) => ({ name, cid: leaf.cid, totalBytes: 1 })
    const shard = {
      kind: 'shard',
      data: Uint8Array.of(1),
      blockSizes: [],
      hashType: murmurCode,
      fanout: shardFanout,
    } as const
    const rows: [name: string, block: ReturnType<typeof blockOf>, code: string][] = [
      ['a slot without hexadecimal digits', encodeNode(shard, [link('x')]), 'bytes/malformed'],
      ['a slot that leads to a file', encodeNode(shard, [link('00')]), 'bytes/malformed'],
      ['another fanout', encodeNode({ ...shard, fanout: 1024 }, [link('00a')]), 'content/unsupported'],
      ['another hash', encodeNode({ ...shard, hashType: 0x12 }, [link('00a')]), 'content/unsupported'],
    ]
    for (const [name, block, code] of rows) {
      const get = getFrom(new Map([leaf, block].map(each => [formatCid(each.cid), each])))
      await assert.rejects(
        listDirectory(get, block.cid, { entriesMax: 9 }).next(),
        (error: unknown) => isFault(error) && error.code === code,
        name,
      )
    }
  })
})
