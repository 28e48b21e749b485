// CAR files as a set of blocks: each is walked once for where its blocks lie, and read there when one is asked for.
//
// In memory stand the hash, the file and the offset of a block, some 150 bytes each; the walk reads the heads of the
// sections and skips what is in them, so that a file of many gigabytes is ready in seconds. What is read is hashed
// before it is given: a file may change under us, and a section may lie about what is in it. The grammar, of CAR
// version 1 and of the version 1 inside a version 2, comes from @ipld/car, which is given a reader that can skip.
// (https://ipld.io/specs/transport/car/) Copying the blocks into a store instead would need the space twice.

import { type FileHandle, open } from 'node:fs/promises'
import { createDecoder } from '@ipld/car/decoder'
import type { CID } from 'multiformats/cid'
import { Fault, isFault } from '../../base/fault.ts'
import { unreadable } from '../../base/io/file.ts'
import { blockBytesMax } from '../block.ts'
import { inlineBytes, verifies } from '../identifier.ts'

export interface CarFiles {
  /** As the files name them, in their order. */
  readonly roots: readonly CID[]
  readonly blocks: number
  /** Undefined when no file has it, or what is there does not have its hash; of any codec. */
  get(cid: CID): Promise<Uint8Array | undefined>
  has(cid: CID): boolean
  close(): Promise<void>
}

interface Place {
  readonly file: FileHandle
  readonly offset: number
  readonly sizeBytes: number
}

/** 600 MB of index. */
const blocksMax = 4 * 2 ** 20
/** For a header of 25,000 roots; a section's own head is shorter. */
const headBytesMax = 2 ** 20
/** Read at once: forty small sections, and little beside a large one. */
const windowBytes = 8 * 1024

/** Throws `config/unreadable`, and `bytes/malformed` or `bytes/too-large` for what is no CAR. */
export async function openCarFiles(paths: readonly string[]): Promise<CarFiles> {
  const files: FileHandle[] = []
  const places = new Map<string, Place>()
  const roots: CID[] = []
  const close = async (): Promise<void> => void (await Promise.all(files.map(file => file.close())))
  try {
    for (const path of paths) {
      const file = await open(path).catch(cause => {
        throw unreadable(path, cause)
      })
      files.push(file)
      roots.push(...(await index(path, file, places)))
    }
  } catch (error) {
    await close()
    throw error
  }
  return {
    roots,
    blocks: places.size,
    get: async cid => inlineBytes(cid) ?? read(cid, places.get(keyOf(cid))),
    has: cid => inlineBytes(cid) !== undefined || places.has(keyOf(cid)),
    close,
  }
}

/** By the hash alone: a block is the same bytes under every version and codec. */
function keyOf(cid: CID): string {
  return Buffer.from(cid.multihash.bytes).toString('latin1')
}

async function read(cid: CID, place: Place | undefined): Promise<Uint8Array | undefined> {
  if (place === undefined) return undefined
  const bytes = await at(place.file, place.offset, place.sizeBytes)
  return bytes.length === place.sizeBytes && verifies(cid, bytes) ? bytes : undefined
}

async function index(path: string, file: FileHandle, places: Map<string, Place>): Promise<readonly CID[]> {
  const { size } = await file.stat()
  try {
    const decoder = createDecoder(skippingReader(file))
    const { roots } = await decoder.header()
    for await (const { cid, blockOffset: offset, blockLength: sizeBytes } of decoder.blocksIndex()) {
      if (offset + sizeBytes > size)
        throw new Fault('bytes/malformed', `the file ends within a block at ${offset}`)
      if (sizeBytes > blockBytesMax)
        throw new Fault('bytes/too-large', `a block of ${sizeBytes} bytes at ${offset}`)
      if (places.size >= blocksMax) throw new Fault('bytes/too-large', `more than ${blocksMax} blocks`)
      places.set(keyOf(cid), { file, offset, sizeBytes })
    }
    return roots
  } catch (cause) {
    const why = (cause as Error).message
    throw new Fault(isFault(cause) ? cause.code : 'bytes/malformed', `${path} is no CAR: ${why}`, {
      hint: 'Name a CAR file that is whole, as `/ipfs/<root>?format=car` gives one.',
      cause,
    })
  }
}

/** What the library wants of a source, over a window that moves with it: to skip costs nothing. */
function skippingReader(file: FileHandle): Parameters<typeof createDecoder>[0] {
  let pos = 0
  let window: Uint8Array = new Uint8Array(0)
  let windowAt = 0
  const upTo = async (length: number): Promise<Uint8Array> => {
    if (!(length <= headBytesMax)) throw new Fault('bytes/too-large', `a head of ${length} bytes`)
    if (pos < windowAt || pos + length > windowAt + window.length) {
      window = await at(file, pos, Math.max(length, windowBytes))
      windowAt = pos
    }
    return window.subarray(pos - windowAt, pos - windowAt + length)
  }
  const seek = (length: number): void => {
    pos += length
  }
  return {
    upTo,
    async exactly(length, andSeek) {
      const bytes = await upTo(length)
      if (bytes.length < length) throw new Fault('bytes/malformed', `it ends at ${pos + bytes.length}`)
      if (andSeek) seek(length)
      return bytes
    },
    seek,
    get pos() {
      return pos
    },
  }
}

/** Fewer bytes than asked for at the end of the file. */
async function at(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, offset + filled)
    if (bytesRead === 0) return bytes.subarray(0, filled)
    filled += bytesRead
  }
  return bytes
}
