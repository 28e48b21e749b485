// The knobs of answers per client: whose map counts, what is learned of clients, and what is told of them. Part of the
// table in `knobs.ts`.

import type { Knob } from './knob.ts'

export const clientKnobs = {
  'clients.map': {
    default: '',
    unit: 'path',
    form: /^[^\0]{0,4096}$/,
    says: 'a path, or nothing',
    why: 'An operator who knows better than any measurement may say so: a line "prefix = edges" for each.',
  },
  'clients.prefixesMax': {
    default: 8192,
    unit: 'count',
    min: 16,
    max: 1_000_000,
    why: 'Networks whose place is kept in memory, about 1 kB each: more than one edge has clients in within minutes.',
  },
  'clients.lookupsPerS': {
    default: 10,
    unit: 'count',
    min: 0,
    max: 1000,
    why: 'What strangers can make this edge ask of others by making up networks; 0 learns nothing.',
  },
  'clients.freshMs': {
    default: 1_800_000,
    unit: 'ms',
    min: 1000,
    max: 86_400_000,
    why: 'Routes change by the hour, and records of clients once an hour.',
  },
  'clients.publishMs': {
    default: 3_600_000,
    unit: 'ms',
    min: 1000,
    max: 43_200_000,
    why: 'Once an hour; a record lives twice as long, so that one that fails is no gap.',
  },
  'clients.publishMax': {
    default: 256,
    unit: 'count',
    min: 0,
    max: 4096,
    why: 'The networks most of the readers come from; 18 kB of values an hour. 0 tells nothing of clients.',
  },
  'clients.sightingsMin': {
    default: 8,
    unit: 'count',
    min: 1,
    max: 10_000,
    why: 'The least of eight round trips is rarely one of a busy moment, and one visit is nobody else to know of.',
  },
} as const satisfies Record<string, Knob>
