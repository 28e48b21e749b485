// `inxt edge`: one edge as a process. Settings come from the preset, then the file, then the command line.

import { Session } from 'node:inspector'
import { join } from 'node:path'
import { Fault, isFault } from '../../base/fault.ts'
import { realClock } from '../../base/io/clock.ts'
import { createLog } from '../../base/io/log.ts'
import { assignmentLayer, readLayer } from '../../config/io/read.ts'
import { presets } from '../../config/presets.ts'
import { settingsFrom } from '../../config/settings.ts'
import { lockFolder } from '../daemon/lock.ts'
import type { Word } from '../devnet/word.ts'
import { startNode } from '../node.ts'

interface EdgeOptions {
  data?: string
  config?: string
  preset: string
  set: string[]
}

/** By then an edge has met the others, and has fetched what it is to hold. */
const settledMs = 15_000

export async function edge(options: EdgeOptions): Promise<void> {
  const { data } = options
  if (data === undefined) {
    throw new Fault('input/invalid', 'an edge needs --data <folder>', {
      hint: 'Name a folder for its identity, blocks and state; or give --standalone with --zone.',
    })
  }
  const preset = Object.entries(presets).find(([name]) => name === options.preset)?.[1]
  if (preset === undefined) {
    const known = Object.keys(presets).join(', ')
    throw new Fault('config/invalid', `--preset ${options.preset}: there is no such preset (${known})`)
  }
  const layers = [{ source: `preset ${options.preset}`, values: preset }]
  if (options.config !== undefined) layers.push((await readLayer(options.config)) as (typeof layers)[number])
  const settings = settingsFrom([...layers, assignmentLayer(options.set)])
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
