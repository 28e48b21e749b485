// The knobs of how sites are served: compressed forms, and how long browsers insist on TLS. Part of the table in
// `knobs.ts`.

import { gib, type Knob, mib } from './knob.ts'

export const siteKnobs = {
  'site.variantBytesMax': {
    default: 64 * mib,
    unit: 'bytes',
    min: mib,
    max: 8 * gib,
    why: 'Compressed forms in memory: the text of a few hundred sites; what has no room is made again when asked for.',
  },
  'site.hstsS': {
    default: 31_536_000,
    unit: 's',
    min: 0,
    max: 63_072_000,
    why: 'A year; browsers keep the port (RFC 6797 §8.3), so 0, for off, where HTTP has another than 80.',
  },
} as const satisfies Record<string, Knob>
