import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { BlackHoleBlockstore, MemoryBlockstore } from 'blockstore-core'
import fc from 'fast-check'
import { exporter } from 'ipfs-unixfs-exporter'
import { importer } from 'ipfs-unixfs-importer'
import { fixedSize } from 'ipfs-unixfs-importer/chunker'
import { balanced } from 'ipfs-unixfs-importer/layout'
import type { CID } from 'multiformats/cid'
import { concatBytes, utf8 } from '../base/bytes.ts'
import { isFault } from '../base/fault.ts'
import { integerBelow, seededRandom } from '../base/random.ts'
import { type Built, buildDirectory, buildFile, buildSymlink, chunkBytes } from './builder.ts'
import { formatCid, verifies } from './identifier.ts'
import { decodeNode } from './node.ts'

const kubo = () => ({
  cidVersion: 1 as const,
  rawLeaves: true,
  chunker: fixedSize({ chunkSize: 262_144 }),
  layout: balanced({ maxChildrenPerNode: 174 }),
  shardSplitThresholdBytes: 262_144,
})

async function* inPieces(bytes: Uint8Array, pieceBytes: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
}

function noise(seed: number, length: number): Uint8Array {
  const random = seededRandom(seed)
  return Uint8Array.from({ length }, () => integerBelow(random, 256))
}

type Files = ReadonlyMap<string, Uint8Array>
type Tree = { [name: string]: Tree | Uint8Array }

async function theirs(files: Files): Promise<string> {
  const source = [...files].map(([path, content]) => ({ path: `root/${path}`, content }))
  let root: CID | undefined
  for await (const entry of importer(source, new MemoryBlockstore(), kubo())) {
    if (entry.path === 'root') root = entry.cid
  }
  return root!.toString()
}

async function ours(files: Files): Promise<string> {
  const tree: Tree = {}
  for (const [path, content] of files) {
    const names = path.split('/')
    let at = tree
    for (const name of names.slice(0, -1)) at = (at[name] ??= {}) as Tree
    at[names.at(-1)!] = content
  }
  const build = async (node: Tree | Uint8Array): Promise<Built> => {
    if (node instanceof Uint8Array) return buildFile(inPieces(node, 100_000), () => {})
    const entries: (Built & { name: string })[] = []
    for (const [name, child] of Object.entries(node)) entries.push({ name, ...(await build(child)) })
    return buildDirectory(entries, () => {})
  }
  return formatCid((await build(tree)).cid)
}

describe('files', () => {
  test('known names', async () => {
    const rows: [text: string, cid: string][] = [
      ['hello world', 'bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e'],
      ['hello world\n', 'bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4'],
      ['', 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku'],
    ]
    for (const [text, cid] of rows) {
      assert.equal(formatCid((await buildFile(inPieces(utf8(text), 5), () => {})).cid), cid)
    }
  })

  test('files around the bounds of a chunk have the name the importer gives them', async () => {
    const one = chunkBytes
    const all = noise(5, 2 * one + 1)
    for (const size of [1, one - 1, one, one + 1, 2 * one, 2 * one + 1]) {
      const bytes = all.subarray(0, size)
      const built = await buildFile(inPieces(bytes, 300_000), () => {})
      for await (const entry of importer([{ path: 'f', content: bytes }], new MemoryBlockstore(), kubo())) {
        assert.equal(formatCid(built.cid), entry.cid.toString(), `${size} bytes`)
        assert.equal(BigInt(built.totalBytes), entry.size, `${size} bytes`)
      }
    }
  })

  test('a third level has the name the importer gives it', async () => {
    // Made with ipfs-unixfs-importer 17.1.1, which needs seconds for it.
    const built = await buildFile(inPieces(noise(6, 174 * 174 + 1), 4096), () => {}, 1)
    assert.equal(formatCid(built.cid), 'bafybeigx4lv23mhf4hsp7tcbbuuwrawzbxw5jj4dsjcdxwgrskmqlnoam4')
    assert.equal(built.totalBytes, 1_432_934)
  })

  test('every shape of tree up to a second level, seen with chunks of one byte', async () => {
    for (const size of [2, 173, 174, 175, 2 * 174, 2 * 174 + 1]) {
      const bytes = noise(size, size)
      const built = await buildFile(inPieces(bytes, 4096), () => {}, 1)
      const options = { ...kubo(), chunker: fixedSize({ chunkSize: 1 }), blockWriteConcurrency: 500 }
      for await (const entry of importer(
        [{ path: 'f', content: bytes }],
        new BlackHoleBlockstore(),
        options,
      )) {
        assert.equal(formatCid(built.cid), entry.cid.toString(), `${size} chunks`)
        assert.equal(BigInt(built.totalBytes), entry.size, `${size} chunks`)
      }
    }
  })

  test('how the bytes were cut into pieces changes nothing', async () => {
    const bytes = noise(7, 700_000)
    const whole = await buildFile(inPieces(bytes, bytes.length), () => {})
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 30_000, max: 699_999 }), async pieceBytes => {
        const cut = await buildFile(inPieces(bytes, pieceBytes), block => {
          assert.ok(verifies(block.cid, block.bytes))
        })
        assert.deepEqual(cut, whole)
      }),
      { seed: 1, numRuns: 25 },
    )
  })

  test('what was built can be exported by others', async () => {
    const bytes = noise(3, 3 * chunkBytes + 5)
    const store = new MemoryBlockstore()
    const built = await buildFile(inPieces(bytes, 77_777), async block => {
      await store.put(block.cid, block.bytes)
    })
    const entry = await exporter(built.cid, store)
    assert.equal(entry.type, 'file')
    const parts: Uint8Array[] = []
    for await (const part of entry.content() as AsyncIterable<Uint8Array>) parts.push(part)
    assert.deepEqual(concatBytes(parts), bytes)
  })
})

