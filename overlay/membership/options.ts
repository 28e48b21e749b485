// The knobs of membership, with a reason beside each number; a preset says only what differs.

import type { Random } from '../../base/random.ts'
import type { Address } from '../address.ts'
import type { PeerId } from '../peer.ts'
import type { Sign, Verify } from '../signature.ts'

export type MembershipTuning = {
  /** One probe per member in each; all of detection scales with it, and so does the load (2 frames per period). */
  probeIntervalMs: number
  /** Until helpers are asked. At least a round trip at the far end of the distribution; a third of the interval
   *  or less leaves the helpers' detour (two round trips) time before the verdict. */
  probeTimeoutMs: number
  /** k of the paper: each helper divides the chance of a false suspicion by about (1 - p⁴). */
  helpersMax: number
  /** Periods of suspicion per ceil(ln(n + 1)); the paper has 3. 0 means no suspicion: not answered is dead. */
  suspicionFactor: number
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
  /** Probes made at once on behalf of others. */
  errandsMax: number
}

export type MembershipOptions = {
  tuning: MembershipTuning
  /** Where others reach this peer, and the incarnation to start with: seconds since 1970 at the start. */
  self: Address & { id: PeerId; incarnation: number }
  random: Random
  sign: Sign
  verify: Verify
}

/** Between data centres, up to some thousands: detection in about 5 s + 3·ceil(ln n) periods. */
export const wideTuning: MembershipTuning = {
  probeIntervalMs: 1000,
  probeTimeoutMs: 300, // farther than the far side of the Earth, about 250 ms
  helpersMax: 3,
  suspicionFactor: 3,
  rumourFactor: 3,
  updatesPerFrameMax: 6,
  syncIntervalMs: 30_000,
  syncLostShare: 0.25,
  joinRetryMs: 1000,
  forgetMs: 600_000,
  membersMax: 4096,
  bootstrapsMax: 16,
  errandsMax: 64,
}

/** One machine, five peers: a crash is out of every view in under 5 s.
 *  At worst about 3 periods to a probe, 1 to its verdict, 2·ceil(ln 6) = 4 of suspicion: 8 · 400 ms = 3.2 s. */
export const devnetTuning: MembershipTuning = {
  ...wideTuning,
  probeIntervalMs: 400,
  probeTimeoutMs: 120, // loopback takes less than 1 ms; the rest is for a busy event loop
  suspicionFactor: 2,
  syncIntervalMs: 4000,
  joinRetryMs: 400,
  forgetMs: 120_000,
}
