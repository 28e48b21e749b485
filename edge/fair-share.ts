// Who may begin an answer while many are under way: max-min fairness between sites.
//
// A bound on all answers protects memory. Without more, one site under a flood takes all of it. So the last
// quarter is kept for sites that have less than an equal share: nobody is held back while there is room, and
// whoever asks for little gets it always.

export class FairShare {
  readonly #answersMax: number
  readonly #bySite = new Map<string, number>()
  #total = 0

  constructor(answersMax: number) {
    this.#answersMax = answersMax
  }

  /** Whether an answer for `site` may begin; then `leave` follows exactly once. */
  enter(site: string): boolean {
    const own = this.#bySite.get(site) ?? 0
    const share = this.#answersMax / (this.#bySite.size + (own === 0 ? 1 : 0))
    const room = this.#total < this.#answersMax * 0.75
    if (this.#total >= this.#answersMax || !(room || own + 1 <= share)) return false
    this.#bySite.set(site, own + 1)
    this.#total++
    return true
  }

  leave(site: string): void {
    const left = this.#bySite.get(site)! - 1
    if (left === 0) this.#bySite.delete(site)
    else this.#bySite.set(site, left)
    this.#total--
  }
}
