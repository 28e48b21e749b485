// What the trustless gateway asks about DAGs, answered from the blocks of this machine.

import { CID } from 'multiformats/cid'
import { Fault } from '../../base/fault.ts'
import { writeCar } from '../../content/car.ts'
import { exportCar } from '../../content/dag-export.ts'
import { dagPbCodec, formatCid, inlineBytes, parseCid, rawCodec } from '../../content/identifier.ts'
import { findTerminus, type GetBlock } from '../../content/path.ts'
import type { Dags } from '../../edge/gateway/dags.ts'

/** `local` must fetch nothing: it answers undefined for what is not held. */
export function dagsOver(local: (cid: CID) => Promise<Uint8Array | undefined>): Dags {
  const get: GetBlock = async cid => {
    const bytes = await local(cid)
    if (bytes === undefined)
      throw new Fault('content/missing', `The block ${formatCid(cid)} is not held here.`)
    return bytes
  }
  return {
    async find(root, path) {
      const opaque = opaqueOf(root, path)
      if (opaque !== undefined) {
        await get(opaque)
        return { roots: [root], sizeBytes: undefined, isOpaque: true }
      }
      const terminus = await findTerminus(get, { root: parseCid(root), path })
      if (terminus === undefined) return undefined
      const { roots, node } = terminus
      return { roots: roots.map(formatCid), sizeBytes: node.kind === 'file' ? node.sizeBytes : undefined }
    },
    car(root, path, shape) {
      const opaque = opaqueOf(root, path)
      return opaque === undefined ? exportCar(get, { root: parseCid(root), path, ...shape }) : single(opaque)
    },
  }

  async function* single(cid: CID): AsyncGenerator<Uint8Array> {
    yield* writeCar([cid], [{ cid, bytes: await get(cid) }])
  }
}

/** A root of a kind that no walk here knows: dag-cbor, dag-json. */
function opaqueOf(root: string, path: string): CID | undefined {
  const cid = CID.parse(root)
  const isKnown = cid.code === rawCodec || cid.code === dagPbCodec
  return path !== '' || isKnown || inlineBytes(cid) !== undefined ? undefined : cid
}
