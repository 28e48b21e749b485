// The log: one JSON object a line (pino), to a file or standard error, written synchronously so that the last
// words before an exit are kept (an asynchronous destination loses them).
//
// A line that cannot be written is lost: a full disk, or a pipe that nobody reads, must not end a server. Pino's own
// destination ends it, or waits until there is room.

import { openSync, writeSync } from 'node:fs'
import { type Logger, pino } from 'pino'

export type Log = Logger

export function createLog(options: { name: string; level?: string; file?: string }): Log {
  const descriptor = options.file === undefined ? 2 : openSync(options.file, 'a')
  const write = (line: string): void => {
    try {
      writeSync(descriptor, line)
    } catch {
      // lost
    }
  }
  return pino({ name: options.name, level: options.level ?? 'info', base: { name: options.name } }, { write })
}

export const silentLog: Log = pino({ level: 'silent' })
