// What the zone of a suffix asks about names. Whoever keeps the name table answers, at once and from
// memory: a zone that could wait would make every query wait behind the slowest.

export interface Site {
  /** The root of the content in its usual spelling; undefined while the owner has set none. */
  readonly contentCid: string | undefined
  /** Raised by every change. */
  readonly sequence: number
}

export interface Names {
  /** The site registered under `label` (lower-case letters, digits, hyphens; 1 to 63 of them). */
  site(label: string): Site | undefined
  /** Whether `label` is the CID of a site at `<label>.ipfs.<suffix>`; without it there are none. */
  isRoot?(label: string): boolean
  /** Grows whenever any name changes: the number of the newest block that is known does. */
  serial(): number
}
