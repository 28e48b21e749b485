// What an edge served last, in a file of its own, so that a start does not deny or refuse what it knew. A file that
// cannot be used is no reason not to start: all is found again, only later.
//
// One writing at a time, of what is served when it begins: whoever has much to change in a row is written twice.

import { isFault } from '../../base/fault.ts'
import { realClock } from '../../base/io/clock.ts'
import { readJson, writeWhole } from '../../base/io/file.ts'
import type { Log } from '../../base/io/log.ts'

/** How old the file may be when nothing but times changed. */
const rememberMs = 600_000

export interface ServedMemory<T> {
  /** Of an earlier run. */
  readonly remembered: readonly T[]
  /** Writes soon what is served. */
  write(): void
  /** Writes if that was long ago. */
  touch(): void
  /** What is served now is written when it resolves. */
  close(): Promise<void>
}

export interface Wording<T> {
  /** Undefined for JSON of another form. */
  parse(json: unknown): readonly T[] | undefined
  /** What is served now, as JSON; asked at every writing. */
  text(): string
}

export async function openServedMemory<T>(
  file: string,
  { parse, text }: Wording<T>,
  log: Log,
): Promise<ServedMemory<T>> {
  const json = await readJson(file).catch(error => {
    if (!isFault(error)) throw error
    return 'broken'
  })
  const remembered = json === undefined ? [] : parse(json)
  if (remembered === undefined) log.warn({ file }, 'the file of what was served cannot be used')
  let writtenAt = realClock.now()
  let writing: Promise<void> | undefined
  let isStale = false
  const write = (): void => {
    isStale = true
    writing ??= (async () => {
      while (isStale) {
        isStale = false
        writtenAt = realClock.now()
        await writeWhole(file, text()).catch(error =>
          log.warn({ what: String(error) }, 'what is served cannot be remembered'),
        )
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
