// What the trustless gateway asks about DAGs, answered from the blocks of this machine.

import type { CID } from 'multiformats/cid'
import { Fault } from '../base/fault.ts'
import { exportCar } from '../content/dag-export.ts'
import { formatCid, parseCid } from '../content/identifier.ts'
import { findTerminus, type GetBlock } from '../content/path.ts'
import type { Dags } from '../edge/gateway/dags.ts'

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
      const terminus = await findTerminus(get, { root: parseCid(root), path })
      if (terminus === undefined) return undefined
      const { roots, node } = terminus
      return { roots: roots.map(formatCid), sizeBytes: node.kind === 'file' ? node.sizeBytes : undefined }
    },
    car: (root, path, shape) => exportCar(get, { root: parseCid(root), path, ...shape }),
  }
}
