// A block store in memory: for tests, simulations and nodes without a disk. Same promises as the one on disk.

import { Fault } from '../base/fault.ts'
import { verifiedBlock } from './block.ts'
import { formatCid } from './identifier.ts'
import { createLedger } from './ledger.ts'
import type { Store } from './store.ts'

export function createMemoryStore(options: { bytesMax: number }): Store {
  const ledger = createLedger({ bytesMax: options.bytesMax, grainBytes: 1 })
  const blocks = new Map<string, Uint8Array>()
  return {
    has: async cid => ledger.has(formatCid(cid)),
    sizeBytes: async cid => ledger.sizeBytes(formatCid(cid)),
    get: async cid => {
      const key = formatCid(cid)
      ledger.touch(key)
      return blocks.get(key)
    },
    async put({ cid, bytes }, isCommon = false) {
      const key = formatCid(cid)
      if (ledger.has(key)) return
      verifiedBlock(cid, bytes)
      const victims = ledger.reserve(key, bytes.length)
      if (victims === undefined) throw new Fault('store/full', `no room for a block of ${bytes.length} bytes`)
      for (const victim of victims) blocks.delete(victim)
      blocks.set(key, bytes)
      if (isCommon) ledger.markCommon(key)
      ledger.commit(key)
    },
    check: async cid => ledger.sizeBytes(formatCid(cid)),
    keys: ledger.keys,
    delete: async cid => {
      const key = formatCid(cid)
      return ledger.remove(key) && blocks.delete(key)
    },
    pin: (root, cid) => ledger.pin(formatCid(root), formatCid(cid)),
    unpin: root => ledger.unpin(formatCid(root)),
    usage: ledger.usage,
  }
}
