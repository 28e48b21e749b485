// Who may have more of something scarce while much of it is taken: max-min fairness between those who ask.
//
// A bound on all answers protects memory, and so does one on the octets that wait for slow readers. Without more, one
// site or one client under a flood takes all of it. So the last quarter is kept for those who have less than an equal
// share: nobody is held back while there is room, and whoever asks for little gets it always.

/** What one of them sees of it. */
export interface Share {
  enter(amount: number): boolean
  leave(amount: number): void
}

export class FairShare {
  readonly #max: number
  readonly #byWho = new Map<string, number>()
  #total = 0

  constructor(max: number) {
    this.#max = max
  }

  /** Whether `who` may have so much more; then `leave` with the same amount follows exactly once. */
  enter(who: string, amount = 1): boolean {
    if (amount === 0) return true
    const own = this.#byWho.get(who) ?? 0
    const total = this.#total + amount
    if (total > this.#max * 0.75) {
      const share = this.#max / (this.#byWho.size + (own === 0 ? 1 : 0))
      if (total > this.#max || own + amount > share) return false
    }
    this.#byWho.set(who, own + amount)
    this.#total = total
    return true
  }

  leave(who: string, amount = 1): void {
    if (amount === 0) return
    const left = this.#byWho.get(who)! - amount
    if (left === 0) this.#byWho.delete(who)
    else this.#byWho.set(who, left)
    this.#total -= amount
  }

  of(who: string): Share {
    return { enter: amount => this.enter(who, amount), leave: amount => this.leave(who, amount) }
  }
}
