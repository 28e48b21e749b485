// What every part of an edge stands on: settings, a folder, the log, the meter, and the stack that closes what was
// opened.

import type { Log } from '../../base/io/log.ts'
import type { Meter } from '../../base/meter.ts'
import type { Settings } from '../../config/knobs.ts'

export interface Ground {
  readonly settings: Settings
  /** Where identity, blocks and state are kept. */
  readonly folder: string
  readonly log: Log
  readonly meter: Meter
  /** Unwound in reverse order when the edge stops, or when a later part cannot be opened. */
  readonly stack: AsyncDisposableStack
}

/** Where clients reach this edge: by IPv4, and by IPv6 where the operator names an address. */
export function addressesOf(settings: Settings): readonly [string, ...string[]] {
  const [ipv4, ipv6] = [settings['edge.address'], settings['edge.ipv6']]
  return ipv6 === '' ? [ipv4] : [ipv4, ipv6]
}
