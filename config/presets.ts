// What differs from the defaults, by the place where an edge runs.
//
// A preset says only what differs; the reasons are those of the knobs, and the surroundings.

import type { Settings } from './knobs.ts'

export const presets = {
  /** A server on the Internet. */
  internet: {},
  /** Everything on one machine: round trips under a millisecond, so failures may show within seconds. */
  devnet: {
    // All clients of one machine share a network, and nobody else reaches it.
    'dns.answersPerS': 100_000,
    'dns.prefixAnswersPerS': 500_000,
    'dns.placeTtlS': 5,
    'edge.leaveMs': 0,
    'membership.probeIntervalMs': 400,
    'membership.probeTimeoutMs': 120,
    'membership.healthMax': 3,
    'membership.syncIntervalMs': 4000,
    'membership.joinRetryMs': 400,
    'coordinates.samplesPerFit': 8,
    'grid.exchangeIntervalMs': 250,
    'grid.restIntervalMs': 4000,
    'grid.answerTimeoutMs': 500,
    'grid.abandonMs': 3000,
    'grid.balanceIntervalMs': 10_000,
    'grid.compareIntervalMs': 2000,
    'grid.popularityIntervalMs': 10_000,
    'records.lifeMs': 60_000,
    // A browser that came by TLS once would no longer find the ports without it.
    'site.hstsS': 0,
    // The origins that are tried there are on the same machine.
    'origin.ports': '1-65535',
    'origin.privateNetworks': '127.0.0.0/8',
    'store.bytesMax': 1024 ** 3,
    'store.memoryBytesMax': 32 * 1024 ** 2,
    'content.siteBytesMax': 512 * 1024 ** 2,
    'chain.pollMs': 300,
    'chain.finalBlocks': 0,
  },
} as const satisfies Record<string, Partial<Settings>>
