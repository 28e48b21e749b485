// From one block hash that is beyond doubt to the headers before it, by way of endpoints that nobody has to
// believe.
//
// A header names its parent by hash. So whoever knows one hash for certain can take the header from anybody,
// check that it has that hash, and then knows the parent's hash for certain too. The beacon chain finalises
// one block in 32; the ones between are reached by walking back from it. The walk is bounded: a proof that is
// older than that is better made anew. EIP-2935 keeps 8,191 hashes in a contract, which one proof would show
// at once; it is not on every chain.

import { Fault, isFault } from '../base/fault.ts'
import {
  askHeader,
  type HeaderEndpoint,
  type HeaderSource,
  type HeaderWarning,
  keepLast,
  type TrustedHeader,
} from './headers.ts'

export interface AncestryOptions {
  /** The hash of a block that is final, the newer the better; Faults when there is none. */
  readonly finalHash: (now: number) => Promise<string>
  /** Asked in their order until one has the header. */
  readonly endpoints: readonly HeaderEndpoint[]
  /** How far back from the newest final block headers are looked for. */
  readonly stepsMax?: number
  readonly onWarning?: HeaderWarning
}

/** 256 blocks are 51 minutes, eight times what lies between two final blocks; each step is one question. */
const stepsDefault = 256

export function createAncestry(options: AncestryOptions): HeaderSource {
  const stepsMax = options.stepsMax ?? stepsDefault
  const kept = new Map<number, TrustedHeader>()
  let newest: TrustedHeader | undefined

  const byHash = async (hash: string): Promise<TrustedHeader> => {
    for (const endpoint of options.endpoints) {
      try {
        const header = await askHeader(endpoint, { hash })
        if (header) return header
        options.onWarning?.(endpoint.url, `It does not know the final block ${hash}.`)
      } catch (error) {
        if (!isFault(error)) throw error
        options.onWarning?.(endpoint.url, error.message)
      }
    }
    throw new Fault('chain/unreachable', `No endpoint has the header of the final block ${hash}.`)
  }

  const keep = (header: TrustedHeader): TrustedHeader => {
    keepLast(kept, header.number, header, 2 * stepsMax)
    return header
  }

  const refresh = async (now: number): Promise<TrustedHeader> => {
    const hash = await options.finalHash(now)
    if (newest?.hash === hash) return newest
    return (newest = keep(await byHash(hash)))
  }

  /** The nearest header after `number` that is known, to walk back from. */
  const nearest = (number: number, from: TrustedHeader): TrustedHeader => {
    for (let n = number + 1; n < from.number; n++) {
      const header = kept.get(n)
      if (header) return header
    }
    return from
  }

  return {
    newest: refresh,
    async at(number, now) {
      const known = kept.get(number)
      if (known) return known
      const from = newest && number <= newest.number ? newest : await refresh(now)
      if (number > from.number || number < from.number - stepsMax || number < 0) return undefined
      let header = nearest(number, from)
      while (header.number > number) {
        const parent = await byHash(header.parentHash)
        if (parent.number !== header.number - 1)
          throw new Fault('bytes/malformed', `Block ${header.number} has a parent of another number.`)
        header = keep(parent)
      }
      return header
    },
  }
}
