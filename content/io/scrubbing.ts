// The scrub of a store with a real clock: checks what is due, remembers its place in a file.

import { readFile, writeFile } from 'node:fs/promises'
import type { Meter } from '../../base/meter.ts'
import type { Clock } from '../fetch.ts'
import { parseCid } from '../identifier.ts'
import { createScrub } from '../scrub.ts'
import type { Store } from '../store.ts'

export type ScrubbingOptions = {
  readonly store: Pick<Store, 'keys' | 'check'>
  readonly clock: Clock
  readonly meter: Meter
  readonly bytesPerS: number
  /** Of the file that says how far an earlier run came; when it is lost, a pass begins anew. */
  readonly placePath: string
}

const passMsMin = 3_600_000
/** The place is written after so many blocks, and at the end: a crash costs reading these again. */
const blocksPerNote = 256

/** Resolves once it has begun; the returned function ends it. */
export async function beginScrubbing(options: ScrubbingOptions): Promise<() => Promise<void>> {
  const { store, clock, meter, bytesPerS, placePath } = options
  const place = await readFile(placePath, 'utf8').catch(() => '')
  const scrub = createScrub({ keys: store.keys, bytesPerS, passMsMin, place }, clock.now())
  /** The place only saves work: where it cannot be written, nothing is lost. */
  const note = (): Promise<void> => writeFile(placePath, scrub.place()).catch(() => {})
  let isOver = false
  let cancel = (): void => {}
  let count = 0
  let running = Promise.resolve()

  const check = async (key: string): Promise<void> => {
    const sizeBytes = await store.check(parseCid(key))
    meter.count('store.scrubbed')
    scrub.checked(sizeBytes ?? 0, clock.now())
    if (++count % blocksPerNote === 0) await note()
  }
  const turn = (): void => {
    if (isOver) return
    const key = scrub.wake(clock.now())
    running = key === undefined ? running : check(key)
    void running.then(() => {
      if (!isOver) cancel = clock.after(scrub.wakeAt() - clock.now(), turn)
    })
  }
  turn()
  return async () => {
    isOver = true
    cancel()
    await running
    await note()
  }
}
