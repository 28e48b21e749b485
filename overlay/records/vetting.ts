// Vetting: whether a record may be believed, cheapest question first.
//
// Form and bounds, expiry, the rules of its key space, the signature (0.1 ms), and for names the proof (some ms, so
// it may take a while). A record comes many times, from each replica and again with each rumour, so what was found
// good is remembered under a hash of all its bytes. What was found bad is not: whoever sends bad records is marked
// and soon not heard at all. `standingOf` is the same judgement for the leaf, which keeps nothing that has none.

import { createHash } from 'node:crypto'
import type { Meter } from '../../base/meter.ts'
import type { PeerId } from '../peer.ts'
import type { Verify } from '../signature.ts'
import { type DateOf, oneClock } from './dating.ts'
import type { Marks } from './marks.ts'
import { encodeRecord, hasGoodSignature, type Record } from './record.ts'
import { type Objection, objectionTo, spaceOf, spaces } from './spaces.ts'

export type Standing = {
  /** 0: only its publisher says so. Otherwise the block that shows it, or 1 for a publisher that is vouched for. */
  readonly proofHeight: number
  /** Whose share of the leaf it takes. */
  readonly owner: string
}

export type Reason = Objection | 'expired' | 'forged' | 'too-long' | 'unjudged' | 'unknown-space' | 'unproved'
export type Verdict =
  | { readonly kind: 'good'; readonly standing: Standing }
  | { readonly kind: 'bad'; readonly reason: Reason }

/** False: shown to be wrong. Undefined: cannot be judged here, for want of the block's header, say. */
export type Proven = { readonly height: number; readonly owner: string } | false | undefined

export type VettingOptions = {
  verify: Verify
  /** Whether the registry says this; asked for `name/` records whose signature is good. Never rejects. */
  proves: (record: Record) => Proven | Promise<Proven>
  /** Whether the chain knows this peer, say as an edge with a stake: its records outlive those of made-up peers. */
  isVouched?: (publisher: PeerId) => boolean
  dateOf?: DateOf
  /** Good records remembered, at some 200 bytes each. */
  rememberedMax?: number
}

/** A publisher's clock may be ahead of ours. */
const skewMs = 5 * 60_000
/** Reasons that say nothing about the sender: clocks differ, software is newer, blocks arrive late. */
const blameless: ReadonlySet<Reason> = new Set<Reason>(['expired', 'too-long', 'unjudged', 'unknown-space'])

export class Vetting {
  readonly #options: VettingOptions
  readonly #remembered = new Map<string, Standing>()

  constructor(options: VettingOptions) {
    this.#options = options
  }

  /** A promise only where a proof takes a while. */
  vet(record: Record, now: number): Verdict | Promise<Verdict> {
    const space = spaceOf(record.key)
    if (space === undefined) return bad('unknown-space')
    const date = (this.#options.dateOf ?? oneClock)(now)
    if (record.expiresAt <= date) return bad('expired')
    if (record.expiresAt > date + spaces[space].lifeMsMax + skewMs) return bad('too-long')
    const objection = objectionTo(space, record)
    if (objection) return bad(objection)
    const name = createHash('sha256').update(encodeRecord(record)).digest('base64')
    const known = this.#remembered.get(name)
    if (known) return this.#good(name, known)
    const { verify, proves, isVouched } = this.#options
    if (!hasGoodSignature(record, verify)) return bad('forged')
    if (!spaces[space].isProved) {
      const proofHeight = isVouched?.(record.publisher) ? 1 : 0
      return this.#good(name, { proofHeight, owner: record.publisher })
    }
    const judge = (proven: Proven): Verdict =>
      proven
        ? this.#good(name, { proofHeight: proven.height, owner: proven.owner })
        : bad(proven === false ? 'unproved' : 'unjudged')
    const proven = proves(record)
    return proven instanceof Promise ? proven.then(judge) : judge(proven)
  }

  /** Undefined for what is bad, and for a name that has not been vetted before. */
  standingOf(record: Record, now: number): Standing | undefined {
    const verdict = this.vet(record, now)
    return !(verdict instanceof Promise) && verdict.kind === 'good' ? verdict.standing : undefined
  }

  #good(name: string, standing: Standing): Verdict {
    this.#remembered.delete(name)
    this.#remembered.set(name, standing)
    if (this.#remembered.size > (this.#options.rememberedMax ?? 16_384))
      this.#remembered.delete(this.#remembered.keys().next().value!)
    return { kind: 'good', standing }
  }
}

function bad(reason: Reason): Verdict {
  return { kind: 'bad', reason }
}

export type Doorway = { vetting: Vetting; marks: Marks; meter: Meter }

/** Of records that `from` sent in one frame those to be believed; a promise only where proofs wait. One that no honest
 *  peer would have sent is a mark against `from` and ends the frame, so that forgeries cost one check, not hundreds. */
export function admit(
  records: readonly Record[],
  from: PeerId,
  now: number,
  { vetting, marks, meter }: Doorway,
): Record[] | Promise<Record[]> {
  const verdicts: (Verdict | Promise<Verdict>)[] = []
  for (const record of records) {
    const verdict = vetting.vet(record, now)
    verdicts.push(verdict)
    if (!(verdict instanceof Promise) && isGuilt(verdict)) break
  }
  const sift = (all: readonly Verdict[]): Record[] => {
    for (const verdict of all) if (verdict.kind === 'bad') meter.count(`records.refused.${verdict.reason}`)
    if (all.some(isGuilt)) marks.mark(from, now)
    return records.filter((_, i) => all[i]?.kind === 'good')
  }
  return verdicts.some(verdict => verdict instanceof Promise)
    ? Promise.all(verdicts).then(sift)
    : sift(verdicts as Verdict[])
}

function isGuilt(verdict: Verdict): boolean {
  return verdict.kind === 'bad' && !blameless.has(verdict.reason)
}
