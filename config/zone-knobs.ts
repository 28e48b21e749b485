// Knobs of the zones that owners publish, and of signing while answering. See knobs.ts for the columns.

import { type Knob, mib } from './knob.ts'

export const zoneKnobs = {
  'zones.bytesMax': {
    default: 4 * mib,
    unit: 'bytes',
    min: 64 * 1024,
    max: 64 * mib,
    why: 'About 9,000 signed names, which take 7 s to judge and put in place, and 14 MB.',
  },
  'zones.totalBytesMax': {
    default: 64 * mib,
    unit: 'bytes',
    min: 64 * 1024,
    max: 4096 * mib,
    why: 'Of all zones as they were published; in memory each octet takes about four.',
  },
  'zones.countMax': {
    default: 10_000,
    unit: 'count',
    min: 0,
    max: 1_000_000,
    why: 'Names with a zone of their own, each with some state here even when its content cannot be had.',
  },
  'dns.onlineKeys': {
    default: '',
    unit: 'path',
    form: /^[^\0]{0,4096}$/,
    says: 'the folder with the keys of the suffix, as `inxt zone keys --make` made it; none for no signatures',
    why: 'Only where one operator runs all edges: whoever has these keys can say anything in the zone.',
  },
} as const satisfies Record<string, Knob>
