// Bringing a registry up to the chain's head: find where the two part, undo to there, read on from there.
//
// A node can change its mind while we read it. So every block near the head is read by its hash, and its
// parent must be the block before; where that does not hold, the round ends as 'moved' and the next one
// starts by looking for the common ancestor again. Blocks farther from the head than a re-organisation
// reaches are read in ranges.
//
// When there is no common ancestor (a deeper re-organisation, another chain, the first start), a second
// registry is filled from the deployment block while the first goes on serving, and replaces it in one step
// when it is complete. Logs that are missing are read again the same two ways (repair.ts).

import { Fault } from '../base/fault.ts'
import type { Header, PlacedLog } from './answers.ts'
import type { BlockRef } from './journal.ts'
import type { Chain } from './quorum.ts'
import type { Changes, Draft, Registry } from './registry.ts'
import { createRepair } from './repair.ts'

export interface SyncOptions {
  readonly chain: Chain
  /** The one that serves. */
  readonly registry: Registry
  /** Called before anything is read anew from the start: throws a Fault when it is not our chain. */
  readonly confirm: () => Promise<void>
  readonly addresses: readonly string[]
  readonly deployedAtBlock: number
  /** As deep as the registry's journal. */
  readonly depthMax?: number
  readonly rangeMax?: number
  readonly onChanges?: (changes: Changes) => void
  /** Logs are missing and reading them again did not bring them. */
  readonly onGap?: (fault: Fault) => void
}

export interface Sync {
  /**
   * One round. `level`: the registry holds what the chain had as its head; `moved`: it changed meanwhile, go
   * on.
   */
  round(): Promise<'level' | 'moved'>
}

/** Blocks near the head that are asked for at the same time. */
const together = 8
/** Ranges start here and are halved when an endpoint finds the answer too large. */
const defaults = { depthMax: 64, rangeMax: 2_000 }

/** The newest block that both know; undefined when there is none within the journal. */
async function commonAncestor(chain: Chain, registry: Registry, latest: Header): Promise<number | undefined> {
  const head = registry.head()
  if (head && latest.number === head.number + 1 && latest.parentHash === head.hash) return head.number
  for (const known of registry.known()) {
    if (known.number > latest.number) continue
    const there = known.number === latest.number ? latest : await chain.block(known.number)
    if (there?.hash === known.hash) return known.number
  }
  return undefined
}

/** Logs of a range, halving it as long as the answer is too large. */
async function logsBetween(options: SyncOptions, from: number, to: number): Promise<PlacedLog[]> {
  try {
    const logs = await options.chain.logsBetween(from, to, options.addresses)
    if (logs.every(log => log.blockNumber >= from && log.blockNumber <= to)) return logs
    throw new Fault('bytes/malformed', 'The endpoint answered with logs of other blocks.')
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'bytes/too-large' || from === to) throw error
    const middle = Math.floor((from + to) / 2)
    return [...(await logsBetween(options, from, middle)), ...(await logsBetween(options, middle + 1, to))]
  }
}

/** Whether `known` is still part of the chain. */
async function holds(chain: Chain, known: BlockRef): Promise<boolean> {
  return (await chain.block(known.number))?.hash === known.hash
}

/**
 * Old blocks: those with logs, and the last one, to which what comes next must fit. The logs are believed
 * when both ends of the range are the same after reading them as before; otherwise nothing is applied.
 */
async function readRange(
  options: SyncOptions,
  target: Registry,
  from: number,
  to: number,
): Promise<Changes[]> {
  const { chain } = options
  const before = target.head()
  const last = await chain.block(to)
  if (last?.number !== to) return []
  const byBlock = Map.groupBy(await logsBetween(options, from, to), log => log.blockNumber)
  const steady = (await holds(chain, last)) && (!before || (await holds(chain, before)))
  const ending = byBlock.get(to) ?? []
  if (!steady || ending.some(log => log.blockHash !== last.hash)) return []

  byBlock.delete(to)
  const changes = [...byBlock].map(([number, logs]) => {
    const head = target.head()
    const parentHash = head?.number === number - 1 ? head.hash : ''
    return target.apply({ number, hash: logs[0]!.blockHash, parentHash, logs })
  })
  const head = target.head()
  if (head?.number === to - 1 && head.hash !== last.parentHash) return changes
  return [...changes, target.apply({ ...last, logs: ending })]
}

