// What an edge knows of the others, as one answer to the questions of all folders: names and Roll from the chain, the
// living from gossip, holders from the records. Derived lists are kept until something changes. Names end by the
// system's clock: an edge that began with a wrong one serves and denies the right ones as soon as that is set.

import { fromHex } from '../../base/bytes.ts'
import { isFault } from '../../base/fault.ts'
import { rendezvous } from '../../base/hash.ts'
import { realClock } from '../../base/io/clock.ts'
import { decodeContenthash, formatCid } from '../../content/identifier.ts'
import type { NameEntry } from '../../registry-contract/entry.ts'
import type { Follower } from '../../registry-contract/io/follow.ts'
import { createNamedRoots, type NamedRoots } from '../named-roots.ts'
import { completeHolders, nearestFirst, type ServingEdge, servingEdges } from '../serving.ts'
import type { Overlay } from './overlay.ts'

export interface Network {
  readonly follower: Follower
  readonly overlay: Overlay
  /** Edges that serve now; the same array until something changes. */
  serving(): readonly ServingEdge[]
  self(): ServingEdge | undefined
  name(label: string): NameEntry | undefined
  /** Canonical CID that a name points at; undefined for none and for what is no CID. */
  rootOf(name: NameEntry): string | undefined
  /** Roots that names point at now. */
  readonly named: Omit<NamedRoots, 'refresh'>
  /** Other roots that names point at: their zones. */
  alsoNamed(roots: () => Iterable<string>): void
  /** The edges that should hold a root. */
  homes(root: string, countMax: number): readonly ServingEdge[]
  /** Nearest first as seen from this edge, itself included; those about as near take turns. */
  nearest(edges: readonly ServingEdge[], countMax: number): readonly ServingEdge[]
  onChange(action: () => void): void
  /** Edges that serve and say that they hold all of a root, this one included, nearest first. */
  holders(cid: string): Promise<readonly ServingEdge[]>
}

export function createNetwork(follower: Follower, overlay: Overlay, whenChanged: Set<() => void>): Network {
  const { registry } = follower
  let serving: readonly ServingEdge[] | undefined
  const others: (() => Iterable<string>)[] = []
  const named = createNamedRoots({
    *labels() {
      for (const { label } of registry.names()) yield label
    },
    rootOf(label) {
      const name = registry.lookup(label, Date.now())
      return name && rootOf(name)
    },
    *others() {
      for (const roots of others) yield* roots()
    },
    now: realClock.now,
  })
  let turn = 0
  const forget = (): void => {
    serving = undefined
    named.refresh()
  }
  whenChanged.add(forget)
  const network: Network = {
    follower,
    overlay,
    serving() {
      if (serving !== undefined) return serving
      const own = overlay.self()
      const live = own.standing === 'left' ? overlay.routable() : [own, ...overlay.routable()]
      return (serving = servingEdges(registry.roll(), live))
    },
    self: () => network.serving().find(({ peer }) => peer === overlay.peer),
    name: label => registry.lookup(label, Date.now()),
    rootOf,
    named,
    alsoNamed(roots) {
      others.push(roots)
      named.refresh()
    },
    homes(root, countMax) {
      const edges = network.serving()
      const peers = rendezvous(
        root,
        edges.map(({ peer }) => peer),
        countMax,
      )
      return peers.map(id => edges.find(({ peer }) => peer === id)!)
    },
    nearest: (edges, countMax) => nearestFirst(edges, ({ peer }) => overlay.rttMs(peer), turn++, countMax),
    onChange: action => whenChanged.add(action),
    async holders(cid) {
      const records = await overlay.records.get(holderKey(cid))
      const holders = completeHolders(network.serving(), records)
      return network.nearest(holders, holders.length)
    },
  }
  return network
}

/** Where the records of who holds a root lie. */
export const holderKey = (cid: string): string => `holder/${cid}`

/** Content hashes are strangers' bytes: what is no CID of ours is no content. */
function rootOf(name: NameEntry): string | undefined {
  if (name.contenthash === '0x') return undefined
  try {
    return formatCid(decodeContenthash(fromHex(name.contenthash)!))
  } catch (error) {
    if (isFault(error)) return undefined
    throw error
  }
}
