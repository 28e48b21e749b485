// The knobs of membership, with a reason beside each number; a preset says only what differs.

import type { Random } from '../../base/random.ts'
import type { Address } from '../address.ts'
import type { PeerId } from '../peer.ts'
import type { Sign, Verify } from '../signature.ts'
import type { DampingTuning } from './damping.ts'

export type MembershipTuning = DampingTuning & {
  /** One probe per member in each; all of detection scales with it, and so does the load (2 frames per period). */
  probeIntervalMs: number
  /** Until helpers are asked when the round trip is not known. At least one at the far end of the distribution; half
   *  of the interval or less leaves the helpers' detour (two round trips and a nack) time before the verdict. */
  probeTimeoutMs: number
  /** No prediction of a round trip shortens the timeout further. */
  probeTimeoutMinMs: number
  /** k of SWIM: each helper divides the chance of a false suspicion by about (1 - p⁴). */
  helpersMax: number
  /** α of Lifeguard: the least suspicion is α·log10(n) intervals. 0 means none: not answered is dead. */
  suspicionAlpha: number
  /** β of Lifeguard: the longest suspicion in least ones. */
  suspicionBeta: number
  /** K of Lifeguard: independent accusers after the first who bring the longest down to the least; 0 as in SWIM. */
  confirmationsMax: number
  /** S of Lifeguard: the most by which local health stretches interval and timeout, less one; 0 as in SWIM. */
  healthMax: number
  /** Lifeguard's buddy rule: whoever is accused hears it first. */
  tellsAccused: boolean
  /** Beyond the papers: a death by hearsay is a suspicion, the doubtful accused are asked once more, late wakes are
   *  forgiven, and helpers without an answer are witnesses, on whose word there is nothing left to wait for. */
  isExtended: boolean
  /** λ: a rumour is told λ·ceil(ln(n + 1)) times by each who hears it; the paper has 3. */
  rumourFactor: number
  /** Rumours on one frame; the paper has 6. */
  updatesPerFrameMax: number
  /** Between two repairs with a random member. */
  syncIntervalMs: number
  /** The share of repairs that go to a dead member or a bootstrap address, so that partitions heal. */
  syncLostShare: number
  /** Between two attempts to join while nobody is known. */
  joinRetryMs: number
  /** How long the dead are remembered. */
  forgetMs: number
  /** Members known at once, dead ones included; one takes about 500 bytes. */
  membersMax: number
  bootstrapsMax: number
  /** Pings made at once outside of the round: for others, to admit, to measure. */
  errandsMax: number
}

export type MembershipOptions = {
  tuning: MembershipTuning
  /** Where others reach this peer, and the incarnation to start with: seconds since 1970 at the start. */
  self: Address & { id: PeerId; incarnation: number }
  random: Random
  sign: Sign
  verify: Verify
  /** What each ping and ack carries about this peer's place, 0 to 64 bytes; nothing without it. */
  coordinate?: () => Uint8Array
  /** The round trip to expect, in ms; the timeout of a probe follows it. */
  predictRttMs?: (id: PeerId) => number | undefined
}

/** Between data centres, up to some thousands. */
export const wideTuning: MembershipTuning = {
  probeIntervalMs: 1000,
  probeTimeoutMs: 300, // farther than the far side of the Earth, about 250 ms
  probeTimeoutMinMs: 50, // a pause of the other's event loop
  helpersMax: 3,
  suspicionAlpha: 4, // with β 6 the paper's faster setting: 83 % of SWIM's time to detect, 3 % of its mistakes
  suspicionBeta: 6,
  confirmationsMax: 3,
  healthMax: 8,
  tellsAccused: true,
  isExtended: true,
  rumourFactor: 3,
  updatesPerFrameMax: 6,
  syncIntervalMs: 30_000,
  syncLostShare: 0.25,
  joinRetryMs: 1000,
  forgetMs: 600_000,
  membersMax: 4096,
  bootstrapsMax: 16,
  errandsMax: 64,
  dampingHigh: 6, // one crash gives 4 at most, and then the half-life takes its share
  dampingLow: 2,
  dampingHalfLifeMs: 60_000,
}

/** One machine, five peers: a crash is out of every view in under 5 s. */
export const devnetTuning: MembershipTuning = {
  ...wideTuning,
  probeIntervalMs: 400,
  probeTimeoutMs: 120, // loopback takes less than 1 ms; the rest is for a busy event loop
  healthMax: 3, // of twelve members that fell apart each half should know it within 20 s
  syncIntervalMs: 4000,
  joinRetryMs: 400,
}
