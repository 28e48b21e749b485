// The knobs of HTTP: where it listens, and what clients may cost. Part of the table in `knobs.ts`.
//
// Only those that depend on the machine or on who its clients are; the others are in edge/io/limits.ts with reasons.

import { type Knob, kib, port } from './knob.ts'

export const httpKnobs = {
  'http.port': { ...port, default: 8080, why: '80 needs a privilege; a domain in service sets it.' },
  'http.tlsPort': {
    ...port,
    default: 0,
    why: '443 for the world; off with 0, as it needs certificates: certificates.authority.',
  },
  'http.connectionsMax': {
    default: 4000,
    unit: 'count',
    min: 1,
    max: 100_000,
    why: 'Below the usual limit of 4,096 to 65,536 open files, with room for blocks and peers.',
  },
  'http.connectionsPerClientMax': {
    default: 1000,
    unit: 'count',
    min: 1,
    max: 100_000,
    why: 'A quarter: one address alone (of IPv6 a /64) cannot have all, and a company behind one has room.',
  },
  'http.requestsPerClientPerS': {
    default: 1000,
    unit: 'count',
    min: 1,
    max: 1_000_000,
    why: 'A company behind one address, and a tenth of what a core answers. Loopback has a bound of its own.',
  },
  'http.handshakesPerClientPerS': {
    default: 200,
    unit: 'count',
    min: 1,
    max: 100_000,
    why: 'A tenth of what a core can sign; five seconds of it may come at once.',
  },
  'http.answersMax': {
    default: 8192,
    unit: 'count',
    min: 1,
    max: 1_000_000,
    why: 'Each holds one chunk, at most 256 KiB; past three quarters no site gets more than its equal share.',
  },
  'http.headBytesMax': {
    default: 16 * kib,
    unit: 'bytes',
    min: 8000,
    max: 256 * kib,
    why: 'What nginx takes; RFC 9110 asks for 8,000 in the first line alone, and browsers send about 1 KiB.',
  },
  'http.rateMinBytesPerS': {
    default: 500,
    unit: 'bytes',
    min: 0,
    max: 1_000_000,
    why: 'A tenth of GPRS: who reads slower while an answer waits for half a minute is cut.',
  },
  'http.drainMs': {
    default: 5000,
    unit: 'ms',
    min: 0,
    max: 1_800_000,
    why: 'What a stop waits for running responses before it cuts them.',
  },
} as const satisfies Record<string, Knob>
