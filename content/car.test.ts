import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CarReader, CarWriter } from '@ipld/car'
import fc from 'fast-check'
import { CID } from 'multiformats/cid'
import * as digest from 'multiformats/hashes/digest'
import { concatBytes, fromHex, utf8 } from '../base/bytes.ts'
import { Fault, isFault } from '../base/fault.ts'
import { type Block, blockBytesMax, blockOf } from './block.ts'
import { readCar, writeCar } from './car.ts'
import { formatCid, rawCodec } from './identifier.ts'
import { gather, grow, noise } from './specimen.ts'

const bounds = { blocksMax: 100, bytesMax: 10_000_000 }

async function* inPieces(bytes: Uint8Array, pieceBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
}

async function readAll(
  source: AsyncIterable<Uint8Array>,
  within = bounds,
): Promise<{ roots: string[]; blocks: Block[] }> {
  const { roots, blocks } = await readCar(source, within)
  const all: Block[] = []
  for await (const block of blocks) all.push(block)
  return { roots: roots.map(formatCid), blocks: all }
}

async function example(): Promise<{ root: CID; blocks: Block[]; bytes: Uint8Array }> {
  const { root, blocks } = await grow({ a: noise(1, 3000), b: 'b', c: {} })
  const all = [...blocks.values()]
  return { root, blocks: all, bytes: await gather(writeCar([root], all)) }
}

describe('CAR', () => {
  test('what is written is read back, however it is cut', async () => {
    const { root, blocks, bytes } = await example()
    for (const pieceBytes of [1, 7, 1000, bytes.length]) {
      const read = await readAll(inPieces(bytes, pieceBytes))
      assert.deepEqual(read.roots, [formatCid(root)])
      assert.deepEqual(
        read.blocks.map(({ cid, bytes }) => [formatCid(cid), [...bytes]]),
        blocks.map(({ cid, bytes }) => [formatCid(cid), [...bytes]]),
      )
    }
  })

  test('the bytes are those of @ipld/car, both ways', async () => {
    const { root, blocks, bytes } = await example()
    const { writer, out } = CarWriter.create([root])
    const theirs = gather(out)
    for (const block of blocks) await writer.put(block)
    await writer.close()
    assert.deepEqual(Uint8Array.from(await theirs), Uint8Array.from(bytes))
    const reader = await CarReader.fromBytes(bytes)
    assert.ok(await reader.has(root))
  })

  test('a cut at any place is noticed, or lies between two blocks', async () => {
    const { blocks, bytes } = await example()
    let whole = 0
    for (let end = 0; end < bytes.length; end += 13) {
      try {
        const read = await readAll(inPieces(bytes.subarray(0, end), 500))
        assert.ok(read.blocks.length < blocks.length)
        whole++
      } catch (error) {
        assert.ok(isFault(error, 'bytes/malformed'), `${error}`)
      }
    }
    assert.ok(whole <= blocks.length)
  })

  test('a changed byte in a block is a mismatch', async () => {
    const { bytes } = await example()
    const spoilt = bytes.with(bytes.length - 1, bytes.at(-1)! ^ 1)
    await assert.rejects(readAll(inPieces(spoilt, 100)), error => isFault(error, 'content/mismatch'))
  })

  test('bounds: blocks, bytes, one block, the header, roots', async () => {
    const { root, bytes, blocks } = await example()
    const huge = concatBytes([
      await gather(writeCar([root], [])),
      fromHex('ffffffff0f')!,
      blocks[0]!.cid.bytes,
    ])
    const rows: [name: string, source: AsyncIterable<Uint8Array>, within: typeof bounds, code: string][] = [
      ['blocks', inPieces(bytes, 100), { ...bounds, blocksMax: 2 }, 'bytes/too-large'],
      ['bytes', inPieces(bytes, 100), { ...bounds, bytesMax: 2000 }, 'bytes/too-large'],
      ['one block', inPieces(huge, 100), bounds, 'bytes/too-large'],
      ['header', inPieces(fromHex('ffffffff0f')!, 1), bounds, 'bytes/too-large'],
      [
        'roots',
        writeCar(
          Array.from({ length: 17 }, () => root),
          [],
        ),
        bounds,
        'bytes/too-large',
      ],
      [
        'a block over 2 MiB',
        writeCar([root], [blockOf(rawCodec, new Uint8Array(blockBytesMax + 1))]),
        bounds,
        'bytes/too-large',
      ],
    ]
    for (const [name, source, within, code] of rows) {
      await assert.rejects(readAll(source, within), (e: unknown) => isFault(e) && e.code === code, name)
    }
  })

  test('what is no CAR of version 1, and blocks nobody can check', async () => {
    const { root } = await example()
    const odd = CID.createV1(0x71, digest.create(0x12, new Uint8Array(32)))
    const rows: [name: string, source: AsyncIterable<Uint8Array>, code: string][] = [
      ['nothing', inPieces(new Uint8Array(0), 1), 'bytes/malformed'],
      ['text', inPieces(utf8('hello world, this is no archive'), 9), 'bytes/malformed'],
      ['version 2', inPieces(fromHex(`0aa16776657273696f6e02${'00'.repeat(60)}`)!, 9), 'content/unsupported'],
      ['a dag-cbor root', writeCar([odd], []), 'content/unsupported'],
      ['a dag-cbor block', writeCar([root], [{ cid: odd, bytes: utf8('x') }]), 'content/unsupported'],
    ]
    for (const [name, source, code] of rows) {
      await assert.rejects(
        readAll(source),
        (e: unknown) => isFault(e) && (e.code === code || e.code === 'bytes/malformed'),
        name,
      )
    }
  })

  test('errors of the source pass unchanged, and the source is closed when the reader leaves', async () => {
    const { bytes } = await example()
    let closed = 0
    async function* source(fail: boolean): AsyncGenerator<Uint8Array> {
      try {
        yield bytes.subarray(0, 1500)
        if (fail) throw new Fault('net/unreachable', 'the client went away')
        yield bytes.subarray(1500)
      } finally {
        closed++
      }
    }
    await assert.rejects(readAll(source(true)), error => isFault(error, 'net/unreachable'))
    assert.equal(closed, 1)
    const { blocks } = await readCar(source(false), bounds)
    for await (const _ of blocks) break
    assert.equal(closed, 2)
  })
})

test('fuzz: only Faults come out of damaged streams', async () => {
  const { bytes } = await example()
  const damage = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
  // Most of the damage where the grammar is: in the header and the first section's head.
  const early = fc.array(fc.tuple(fc.nat(110), fc.nat(255)), { minLength: 1, maxLength: 3 })
  await fc.assert(
    fc.asyncProperty(fc.oneof(damage, early), async changes => {
      const spoilt = Uint8Array.from(bytes)
      for (const [at, byte] of changes) spoilt[at] = byte
      try {
        await readAll(inPieces(spoilt, 300))
      } catch (error) {
        assert.ok(isFault(error), `not a Fault: ${error}`)
      }
    }),
    { seed: 1, numRuns: 500 },
  )
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async noisy => {
      try {
        await readAll(inPieces(noisy, 9))
      } catch (error) {
        assert.ok(isFault(error), `not a Fault: ${error}`)
      }
    }),
    { seed: 1, numRuns: 500 },
  )
})
