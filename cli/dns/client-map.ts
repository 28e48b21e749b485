// The operator's map of clients to edges, read from its file and kept true to it.
//
// A file that changes is read again; one with errors is told, every error with its line, and the old map stays.

import { readFile, stat } from 'node:fs/promises'
import { Fault } from '../../base/fault.ts'
import { unreadable } from '../../base/io/file.ts'
import type { Log } from '../../base/io/log.ts'
import { type MappedEdge, parseClientMap } from '../../resolver/select/client-map.ts'
import { PrefixMap } from '../../resolver/select/prefix-map.ts'
import { watchFiles } from '../daemon/watch.ts'

export type ClientMap = PrefixMap<readonly MappedEdge[]>

/** 100,000 lines of two IPv6 addresses with a prefix are 12 MB. */
const mapBytesMax = 16 * 1024 * 1024

/** The map as it stands at each call; an empty one where `file` is ''. Faults: config/unreadable, config/invalid. */
export async function openClientMap(
  file: string,
  { log, stack }: { log: Log; stack: AsyncDisposableStack },
): Promise<() => ClientMap> {
  let map: ClientMap = file === '' ? new PrefixMap() : parseClientMap(await readMap(file), file)
  const reload = async (): Promise<void> => {
    try {
      map = parseClientMap(await readMap(file), file)
      log.info({ file }, 'the map of clients was read again')
    } catch (error) {
      log.error({ err: error, file }, 'the map of clients has errors: the old one stays')
    }
  }
  if (file !== '') stack.use(await watchFiles([file], () => void reload(), log))
  return () => map
}

async function readMap(file: string): Promise<string> {
  try {
    const { size } = await stat(file)
    if (size <= mapBytesMax) return await readFile(file, 'utf8')
  } catch (cause) {
    throw unreadable(file, cause)
  }
  throw new Fault('config/invalid', `${file} is larger than ${mapBytesMax} bytes`)
}
