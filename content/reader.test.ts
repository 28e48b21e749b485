import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MemoryBlockstore } from 'blockstore-core'
import fc from 'fast-check'
import { exporter } from 'ipfs-unixfs-exporter'
import { importer } from 'ipfs-unixfs-importer'
import { fixedSize } from 'ipfs-unixfs-importer/chunker'
import { balanced } from 'ipfs-unixfs-importer/layout'
import type { CID } from 'multiformats/cid'
import { utf8 } from '../base/bytes.ts'
import { isFault } from '../base/fault.ts'
import { type Block, blockOf } from './block.ts'
import { cidOf, dagPbCodec, formatCid, parseCid, rawCodec, supportedCid } from './identifier.ts'
import { encodeNode, type Link } from './node.ts'
import { readFile } from './reader.ts'
import { gather, getFrom, grow, noise } from './specimen.ts'

const none = new Uint8Array(0)
const read = (get: (cid: CID) => Promise<Uint8Array>, cid: CID, start?: number, end?: number) =>
  gather(readFile({ get, cid, ...(start !== undefined && { start }), ...(end !== undefined && { end }) }))

describe('reading', () => {
  test('any range of a file of two levels of nodes', async () => {
    const bytes = noise(1, 5000)
    const { root, get } = await grow(bytes, 1) // 5,000 leaves, 29 nodes, a root
    await fc.assert(
      fc.asyncProperty(fc.nat(4900), fc.nat(400), async (start, length) => {
        assert.deepEqual(await read(get, root, start, start + length), bytes.subarray(start, start + length))
      }),
      { seed: 1, numRuns: 40 },
    )
    assert.deepEqual(await read(get, root, 4990, 6000), bytes.subarray(4990))
    assert.deepEqual(await read(get, root, 10, 10), none)
    assert.deepEqual(await read(get, root, 5000, 5001), none)
  })

  test('whole files, also empty and inline ones', async () => {
    for (const size of [0, 1, 999, 1000, 1001, 200_000]) {
      const bytes = noise(size, size)
      const { root, get } = await grow(bytes)
      assert.deepEqual(await read(get, root), bytes)
    }
  })

  test('a range loads only the blocks it covers, and no more than the window ahead', async () => {
    const { root, blocks, get } = await grow(noise(2, 100_000)) // a root of 100 leaves
    const loaded: string[] = []
    const counting = async (cid: CID): Promise<Uint8Array> => {
      loaded.push(formatCid(cid))
      return get(cid)
    }
    await read(counting, root, 10_500, 12_500)
    assert.equal(loaded.length, 4) // the root and three leaves
    loaded.length = 0
    const file = readFile({ get: counting, cid: root, windowBlocks: 4 })
    await file.next()
    assert.equal(loaded.length, 1 + 4)
    await file.next()
    assert.equal(loaded.length, 1 + 5)
    await file.return()
    assert.equal(loaded.length, 1 + 5)
    assert.equal(blocks.size, 101)
  })

  test('the window is wide for who waits for blocks, and narrow for whom blocks wait', async () => {
    const { root, get } = await grow(noise(4, 100_000)) // a root of 100 leaves
    let now = 0
    let begun = 0
    const counting = (cid: CID): Promise<Uint8Array> => {
      begun++
      return get(cid)
    }
    const aheadAfter = async (count: number, loadMs: number, useMs: number): Promise<number> => {
      begun = 0
      const load = async (cid: CID): Promise<Uint8Array> => {
        const bytes = await counting(cid)
        now += loadMs
        return bytes
      }
      const file = readFile({ get: load, cid: root, windowBlocks: 8, now: () => now })
      for (let i = 0; i < count; i++) {
        await file.next()
        now += useMs
      }
      await file.return()
      return begun - 1 - count // without the root and what was used
    }
    assert.equal(await aheadAfter(20, 10, 1), 7)
    assert.equal(await aheadAfter(20, 1, 1000), 0)
  })

  test('leaving aborts what is under way, and so does the signal', async () => {
    const { root, get } = await grow(noise(3, 20_000))
    const signals = new Set<AbortSignal>()
    const watching = (cid: CID, signal: AbortSignal): Promise<Uint8Array> => {
      signals.add(signal)
      return get(cid)
    }
    const file = readFile({ get: watching, cid: root })
    await file.next()
    await file.return()
    assert.ok([...signals].every(signal => signal.aborted))
    const stop = new AbortController()
    const other = readFile({ get: watching, cid: root, signal: stop.signal })
    await other.next()
    stop.abort(new Error('the client left'))
    await assert.rejects(other.next(), /the client left/)
  })

  test('a missing block ends the stream after the bytes before it', async () => {
    const bytes = noise(4, 5000)
    const { root, blocks } = await grow(bytes)
    const holed = new Map(blocks)
    holed.delete(formatCid(cidOf(rawCodec, bytes.subarray(3000, 4000))))
    const got: number[] = []
    await assert.rejects(
      async () => {
        for await (const part of readFile({ get: getFrom(holed), cid: root })) got.push(part.length)
      },
      error => isFault(error, 'content/missing'),
    )
    assert.deepEqual(got, [1000, 1000, 1000])
  })

  test('files of other builders: version 0, leaves in dag-pb, wide and narrow trees', async () => {
    const bytes = noise(5, 30_000)
    for (const [cidVersion, rawLeaves, width] of [
      [0, false, 174],
      [0, false, 2],
      [1, true, 1024],
    ] as const) {
      const store = new MemoryBlockstore()
      const options = {
        cidVersion,
        rawLeaves,
        chunker: fixedSize({ chunkSize: 700 }),
        layout: balanced({ maxChildrenPerNode: width }),
      }
      for await (const entry of importer([{ path: 'f', content: bytes }], store, options)) {
        const blocks = new Map<string, Block>()
        for await (const { cid, bytes: parts } of store.getAll()) {
          const whole = await gather(parts as AsyncIterable<Uint8Array>)
          blocks.set(formatCid(supportedCid(cid)), { cid, bytes: whole })
          // The memory store forgets the codec and names everything raw.
          blocks.set(formatCid(cidOf(dagPbCodec, whole)), { cid, bytes: whole })
        }
        const root = supportedCid(entry.cid)
        assert.deepEqual(await read(getFrom(blocks), root), bytes)
        assert.deepEqual(await read(getFrom(blocks), root, 12_345, 23_456), bytes.subarray(12_345, 23_456))
      }
    }
  })

  test('ours is exported by others', async () => {
    const bytes = noise(6, 30_000)
    const { root, blocks } = await grow(bytes)
    const store = new MemoryBlockstore()
    for (const block of blocks.values()) await store.put(block.cid, block.bytes)
    const entry = await exporter(root, store)
    assert.equal(entry.type, 'file')
    assert.deepEqual(Uint8Array.from(await gather(entry.content() as AsyncIterable<Uint8Array>)), bytes)
  })
})

