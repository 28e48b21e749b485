// The watch at work: makes the look-ups that are due, and tells of what changed.

import type { Clock } from '../../../base/io/clock.ts'
import type { Claim } from '../verdict.ts'
import type { Change, Remembered, Standing, Watch } from '../watch.ts'
import type { LookUp } from './look-up.ts'

export interface FollowOptions<C extends Claim> {
  readonly watch: Watch<C>
  readonly find: LookUp['find']
  readonly clock: Clock
  readonly onChanges: (changes: readonly Change<C>[]) => void
  /** After each look-up. */
  readonly onFound?: (domain: string) => void
}

export interface Following<C extends Claim> {
  /** `remembered` at first, of an earlier run. */
  claims(list: readonly C[], remembered?: readonly Remembered[]): void
  asked(name: string): void
  standing(domain: string): Standing<C> | undefined
  standings(): Standing<C>[]
  /** No look-up begins, and none that is under way counts any more. */
  stop(): void
}

export function follow<C extends Claim>(options: FollowOptions<C>): Following<C> {
  const { watch, find, clock, onChanges, onFound } = options
  let cancel = (): void => {}
  let isStopped = false
  const tell = (changes: readonly Change<C>[]): void => {
    if (changes.length > 0) onChanges(changes)
    turn()
  }
  const look = async (domain: string): Promise<void> => {
    const finding = await find(domain)
    if (isStopped) return
    const changes = watch.found(domain, finding, clock.now())
    onFound?.(domain)
    tell(changes)
  }
  const turn = (): void => {
    if (isStopped) return
    cancel()
    for (const domain of watch.take(clock.now())) void look(domain)
    const wakeAt = watch.wakeAt()
    if (wakeAt !== Number.POSITIVE_INFINITY) cancel = clock.after(wakeAt - clock.now(), turn)
  }
  return {
    claims(list, remembered = []) {
      const now = clock.now()
      tell([...watch.claims(list, now), ...watch.restore(remembered, now)])
    },
    asked(name) {
      if (watch.asked(name, clock.now())) turn()
    },
    standing: watch.standing,
    standings: watch.standings,
    stop() {
      isStopped = true
      cancel()
    },
  }
}
