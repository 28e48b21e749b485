// What the gateway asks about the blocks of this machine, in its own words, and what an operator may forbid it.
//
// Everything is answered from what is held here: a gateway that fetched on a stranger's word would be an open relay,
// and two edges that ask each other for what neither has would never stop (specification, "Recursion").

/** A hash never means anything else: 48 weeks, as the specification advises. */
export const forever = `public, max-age=${48 * 7 * 24 * 3600}, immutable`

/** Of the DAG at the end of a path: its first block; all of one file, or of one listing; all. */
export type Scope = 'block' | 'entity' | 'all'

export interface CarShape {
  readonly scope: Scope
  /** First and last byte of a file, both included, negative ones from its end; `last` undefined is the end. */
  readonly bytes?: { readonly first: number; readonly last: number | undefined }
  /** Whether a block comes each time that the walk meets it, or the first time only. */
  readonly duplicates: boolean
}

export interface Terminus {
  /** The root and what each segment of the path leads to: canonical CIDs, at least one. */
  readonly roots: readonly string[]
  /** Of a file; undefined for folders and symlinks. */
  readonly sizeBytes: number | undefined
  /** A block of a kind that is no UnixFS: it is given for itself, and what it links to is not known. */
  readonly isOpaque?: boolean
}

/** Roots are canonical CIDs; paths are decoded segments joined by '/', '' for the root itself. */
export interface Dags {
  /**
   * Undefined when the path leads nowhere. Faults: 'content/missing' for a block that is not held,
   * 'content/unsupported' for a kind of DAG that has no paths here, 'bytes/malformed'.
   */
  find(root: string, path: string): Promise<Terminus | undefined>
  /** A CAR depth first: the blocks along the path, then those of the shape. Faults as above, in mid-stream too. */
  car(root: string, path: string, shape: CarShape): AsyncIterable<Uint8Array>
}

export interface GatewayOptions {
  /** Without it only whole blocks are given, by their own CID. */
  readonly dags?: Dags
  /**
   * Whether pages may be read from the root with this canonical CID, each under a host of its own,
   * `<cid>.ipfs.<suffix>`; without it no pages are served by CID.
   */
  readonly isServed?: (root: string) => boolean
  /** What is not given though it is here: 'gone' is answered 410, 'legal' 451. */
  readonly denied?: (cid: string) => 'gone' | 'legal' | undefined
}
