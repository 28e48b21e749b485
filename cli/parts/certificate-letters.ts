// Keys of hosts from edge to edge: who asks proves who it is, is given only what it needs, and is counted.
//
//   asker ── host, who, when, signed ──► giver: may DNS lead readers of the host to the asker? ──► letter, signed
//
// A letter can be opened by the asker alone (overlay/io/letter.ts), so the proofs are for something else: that nobody
// uses up another's letters, and that nobody in between puts a certificate of his own in the place of the network's.
// Both name the instant of the question, so what was once said is of no use a few minutes later; until then a question
// is good for one letter, as whoever sees it pass can say it again.

import { utf8 } from '../../base/bytes.ts'
import { Fault, isFault } from '../../base/fault.ts'
import type { Meter } from '../../base/meter.ts'
import { type PeerId, publicKeyOf } from '../../overlay/peer.ts'
import type { Sign, Verify } from '../../overlay/signature.ts'

/** What an edge was given, for its operator. */
export interface Given {
  readonly host: string
  readonly peer: PeerId
  /** ms since the epoch. */
  readonly at: number
}

export interface Answer {
  /** base64url, as is the proof. */
  readonly letter: string
  readonly proof: string
}

export interface LettersOptions {
  readonly self: PeerId
  readonly sign: Sign
  readonly verify: Verify
  /** Only `to` can open it. */
  readonly seal: (to: PeerId, text: Uint8Array, about: string) => Uint8Array
  /** Fault `bytes/malformed`. */
  readonly open: (letter: Uint8Array, about: string) => Uint8Array
  /** Whether readers of `host` may come to `peer`, which is alive and on the Roll. */
  readonly mayHave: (host: string, peer: PeerId) => boolean
  readonly perHourMax: number
  readonly date: () => number
  readonly meter: Meter
}

/** Clocks of edges differ by seconds. */
const ageMsMax = 300_000
const hourMs = 3_600_000
/** Kept for the operator to see. */
const givenMax = 50

export class Letters {
  readonly #options: LettersOptions
  /** Questions answered within the hour, with when, by who asked: edges on the Roll alone, so there are no more. */
  readonly #answered = new Map<PeerId, Map<string, number>>()
  #given: readonly Given[] = []

  constructor(options: LettersOptions) {
    this.#options = options
  }

  /** The question for the certificate of `host`, as one word: who, when, proof. */
  question(host: string, to: PeerId): string {
    const { self, sign, date } = this.#options
    const at = date()
    return [self, at, base64(sign(words('question', host, self, to, at)))].join('~')
  }

  /** The text that `to` answered to `question`. Fault `certificate/refused` when it did not, or not to that. */
  read(host: string, to: PeerId, question: string, answer: Partial<Answer> | null): Uint8Array {
    const { self, verify, open } = this.#options
    const [, at] = question.split('~')
    const letter = Buffer.from(`${answer?.letter}`, 'base64url')
    const proof = Buffer.from(`${answer?.proof}`, 'base64url')
    const said = words('answer', host, self, to, Number(at), `${answer?.letter}`)
    if (!verify(publicKeyOf(to), said, proof))
      throw new Fault('certificate/refused', `an answer about ${host} that is not of ${to.slice(-8)}`)
    return open(letter, host)
  }

  /**
   * The answer to `question`; `find` is asked for the text once it is clear that the asker may have it. Fault
   * `certificate/refused` when it may not, has had its share, or there is none.
   */
  async answer(host: string, question: string, find: () => Promise<Uint8Array | undefined>): Promise<Answer> {
    const { self, sign, seal, meter, date } = this.#options
    let takeBack = (): void => {}
    try {
      const { peer, at } = this.#judged(host, question)
      // Counted before anything is waited for, or any number of questions at once would find room.
      takeBack = this.#count(host, peer, at)
      const text = await find()
      if (text === undefined) throw new Fault('certificate/refused', `there is no certificate of ${host}`)
      const letter = base64(seal(peer, text, host))
      this.#given = [...this.#given, { host, peer, at: date() }].slice(-givenMax)
      meter.count('certificates.letters')
      return { letter, proof: base64(sign(words('answer', host, peer, self, at, letter))) }
    } catch (error) {
      takeBack()
      if (isFault(error)) meter.count('certificates.lettersRefused')
      throw error
    }
  }

  /** The last ones, oldest first. */
  given(): readonly Given[] {
    return this.#given
  }

  /** The cheap looks first: anybody may ask. */
  #judged(host: string, question: string): { peer: PeerId; at: number } {
    const { self, mayHave, verify, date } = this.#options
    const [peer = '', when = '', proof = ''] = question.split('~')
    const at = Number(when)
    if (!mayHave(host, peer)) throw refusal(host, peer, 'no reader is led there')
    if (!(Math.abs(date() - at) <= ageMsMax))
      throw refusal(host, peer, 'it asks at another time, so one of our clocks is wrong')
    const signature = Buffer.from(proof, 'base64url')
    if (!verify(publicKeyOf(peer), words('question', host, peer, self, at), signature))
      throw refusal(host, peer, 'it was not asked by that edge')
    return { peer, at }
  }

  /** One more letter of this hour; returns what undoes it. Fault `certificate/refused` when there is none left. */
  #count(host: string, peer: PeerId, at: number): () => void {
    const { date, perHourMax } = this.#options
    const now = date()
    const answered = this.#answered.get(peer) ?? new Map<string, number>()
    for (const [question, when] of answered) if (Math.abs(now - when) >= hourMs) answered.delete(question)
    const question = `${host} ${at}`
    if (answered.has(question)) throw refusal(host, peer, 'that question was answered before')
    if (answered.size >= perHourMax) throw refusal(host, peer, 'it has had its letters of this hour')
    this.#answered.set(peer, answered.set(question, now))
    return () => void answered.delete(question)
  }
}

function refusal(host: string, peer: PeerId, why: string): Fault {
  return new Fault('certificate/refused', `no certificate of ${host} for ${peer.slice(-8)}: ${why}`)
}

/** What is signed. Lines, as neither hosts nor peers have ends of lines in them. */
function words(kind: 'question' | 'answer', ...parts: readonly (string | number)[]): Uint8Array {
  return utf8([`inxt certificate ${kind}`, ...parts].join('\n'))
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url')
}