/** Recent blocks, each by its hash; stops where the chain is no longer the one it began with. */
async function readRecent(
  options: SyncOptions,
  target: Registry,
  latest: Header,
  from: number,
): Promise<Changes[]> {
  const changes: Changes[] = []
  for (let first = from; first <= latest.number; first += together) {
    const count = Math.min(together, latest.number - first + 1)
    const numbers = Array.from({ length: count }, (_, i) => first + i)
    const read = async (number: number): Promise<{ header: Header; logs: PlacedLog[] } | undefined> => {
      const header = number === latest.number ? latest : await options.chain.block(number)
      if (header?.number !== number) return undefined
      const logs = await options.chain.logsOf(header.hash, options.addresses)
      return logs.every(log => log.blockHash === header.hash) ? { header, logs } : undefined
    }
    for (const block of await Promise.all(numbers.map(read))) {
      const head = target.head()
      const fits =
        block && (head?.number !== block.header.number - 1 || head.hash === block.header.parentHash)
      if (!fits) return changes
      changes.push(target.apply({ ...block.header, logs: block.logs }))
    }
  }
  return changes
}

export function createSync(given: SyncOptions): Sync {
  const options = { ...defaults, ...given }
  const { chain, registry } = options
  const repair = createRepair(options)
  let building: Draft | undefined
  const tell = (target: Registry, changes: readonly Changes[]): void => {
    for (const { gaps } of changes) repair.note(gaps)
    if (target !== registry) return // nobody sees a table that is half built
    for (const one of changes) {
      if (one.labels.length > 0 || one.edges || one.claims) options.onChanges?.(one)
    }
  }

  /** The registry to fill, undone to where it and the chain part. */
  const prepare = async (latest: Header): Promise<Registry> => {
    const target = building ?? registry
    if (target.head()) {
      const ancestor = await commonAncestor(chain, target, latest)
      const undone = ancestor === undefined ? undefined : target.rewindTo(ancestor)
      if (undone) {
        tell(target, [undone])
        return target
      }
    }
    await options.confirm()
    return (building = registry.draft())
  }

  /** Reads from the block after the target's head up to `latest`. */
  const advance = async (target: Registry, latest: Header): Promise<boolean> => {
    const recentFrom = latest.number - options.depthMax + 1
    const next = (): number => (target.head()?.number ?? options.deployedAtBlock - 1) + 1
    while (next() < recentFrom) {
      const from = next()
      const to = Math.min(from + options.rangeMax - 1, recentFrom - 1)
      tell(target, await readRange(options, target, from, to))
      if (target.head()?.number !== to) return false
    }
    tell(target, await readRecent(options, target, latest, next()))
    return target.head()?.hash === latest.hash
  }

  /** Logs were missing: goes back as far as it takes; false when nothing more can be done about it. */
  const mend = async (target: Registry, latest: Header): Promise<boolean> => {
    const cure = repair.cure(latest.number)
    if (cure === 'none') return false
    const floor = target.known().at(-1)
    const undone = cure === 'reread' && floor ? target.rewindTo(floor.number) : undefined
    if (undone) tell(target, [undone])
    else {
      await options.confirm()
      building = registry.draft()
    }
    return true
  }

  return {
    async round() {
      const latest = await chain.block('latest')
      if (!latest) throw new Fault('chain/unreachable', 'The endpoint has no latest block.')
      if (!building && registry.head()?.hash === latest.hash) return 'level'
      if (latest.number < options.deployedAtBlock) {
        throw new Fault('chain/mismatch', 'The chain is shorter than when the contracts were deployed.')
      }
      const target = await prepare(latest)
      const isLevel = await advance(target, latest)
      if (await mend(target, latest)) return 'moved'
      if (!isLevel) return 'moved'
      if (building) {
        const changes = building.install()
        building = undefined
        tell(registry, [changes])
      }
      repair.level()
      return 'level'
    },
  }
}
