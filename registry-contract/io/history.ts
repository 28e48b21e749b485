// What happened to one name, from the events of the registry: every change, oldest first.
//
// An edge knows only how things stand; the past is asked of an endpoint when a person wants to see it. Endpoints limit
// how many blocks one question may span, each as it likes, so a range that is refused is halved until it is not.

import { Fault, isFault } from '../../base/fault.ts'
import type { Addresses } from '../addresses.ts'
import { type PlacedLog, parseLogs, parseQuantity } from '../answers.ts'
import { decodeEvent, type NameEvent } from '../events.ts'
import { quantity } from './chain.ts'
import type { Rpc } from './rpc.ts'

export type NameChange = NameEvent & {
  readonly blockNumber: number
  /** Of the block, in milliseconds since the epoch; 0 when the endpoint does not say. */
  readonly blockAt: number
}

/** A name of twenty years, changed every hour. */
const changesMax = 200_000
/** At 10,000 blocks a question, the narrowest limit in use: 20,000,000 blocks, which is seven years of Ethereum. */
const questionsMax = 4_000

/** All logs of a filter in these blocks, oldest first. Faults: `chain/unreachable`, `bytes/malformed`. */
export async function logsOf(rpc: Rpc, filter: object, from: number, to: number): Promise<PlacedLog[]> {
  let questions = 0
  const ranges: [from: number, to: number][] = [[from, to]]
  const found: PlacedLog[] = []
  while (ranges.length > 0) {
    const [first, last] = ranges.pop()!
    if (++questions > questionsMax || found.length > changesMax)
      throw new Fault('chain/unreachable', `${rpc.url} cannot list that many events.`)
    try {
      const span = { ...filter, fromBlock: quantity(first), toBlock: quantity(last) }
      const answer = await rpc.ask('eth_getLogs', [span])
      if ('result' in answer) {
        found.push(...parseLogs(answer.result, changesMax))
        continue
      }
      if (first === last)
        throw new Fault('chain/unreachable', `${rpc.url} refused eth_getLogs: ${answer.refusal.message}.`)
    } catch (error) {
      if (!isFault(error, 'bytes/too-large') || first === last) throw error
    }
    const middle = Math.floor((first + last) / 2)
    ranges.push([middle + 1, last], [first, middle])
  }
  return found
}

/** All changes of a node, oldest first; times only for the newest `timesMax`. Faults as above. */
export async function nameHistory(
  rpc: Rpc,
  addresses: Addresses,
  node: string,
  timesMax: number,
): Promise<NameChange[]> {
  const address = addresses.contracts.NameRegistry.address
  const height = parseQuantity(await rpc.call('eth_blockNumber', []), 'block number')
  const from = Math.min(addresses.deployedAtBlock, height)
  const logs = await logsOf(rpc, { address, topics: [null, node] }, from, height)
  const changes = logs.flatMap(log => {
    const event = log.address === address ? decodeEvent('NameRegistry', log) : undefined
    return event === undefined || !('node' in event) || event.node !== node
      ? []
      : [{ ...(event as NameEvent), blockNumber: log.blockNumber }]
  })
  const timeless = changes.length - timesMax
  const times = new Map<number, Promise<number>>()
  const timeOf = (block: number): Promise<number> => {
    if (!times.has(block)) times.set(block, blockTime(rpc, block))
    return times.get(block)!
  }
  return Promise.all(
    changes.map(async (change, i) => {
      return { ...change, blockAt: i < timeless ? 0 : await timeOf(change.blockNumber) }
    }),
  )
}

async function blockTime(rpc: Rpc, number: number): Promise<number> {
  const block = await rpc.call('eth_getBlockByNumber', [quantity(number), false])
  const { timestamp } = (block ?? {}) as { timestamp?: unknown }
  return timestamp === undefined ? 0 : parseQuantity(timestamp, 'time') * 1000
}
