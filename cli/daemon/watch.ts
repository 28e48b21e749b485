// Files that may be replaced while we run: zone files, certificates. Told once for each new content that settled.
//
// The folders are watched rather than the files, because editors and certificate tools put a new file in the place of
// the old one, and a watch on a file follows the old. Any stir in a folder leads to a look at the files in it: what is
// replaced through a link (as Kubernetes does) stirs another name.

import { type FSWatcher, watch } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Log } from '../../base/io/log.ts'

/** A program that writes a file in several goes is done after this long. */
const settleMs = 200

/** Calls `changed` with a path of `files`, as it was given, after that file changed. */
export async function watchFiles(
  files: readonly string[],
  changed: (file: string) => void,
  log: Log,
): Promise<Disposable> {
  const folders = Map.groupBy(files, file => dirname(resolve(file)))
  const seen = new Map<string, string>()
  for (const file of files) seen.set(file, await lookOf(file))
  const watchers: FSWatcher[] = []
  const timers = new Map<string, NodeJS.Timeout>()
  const look = async (folder: string): Promise<void> => {
    for (const file of folders.get(folder)!) {
      const now = await lookOf(file)
      if (now === seen.get(file)) continue
      seen.set(file, now)
      changed(file)
    }
  }
  for (const folder of folders.keys()) {
    try {
      const watcher = watch(folder, { persistent: false }, () => {
        clearTimeout(timers.get(folder))
        timers.set(
          folder,
          setTimeout(() => void look(folder), settleMs),
        )
      })
      watcher.on('error', error =>
        log.warn({ err: error, folder }, 'a folder is no longer watched: use SIGHUP'),
      )
      watchers.push(watcher)
    } catch (error) {
      log.warn({ err: error, folder }, 'a folder cannot be watched: use SIGHUP')
    }
  }
  return {
    [Symbol.dispose]() {
      for (const watcher of watchers) watcher.close()
      for (const timer of timers.values()) clearTimeout(timer)
    },
  }
}

/** What differs between two versions of a file; the same for as long as it is not there. */
async function lookOf(file: string): Promise<string> {
  try {
    const { ino, size, mtimeMs } = await stat(file)
    return `${ino} ${size} ${mtimeMs}`
  } catch {
    return 'absent'
  }
}
