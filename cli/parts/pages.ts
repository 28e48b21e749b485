// Which roots have pages under `<cid>.ipfs.<suffix>`: those that names point at now.
//
// DNS, HTTP and certificates of all edges have to agree on it at once and from memory. Any CID of the world would make
// each edge an open proxy, and each made-up one a search of the grid; what an edge happens to hold would be another
// answer at each. So a link by CID holds for as long as a name points there, and an operator can do without all of it.

import type { Settings } from '../../config/knobs.ts'
import { labelIn } from '../../edge/gateway/isolation.ts'
import { canonicalCid, labelOf } from '../../edge/gateway/names.ts'
import type { Network } from './network.ts'

export interface Pages {
  /** By canonical CID. */
  isServed(root: string): boolean
  /** Whether `<label>.ipfs.<suffix>` leads there: the one spelling of a root that is served. */
  isRoot(label: string): boolean
  /** Whether a host, lower case without a final dot, is one of these. */
  isHost(host: string): boolean
}

/** Undefined where the operator wants none. */
export function createPages(network: Pick<Network, 'named'>, settings: Settings): Pages | undefined {
  if (settings['gateway.pages'] === 'off') return undefined
  const isServed = (root: string): boolean => network.named.has(root)
  const isRoot = (label: string): boolean => {
    const root = canonicalCid(label)
    return root !== undefined && isServed(root) && labelOf(root) === label
  }
  const suffixes = [settings['edge.suffix']]
  return {
    isServed,
    isRoot,
    isHost(host) {
      const found = labelIn(host, suffixes)
      return found !== undefined && isRoot(found.label)
    },
  }
}
