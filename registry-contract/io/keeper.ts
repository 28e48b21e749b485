// The registry's state on disk, so that a start needs the chain only for what is new.
//
// Faults are told, never thrown: everything here can be rebuilt. A disk that does not take it is asked ever more
// seldom.

import { type Fault, isFault } from '../../base/fault.ts'
import type { Clock } from '../../base/io/clock.ts'
import { readBytes, writeWhole } from '../../base/io/file.ts'
import type { Registry } from '../registry.ts'

/** Writing the checkpoint of a million names takes a second; it shall take a fiftieth of the time at most. */
const writeShare = 50
/** A disk that is full stays so for a while: after failures the time between two writes doubles so often, to 11 min. */
const doublingsMax = 7
/** Two million names of 223 bytes at most (a row and a tail), and as much again for edges, claims and the journal. */
const checkpointBytesMax = 1024 * 1024 * 1024

export interface Keeper {
  read(): Promise<void>
  write(): Promise<void>
  /** Writes if it is time to. Nothing may be folded meanwhile. */
  writeIfDue(): Promise<void>
}

export interface KeeperOptions {
  /** Nothing is kept without it. */
  readonly file: string | undefined
  /** At most one write in this time, while all goes well. */
  readonly checkpointMs: number
  readonly clock: Pick<Clock, 'now'>
  readonly onFault: (fault: Fault) => void
  /** It was written, after one or more times that it was not. */
  readonly onMended?: () => void
}

export function createKeeper(options: KeeperOptions, registry: Registry): Keeper {
  const { file, clock } = options
  let keptHash: string | undefined
  let failures = 0
  let dueAt = clock.now() + options.checkpointMs
  const guarded = async (action: (file: string) => Promise<void>): Promise<void> => {
    try {
      if (file !== undefined) await action(file)
    } catch (error) {
      if (!isFault(error)) throw error
      options.onFault(error)
    }
  }
  const write = (): Promise<void> =>
    guarded(async file => {
      const hash = registry.head()?.hash
      if (hash === undefined || hash === keptHash) return
      const startedAt = clock.now()
      try {
        await writeWhole(file, registry.checkpoint())
        keptHash = hash
        if (failures > 0) options.onMended?.()
        failures = 0
      } catch (error) {
        failures++
        throw error
      } finally {
        const restMs = options.checkpointMs * 2 ** Math.min(failures, doublingsMax)
        dueAt = clock.now() + Math.max(restMs, writeShare * (clock.now() - startedAt))
      }
    })
  return {
    write,
    writeIfDue: () => (clock.now() >= dueAt ? write() : Promise.resolve()),
    read: () =>
      guarded(async file => {
        const kept = await readBytes(file, checkpointBytesMax)
        if (kept === undefined) return
        registry.restore(kept)
        keptHash = registry.head()?.hash
      }),
  }
}
