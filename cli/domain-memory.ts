// Which domains an edge served last, on its disk. A file that cannot be used is no reason not to start: all is found
// again, only later.

import { isFault } from '../base/fault.ts'
import { realClock } from '../base/io/clock.ts'
import type { Log } from '../base/io/log.ts'
import { readJson, writeAtomically } from '../registry-contract/io/file.ts'
import { keptText, parseKept, type Remembered } from '../resolver/delegation/remembered.ts'
import type { Kept } from '../resolver/delegation/watch.ts'

/** How old the last clear findings may be on disk. */
const rememberMs = 600_000

export interface DomainMemory {
  readonly remembered: readonly Remembered[]
  /** Writes soon what is kept. */
  write(): void
  /** Writes if that was long ago. */
  touch(): void
  /** What is kept now is written when it resolves. */
  close(): Promise<void>
}

/** `kept` is asked at every writing. */
export async function openDomainMemory(
  file: string,
  kept: () => Iterable<Kept>,
  log: Log,
): Promise<DomainMemory> {
  const json = await readJson(file).catch(error => {
    if (!isFault(error)) throw error
    return 'broken'
  })
  const remembered = json === undefined ? [] : parseKept(json)
  if (remembered === undefined) log.warn({ file }, 'the file of served domains cannot be used')
  let writtenAt = realClock.now()
  let writing: Promise<void> | undefined
  let isStale = false
  const write = (): void => {
    isStale = true
    writing ??= (async () => {
      while (isStale) {
        isStale = false
        writtenAt = realClock.now()
        const late = (error: unknown): void =>
          log.warn({ what: String(error) }, 'served domains cannot be remembered')
        await writeAtomically(file, keptText(kept())).catch(late)
      }
      writing = undefined
    })()
  }
  return {
    remembered: remembered ?? [],
    write,
    touch() {
      if (realClock.now() - writtenAt >= rememberMs) write()
    },
    async close() {
      write()
      await writing
    },
  }
}
