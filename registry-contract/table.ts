// The two tables and what it takes to undo a change to them: the entry that was there before, or none.
//
// Entries are frozen and replaced whole, so a reader may keep one for as long as it likes, and undoing is
// putting the old one back. The order of the tables is not part of their state: names have none, the roll is
// sorted.

export interface NameEntry {
  readonly label: string
  readonly node: string
  readonly owner: string
  /** Milliseconds since the epoch, like every instant outside the contracts. */
  readonly expiresAt: number
  readonly sequence: number
  /** EIP-1577 as hexadecimal text; `0x` when the name points at nothing. */
  readonly contenthash: string
}

export interface EdgeEntry {
  /** Ed25519 public key, 0x and 64 hexadecimal digits. */
  readonly peerKey: string
  readonly owner: string
  /** Dotted: `127.0.1.1`. */
  readonly address: string
  readonly dnsPort: number
  readonly httpPort: number
  readonly overlayPort: number
}

/** Plain data, because it goes into the checkpoint. `key` is the label or the peer key. */
export type Undo =
  | { readonly of: 'name'; readonly key: string; readonly before: NameEntry | null }
  | { readonly of: 'edge'; readonly key: string; readonly before: EdgeEntry | null }

export interface Table {
  name(label: string): NameEntry | undefined
  /** By node, as most events name it. */
  nameOfNode(node: string): NameEntry | undefined
  names(): Iterable<NameEntry>
  edge(peerKey: string): EdgeEntry | undefined
  roll(): readonly EdgeEntry[]
  /** False, with nothing changed, when a new entry finds the table full. */
  setName(label: string, entry: NameEntry | null): boolean
  setEdge(peerKey: string, entry: EdgeEntry | null): boolean
  /** What undoes every change since the last call, oldest change first. */
  takeUndo(): Undo[]
  undo(undo: readonly Undo[]): void
}

export function createTable(bounds: { namesMax: number; edgesMax: number }): Table {
  const names = new Map<string, NameEntry>()
  const labels = new Map<string, string>()
  const edges = new Map<string, EdgeEntry>()
  let sorted: readonly EdgeEntry[] | undefined
  let pending: Undo[] = []

  const putName = (label: string, entry: NameEntry | null): void => {
    const before = names.get(label)
    if (entry) {
      names.set(label, Object.freeze(entry))
      labels.set(entry.node, label)
    } else if (before) {
      names.delete(label)
      labels.delete(before.node)
    }
  }
  const putEdge = (peerKey: string, entry: EdgeEntry | null): void => {
    sorted = undefined
    if (entry) edges.set(peerKey, Object.freeze(entry))
    else edges.delete(peerKey)
  }

  return {
    name: label => names.get(label),
    nameOfNode: node => names.get(labels.get(node) ?? ''),
    names: () => names.values(),
    edge: peerKey => edges.get(peerKey),
    roll: () =>
      (sorted ??= Object.freeze([...edges.values()].sort((a, b) => (a.peerKey < b.peerKey ? -1 : 1)))),
    setName(label, entry) {
      const before = names.get(label) ?? null
      if (!before && names.size >= bounds.namesMax) return false
      pending.push({ of: 'name', key: label, before })
      putName(label, entry)
      return true
    },
    setEdge(peerKey, entry) {
      const before = edges.get(peerKey) ?? null
      if (!before && edges.size >= bounds.edgesMax) return false
      pending.push({ of: 'edge', key: peerKey, before })
      putEdge(peerKey, entry)
      return true
    },
    takeUndo() {
      const taken = pending
      pending = []
      return taken
    },
    undo(undo) {
      for (const entry of undo.toReversed()) {
        if (entry.of === 'name') putName(entry.key, entry.before)
        else putEdge(entry.key, entry.before)
      }
    },
  }
}
