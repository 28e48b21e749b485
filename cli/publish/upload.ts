// The second pass: which blocks does an edge lack, and those, in CAR streams of a few megabytes each.
//
// Nothing is sent twice: what the edge has (from another version, another site, or an upload that broke off) is left
// out. When an edge dies in between, the next one takes over from the beginning, which is again only what it lacks.

import { Fault, type FaultCode, isFault } from '../../base/fault.ts'
import { delay } from '../../base/io/clock.ts'
import type { Block } from '../../content/block.ts'
import { writeCar } from '../../content/car.ts'
import { formatCid } from '../../content/identifier.ts'
import { importFolder as importBlocks } from '../../content/io/folder.ts'
import { askEdge, blocksPath, completePath, missingPath } from '../edge-interface.ts'
import type { NetworkEdge } from '../network.ts'
import type { Terminal } from '../terminal.ts'
import type { Imported } from './import.ts'

export interface UploadRequest {
  readonly live: readonly NetworkEdge[]
  readonly imported: Imported
  readonly folder: string
  /** Authorization header. */
  readonly grant: string
  readonly root: string
}

/** Gone, without room, or so full that the first blocks went before the last came. Others may have room. */
const passedOver: ReadonlySet<FaultCode> = new Set(['net/unreachable', 'store/full', 'content/missing'])
/** CIDs in one question: 60 bytes each make 300 kB. */
const askedMax = 5000
/** Bytes in one CAR stream: large enough that a round trip does not count, small enough to be sent again. */
const streamBytes = 4 * 1024 * 1024
const uploadTimeoutMs = 120_000
/** For the edge to see the registration that has just been mined. */
const grantPatienceMs = 15_000

/** The edge that has all of it now. Throws Fault publish/refused, and the last edge's fault when none is left. */
export async function uploadSite(
  request: UploadRequest,
  terminal: Terminal,
): Promise<{ edge: NetworkEdge; blocks: number }> {
  let last: unknown
  for (const edge of request.live) {
    try {
      return { edge, blocks: await uploadTo(edge, request, terminal) }
    } catch (error) {
      if (!isFault(error) || !passedOver.has(error.code)) throw error
      last = error
    }
  }
  throw last
}

async function uploadTo(edge: NetworkEdge, request: UploadRequest, terminal: Terminal): Promise<number> {
  const { imported, grant } = request
  const missing = await terminal.step(`${edge.address} accepts the upload`, () =>
    missingAt(edge, imported, grant),
  )
  const bytes = [...missing].reduce((sum, cid) => sum + imported.blocks.get(cid)!, 0)
  const title =
    missing.size === 0
      ? 'nothing to upload, the edge has all of it'
      : `uploaded ${missing.size} block${missing.size === 1 ? '' : 's'}`
  await terminal.bar(title, bytes, async advance => {
    await sendBlocks(edge, request, missing, advance)
    await askEdge(edge, completePath, { body: '{}', authorization: grant, timeoutMs: uploadTimeoutMs })
  })
  return missing.size
}

async function missingAt(
  edge: NetworkEdge,
  { blocks }: Imported,
  authorization: string,
): Promise<Set<string>> {
  const missing = new Set<string>()
  const all = [...blocks.keys()]
  const endsAt = performance.now() + grantPatienceMs
  for (let i = 0; i < all.length; ) {
    const body = JSON.stringify({ cids: all.slice(i, i + askedMax) })
    try {
      const answer = await askEdge<{ missing: string[] }>(edge, missingPath, { body, authorization })
      for (const cid of answer.missing) if (blocks.has(cid)) missing.add(cid)
      i += askedMax
    } catch (error) {
      if (!isFault(error, 'name/invalid') || performance.now() > endsAt) throw error
      await delay(50)
    }
  }
  return missing
}

async function sendBlocks(
  edge: NetworkEdge,
  request: UploadRequest,
  missing: ReadonlySet<string>,
  advance: (bytes: number) => void,
): Promise<void> {
  const { folder, imported, grant } = request
  const waiting = new Set(missing)
  let batch: Block[] = []
  let batchBytes = 0
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return
    const parts: Uint8Array[] = []
    for await (const part of writeCar([imported.root], batch)) parts.push(part)
    await askEdge(edge, blocksPath, {
      body: Buffer.concat(parts),
      authorization: grant,
      timeoutMs: uploadTimeoutMs,
    })
    advance(batchBytes)
    batch = []
    batchBytes = 0
  }
  if (missing.size === 0) return
  const again = await importBlocks({
    path: folder,
    hidden: imported.hidden,
    sink: async block => {
      if (!waiting.delete(formatCid(block.cid))) return
      batch.push(block)
      batchBytes += block.bytes.length
      if (batchBytes >= streamBytes) await flush()
    },
  })
  await flush()
  if (formatCid(again.cid) !== formatCid(imported.root)) {
    throw new Fault('config/unreadable', `${folder} changed while it was published`, {
      hint: 'Wait until nothing writes there, and publish again.',
    })
  }
}
