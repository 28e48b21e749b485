// The machines that answer with authority for a suffix, as far as they are alive: they are the NS set.

export interface EdgeAddress {
  /** Dotted decimal. An address that does not parse is left out of answers. */
  readonly ipv4?: string | undefined
  readonly ipv6?: string | undefined
  /** Where it speaks HTTP over TLS; absent or 0 where it does not. */
  readonly httpsPort?: number | undefined
}

export interface Server {
  /** One label, the same for the edge's whole life: `e-1f2e3d4c`. */
  readonly name: string
  readonly address: EdgeAddress
}

export interface Servers {
  /** Live edges that answer DNS; the first is named as the primary of the zone. Never waits. */
  servers(): readonly Server[]
}
