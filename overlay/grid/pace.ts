// When the next meeting is due: soon after something has changed, and ever more rarely while nothing comes of it.

import type { Random } from '../../base/random.ts'

export class Pace {
  /** When the next meeting begins. */
  dueAt: number
  readonly #shortestMs: number
  readonly #longestMs: number
  readonly #random: Random
  #gapMs: number

  constructor(shortestMs: number, longestMs: number, random: Random, now: number) {
    this.#shortestMs = shortestMs
    this.#longestMs = longestMs
    this.#random = random
    this.#gapMs = shortestMs
    this.dueAt = now + random.next() * shortestMs
  }

  /** Few meetings since the last change: places are still being found. */
  get isForming(): boolean {
    return this.#gapMs <= 2 * this.#shortestMs
  }

  /** A meeting may still go on with acquaintances of the partner. */
  get isCurious(): boolean {
    return this.#gapMs <= 4 * this.#shortestMs
  }

  begun(now: number): void {
    this.dueAt = now + this.#gapMs * (0.75 + this.#random.next() / 2)
    this.#gapMs = Math.min(2 * this.#gapMs, this.#longestMs)
  }

  /** Something has changed: meetings are of use again. */
  hurry(now: number): void {
    this.stayBusy()
    this.dueAt = Math.min(this.dueAt, now + this.#random.next() * this.#shortestMs)
  }

  stayBusy(): void {
    this.#gapMs = this.#shortestMs
  }
}
