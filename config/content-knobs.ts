// The knobs of content: how much is kept, for whom, and how blocks are fetched from other edges. Part of the table in
// `knobs.ts`.

import { gib, type Knob, mib } from './knob.ts'

export const contentKnobs = {
  'store.bytesMax': {
    default: 10 * gib,
    unit: 'bytes',
    min: 4 * mib,
    max: 1024 * 1024 * gib,
    why: 'Some 40,000 blocks of 256 KiB: their index is a few MB.',
  },
  'store.memoryBytesMax': {
    default: 64 * mib,
    unit: 'bytes',
    min: mib,
    max: 64 * gib,
    why: 'Hot blocks; a small machine still has the rest for itself.',
  },
  'store.scrubBytesPerS': {
    default: mib,
    unit: 'bytes',
    min: 0,
    max: 64 * gib,
    why: 'Re-hashes 10 GiB in three hours for 0.1 % of a core and a hundredth of a hard disk; 0 for never.',
  },
  'content.replicas': {
    default: 3,
    unit: 'count',
    min: 1,
    max: 20,
    why: 'Edges that hold all of a site by duty: two may go at once.',
  },
  'content.siteBytesMax': {
    default: 2 * gib,
    unit: 'bytes',
    min: mib,
    max: 1024 * gib,
    why: 'A fifth of the default store: one site never fills an edge.',
  },
  'content.hedgeMs': {
    default: 400,
    unit: 'ms',
    min: 10,
    max: 60_000,
    why: 'A block of 256 KiB at 10 Mbit/s takes 210 ms; twice that is slow. Until a holder has shown its own times.',
  },
  'content.askedPerHolderMax': {
    default: 8,
    unit: 'count',
    min: 1,
    max: 256,
    why: 'Blocks under way from one holder: 2 MiB fill a link of 160 Mbit/s at 100 ms.',
  },
  'content.fetchTimeoutMs': {
    default: 10_000,
    unit: 'ms',
    min: 100,
    max: 600_000,
    why: 'A holder that stalls is left.',
  },
  'content.graceMs': {
    default: 600_000,
    unit: 'ms',
    min: 1000,
    max: 86_400_000,
    why: 'What was uploaded but is not (yet) named on chain is kept for ten minutes.',
  },
  'content.farewellMs': {
    default: 300_000,
    unit: 'ms',
    min: 0,
    max: 86_400_000,
    why: 'What no name points at any more is kept for five minutes: who began to read it reads on.',
  },
} as const satisfies Record<string, Knob>