describe('directories', () => {
  test('the empty directory and a symlink have their known nodes', async () => {
    const empty = await buildDirectory([], () => {})
    assert.equal(formatCid(empty.cid), 'bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354')
    const target = 'files/foo'
    await buildSymlink(target, block => {
      assert.deepEqual(decodeNode(block.cid, block.bytes), { kind: 'symlink', links: [], target })
    })
  })

  test('random trees have the name the importer gives them', async () => {
    const name = fc.stringMatching(/^[a-zA-Zé日😀_-]{1,8}$/u)
    const path = fc.array(name, { minLength: 1, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(path, fc.string()), { minLength: 2, maxLength: 12 }), async rows => {
        const files = new Map<string, Uint8Array>()
        // Files end in ".f", which no folder does, so a name is never both.
        for (const [names, text] of rows) files.set(`${names.join('/')}.f`, utf8(text))
        if (files.size < 2) files.set('second.f', utf8(''))
        assert.equal(await ours(files), await theirs(files))
      }),
      { seed: 1, numRuns: 60 },
    )
  })

  test('at 256 KiB of names and CIDs a directory stays basic, one byte over it is sharded', async () => {
    const leaf = await buildFile(inPieces(utf8('x'), 1), () => {})
    // 4,096 entries of 28 + 36 bytes are 262,144.
    for (const over of [0, 1]) {
      const names = Array.from({ length: 4096 }, (_, i) => `${'n'.repeat(23)}${`${i}`.padStart(5, '0')}`)
      names[17] += 'n'.repeat(over)
      const blocks: string[] = []
      const built = await buildDirectory(
        names.map(name => ({ ...leaf, name })),
        block => {
          blocks.push(decodeNode(block.cid, block.bytes).kind)
        },
      )
      assert.equal(blocks.at(-1), over === 0 ? 'directory' : 'shard')
      // The importer needs seconds for each; basic directories are compared above.
      if (over === 0) continue
      const files = new Map(names.map(name => [name, utf8('x')]))
      assert.equal(formatCid(built.cid), await theirs(files))
    }
  })

  test('names that no path could reach are refused', async () => {
    const leaf = await buildFile(inPieces(utf8('x'), 1), () => {})
    for (const names of [[''], ['.'], ['..'], ['a/b'], ['a\0'], ['a', 'a'], ['x'.repeat(256)], ['\ud800']]) {
      await assert.rejects(
        buildDirectory(
          names.map(name => ({ ...leaf, name })),
          () => {},
        ),
        error => isFault(error, 'content/unsupported'),
        JSON.stringify(names),
      )
    }
  })
})
