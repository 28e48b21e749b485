// The receipt of a publication: each live edge is asked over DNS until it answers with the new root.

import { fromUtf8 } from '../../base/bytes.ts'
import { Fault, isFault } from '../../base/fault.ts'
import { delay } from '../../base/io/clock.ts'
import { ask } from '../../resolver/io/ask.ts'
import { types } from '../../resolver/wire/code.ts'
import { askEdge, type EdgeStatus, statusPath } from '../edge-interface.ts'
import type { NetworkEdge } from '../network.ts'
import type { Terminal } from '../terminal.ts'

export interface Resolution {
  readonly address: string
  /** From the confirmed transaction to this edge's first right answer. */
  readonly resolvedMs: number
}

export interface Confirmation {
  readonly edges: readonly NetworkEdge[]
  readonly name: string
  readonly suffix: string
  readonly root: string
  readonly deadlineMs: number
}

/** Throws Fault publish/timeout naming the edges that still answer otherwise. */
export async function awaitEverywhere(confirmation: Confirmation, terminal: Terminal): Promise<Resolution[]> {
  const { edges, deadlineMs, root } = confirmation
  return awaitEdges({ edges, deadlineMs, what: root }, edge => answersRight(edge, confirmation), terminal)
}

/** Asks each edge until it `isRight`; `what` it is then, for people. Fault publish/timeout. */
export async function awaitEdges(
  { edges, deadlineMs, what }: Pick<Confirmation, 'edges' | 'deadlineMs'> & { readonly what: string },
  isRight: (edge: NetworkEdge) => Promise<boolean>,
  terminal: Terminal,
): Promise<Resolution[]> {
  return terminal.bar('every live edge resolves it', edges.length, async advance => {
    const startedAt = performance.now()
    const outcomes = await Promise.all(
      edges.map(async edge => {
        while (performance.now() < startedAt + deadlineMs) {
          if (await isRight(edge)) {
            advance(1)
            return { address: edge.address, resolvedMs: Math.round(performance.now() - startedAt) }
          }
          await delay(30)
        }
        return edge
      }),
    )
    const late = outcomes.filter(outcome => !('resolvedMs' in outcome))
    if (late.length === 0) return outcomes as Resolution[]
    const names = late.map(({ address }) => address).join(', ')
    throw new Fault(
      'publish/timeout',
      `after ${deadlineMs / 1000} s not every edge answers with ${what}: ${names}`,
    )
  })
}

/** Asks each edge until it knows the chain up to a block, and so what its transactions changed. */
export function awaitBlock(
  confirmation: Parameters<typeof awaitEdges>[0],
  blockNumber: number,
  terminal: Terminal,
): Promise<Resolution[]> {
  const hasSeen = async (edge: NetworkEdge): Promise<boolean> => {
    try {
      const { chain } = await askEdge<EdgeStatus>(edge, statusPath, { timeoutMs: 1000 })
      return chain.height >= blockNumber
    } catch (error) {
      if (isFault(error)) return false
      throw error
    }
  }
  return awaitEdges(confirmation, hasSeen, terminal)
}

async function answersRight(edge: NetworkEdge, { name, suffix, root }: Confirmation): Promise<boolean> {
  try {
    const question = {
      server: edge.address,
      port: edge.dnsPort,
      name: `_dnslink.${name}.${suffix}`,
      timeoutMs: 1000,
    }
    const { answers } = await ask({ ...question, type: types.TXT })
    const texts = answers.flatMap(({ data }) => (data.kind === 'text' ? data.strings : []))
    return texts.some(text => fromUtf8(text) === `dnslink=/ipfs/${root}`)
  } catch (error) {
    if (isFault(error)) return false
    throw error
  }
}
