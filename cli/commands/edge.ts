// `inxt edge`: one edge as a process.

import { Session } from 'node:inspector'
import { join } from 'node:path'
import { isFault } from '../../base/fault.ts'
import { realClock } from '../../base/io/clock.ts'
import { createLog } from '../../base/io/log.ts'
import { lockFolder } from '../daemon/lock.ts'
import type { Word } from '../devnet/word.ts'
import { type EdgeOptions, edgeSettings } from '../edge-settings.ts'
import { startNode } from '../node.ts'

/** By then an edge has met the others, and has fetched what it is to hold. */
const settledMs = 15_000

export async function edge(options: EdgeOptions): Promise<void> {
  const { data, settings } = await edgeSettings(options)
  const log = createLog({ name: settings['edge.address'], level: settings['log.level'] })
  const stopped = stopSignal()
  try {
    const unlock = await lockFolder(data)
    const node = await startNode({ settings, folder: data, log }).catch(async error => {
      await unlock()
      throw error
    })
    log.info({ peer: node.peer, data: join(data) }, 'edge serves')
    tell({ ready: true })
    collectGarbage()
    realClock.after(settledMs, collectGarbage)
    const why = await stopped
    log.info({ why, leaveMs: settings['edge.leaveMs'] }, 'edge leaves; another signal makes it quick')
    const hurry = new AbortController()
    stopSignal().then(() => hurry.abort())
    await node.stop(hurry.signal)
    await unlock()
    log.info('edge stopped')
  } catch (error) {
    if (isFault(error)) tell({ fault: { code: error.code, what: error.message, hint: error.hint } })
    throw error
  }
  process.exit(0)
}

/**
 * Starting leaves some 20 MiB of garbage that nothing would press an idle edge to collect, and joining the others some
 * more. By the inspector, because code that was compiled without `--expose-gc` is compiled anew with it.
 */
function collectGarbage(): void {
  const session = new Session()
  session.connect()
  session.post('HeapProfiler.collectGarbage')
  session.disconnect()
}

/** A signal, or the end of the parent that started us (its IPC channel closes). */
function stopSignal(): Promise<string> {
  return new Promise(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(signal))
    if (process.channel) process.on('disconnect', () => resolve('parent gone'))
  })
}

function tell(word: Word): void {
  if (process.connected) process.send?.(word)
}
