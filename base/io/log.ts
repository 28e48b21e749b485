// The log: one JSON object a line (pino), to a file or standard error, written synchronously so that the last
// words before an exit are kept (an asynchronous destination loses them).

import { destination, type Logger, pino } from 'pino'

export type Log = Logger

export function createLog(options: { name: string; level?: string; file?: string }): Log {
  return pino(
    { name: options.name, level: options.level ?? 'info', base: { name: options.name } },
    destination({ dest: options.file ?? 2, sync: true, mkdir: true }),
  )
}

export const silentLog: Log = pino({ level: 'silent' })