describe('hostile files', () => {
  const leaf = blockOf(rawCodec, utf8('leaf'))
  const link = (cid: CID): Link => ({ name: '', cid, totalBytes: 4 })
  const file = (links: Link[], blockSizes: number[], sizeBytes?: number): Block =>
    encodeNode({ kind: 'file', data: none, blockSizes, ...(sizeBytes !== undefined && { sizeBytes }) }, links)
  const directory = encodeNode({ kind: 'directory', data: none, blockSizes: [] }, [])

  const rows: [name: string, block: Block, code: string][] = [
    ['a child shorter than announced', file([link(leaf.cid)], [5], 5), 'bytes/malformed'],
    ['a child longer than announced', file([link(leaf.cid)], [3], 3), 'bytes/malformed'],
    ['sizes that do not add up', file([link(leaf.cid)], [4], 9), 'bytes/malformed'],
    ['fewer sizes than links', file([link(leaf.cid), link(leaf.cid)], [4], 4), 'bytes/malformed'],
    [
      'sizes past 2^53',
      file([link(leaf.cid), link(leaf.cid)], [2 ** 53 - 1, 2 ** 53 - 1]),
      'bytes/malformed',
    ],
    ['a directory', directory, 'content/unsupported'],
    ['a directory inside', file([link(directory.cid)], [4], 4), 'content/unsupported'],
    ['no dag-pb', blockOf(dagPbCodec, utf8('hello')), 'bytes/malformed'],
    ['no UnixFS', blockOf(dagPbCodec, none), 'content/unsupported'],
  ]
  for (const [name, block, code] of rows) {
    test(name, async () => {
      const blocks = new Map([leaf, directory, block].map(each => [formatCid(each.cid), each]))
      await assert.rejects(
        read(getFrom(blocks), block.cid),
        (error: unknown) => isFault(error) && error.code === code,
      )
    })
  }

  test('a chain of 40 nodes is too deep', async () => {
    const blocks = new Map([[formatCid(leaf.cid), leaf]])
    let top = leaf
    for (let i = 0; i < 40; i++) {
      top = file([link(top.cid)], [4], 4)
      blocks.set(formatCid(top.cid), top)
    }
    await assert.rejects(read(getFrom(blocks), top.cid), error => isFault(error, 'bytes/malformed'))
  })

  test('a bomb of 10^50 bytes yields only what is read', async () => {
    const blocks = new Map([[formatCid(leaf.cid), leaf]])
    let top = leaf
    let size = 4
    for (let i = 0; i < 6; i++) {
      top = file(
        Array.from({ length: 174 }, () => link(top.cid)),
        Array.from({ length: 174 }, () => size),
      )
      size *= 174
      blocks.set(formatCid(top.cid), top)
    }
    assert.equal((await read(getFrom(blocks), top.cid, size - 10, size)).length, 10)
    assert.equal(parseCid(formatCid(top.cid)).code, dagPbCodec)
  })
})
