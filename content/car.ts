// CAR version 1: many blocks in one stream, for an upload. (https://ipld.io/specs/transport/car/carv1/)
//
//   varint length | dag-cbor { roots, version: 1 }      then for each block      varint length | CID | bytes
//
// The header's CBOR and the section grammar come from @ipld/car. Its reader trusts every length it reads, up to the
// end of the stream, so it is given a source that refuses to gather more than one block; what it yields is hashed
// here, so an upload cannot bring bytes under a name that is not theirs. Sections are written directly: they are three
// concatenated strings, and the library's writer loses the errors of the blocks' source.

import { CarWriter } from '@ipld/car'
import { asyncIterableReader, createDecoder } from '@ipld/car/decoder'
import { varint } from 'multiformats'
import type { CID } from 'multiformats/cid'
import { concatBytes } from '../base/bytes.ts'
import { Fault, isFault } from '../base/fault.ts'
import { type Block, blockBytesMax, verifiedBlock } from './block.ts'
import { supportedCid } from './identifier.ts'

export type CarBounds = {
  readonly blocksMax: number
  /** Of the whole stream. */
  readonly bytesMax: number
}

const rootsMax = 16
/** 16 roots of 40 bytes, and room for CIDs of identity hashes. */
const headerBytesMax = 4096

/** Throws what `blocks` throws, where it throws. */
export async function* writeCar(
  roots: readonly CID[],
  blocks: AsyncIterable<Block> | Iterable<Block>,
): AsyncGenerator<Uint8Array> {
  yield await header(roots)
  for await (const { cid, bytes } of blocks) {
    const length = cid.byteLength + bytes.length
    const prefix = varint.encodeTo(length, new Uint8Array(varint.encodingLength(length)))
    yield concatBytes([prefix, cid.bytes])
    yield bytes
  }
}

async function header(roots: readonly CID[]): Promise<Uint8Array> {
  const { writer, out } = CarWriter.create([...roots])
  const closed = writer.close()
  const parts: Uint8Array[] = []
  for await (const part of out) parts.push(part)
  await closed
  return concatBytes(parts)
}

/**
 * Resolves once the header is read. Blocks are verified, in the order of the stream, and must be consumed to the end
 * for the stream to be known good. Throws `bytes/malformed`, `bytes/too-large`, `content/mismatch`,
 * `content/unsupported`, and what the source throws.
 */
export async function readCar(
  source: AsyncIterable<Uint8Array>,
  bounds: CarBounds,
): Promise<{ roots: readonly CID[]; blocks: AsyncGenerator<Block> }> {
  const failure: { source?: unknown } = {}
  const pieces = counted(source, bounds.bytesMax, failure)
  const reader = asyncIterableReader(pieces)
  let inHeader = true
  const exactly = reader.exactly.bind(reader)
  reader.exactly = async (length, seek) => {
    const max = inHeader ? headerBytesMax : blockBytesMax
    if (!(length <= max))
      throw new Fault('bytes/too-large', `a CAR section of ${length} bytes; the bound is ${max}`)
    return exactly(length, seek)
  }
  const decoder = createDecoder(reader)
  const read = guard(failure)
  try {
    const head = await read(() => decoder.header())
    inHeader = false
    if (head.version !== 1) throw new Fault('content/unsupported', `CAR version ${head.version}`)
    if (head.roots.length > rootsMax)
      throw new Fault('bytes/too-large', `a CAR of ${head.roots.length} roots`)
    const roots = head.roots.map(supportedCid)
    return { roots, blocks: sections(decoder.blocks(), read, bounds.blocksMax, pieces) }
  } catch (error) {
    await pieces.return(undefined)
    throw error
  }
}

type Read = <T>(step: () => Promise<T>) => Promise<T>

async function* sections(
  blocks: AsyncGenerator<{ cid: CID; bytes: Uint8Array }>,
  read: Read,
  blocksMax: number,
  source: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Block> {
  try {
    for (let count = 1; ; count++) {
      const next = await read(() => blocks.next())
      if (next.done) return
      if (count > blocksMax) throw new Fault('bytes/too-large', `a CAR of more than ${blocksMax} blocks`)
      const { cid, bytes } = next.value
      // A copy: the reader's bytes are a view of a larger buffer, which a cache would keep alive.
      yield verifiedBlock(supportedCid(cid), bytes.slice())
    }
  } finally {
    // The library never closes its source: a socket behind it would stay open.
    await source.return(undefined)
  }
}

/** The library's errors become Faults; the source's own errors pass unchanged. */
function guard(failure: { source?: unknown }): Read {
  return async step => {
    try {
      return await step()
    } catch (cause) {
      if ('source' in failure) throw failure.source
      if (isFault(cause)) throw cause
      throw new Fault('bytes/malformed', 'not a CAR stream', { cause })
    }
  }
}

async function* counted(
  source: AsyncIterable<Uint8Array>,
  bytesMax: number,
  failure: { source?: unknown },
): AsyncGenerator<Uint8Array> {
  let bytes = 0
  try {
    for await (const piece of source) {
      bytes += piece.length
      if (bytes > bytesMax) throw new Fault('bytes/too-large', `a CAR of more than ${bytesMax} bytes`)
      yield piece
    }
  } catch (error) {
    failure.source = error
    throw error
  }
}
