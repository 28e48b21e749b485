// Walks on real sockets: a domain goes in, what its parent says comes out.

import { isIP } from 'node:net'
import { Fault } from '../../../base/fault.ts'
import { realRandom } from '../../../base/io/chance.ts'
import { realClock } from '../../../base/io/clock.ts'
import { parseName } from '../../wire/name.ts'
import { createCuts } from '../cuts.ts'
import { type Finding, lookUp, rootOf } from '../walk.ts'
import { askableFrom, createExchange } from './exchange.ts'

export interface LookUpOptions {
  /** IP addresses of the root servers. */
  readonly roots: readonly string[]
  /** 53 without it; the same for all servers. */
  readonly port?: number
  /** For one question. */
  readonly timeoutMs: number
  /** For a domain: afterwards the parent counts as silent. */
  readonly totalMs: number
}

export interface LookUp {
  /** `domain` as text, not the root. Never rejects but for a domain that is none (Fault `name/invalid`). */
  find(domain: string): Promise<Finding>
  /** How many questions were asked so far. */
  asked(): number
  /** What is under way comes to nothing, at once. */
  close(): void
}

/** Cuts of top-level domains and the zones between them and claimed domains; 1 kB each. */
const cutsMax = 5000

/** Fault `config/invalid` for a root that is no address. */
export function createLookUp({ roots, port = 53, timeoutMs, totalMs }: LookUpOptions): LookUp {
  const wrong = roots.find(root => isIP(root) === 0)
  if (wrong !== undefined) throw new Fault('config/invalid', `${wrong} is no address of a root server`)
  const cuts = createCuts(rootOf(roots), cutsMax, realClock.now)
  const exchange = createExchange({ port, timeoutMs, mayAsk: askableFrom(roots) })
  const end = new AbortController()
  let asked = 0
  return {
    async find(domain) {
      const walk = lookUp(parseName(domain), { cuts, random: realRandom })
      const signal = AbortSignal.any([end.signal, AbortSignal.timeout(totalMs)])
      for (let step = walk.next(); ; ) {
        if (step.done === true) return step.value
        if (!signal.aborted) asked++
        step = walk.next(signal.aborted ? undefined : await exchange(step.value, signal))
      }
    },
    asked: () => asked,
    close: () => end.abort(),
  }
}
