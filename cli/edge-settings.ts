// What every command takes that is about one edge: its folder, and its settings from the preset, then the file, then
// the command line. What runs an edge and what takes it off the Roll read the same, so that both mean the same edge.

import { Fault } from '../base/fault.ts'
import { assignmentLayer, readLayer } from '../config/io/read.ts'
import type { Settings } from '../config/knobs.ts'
import { presets } from '../config/presets.ts'
import { settingsFrom } from '../config/settings.ts'

export interface EdgeOptions {
  data?: string
  config?: string
  preset: string
  set: string[]
}

/** Faults: input/invalid without a folder, config/invalid, config/unreadable. */
export async function edgeSettings(options: EdgeOptions): Promise<{ data: string; settings: Settings }> {
  const { data } = options
  if (data === undefined) {
    throw new Fault('input/invalid', 'an edge needs --data <folder>', {
      hint: 'Name a folder for its identity, blocks and state; without chain and peers give --standalone.',
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
  if (settings['chain.addresses'] === '') {
    throw new Fault('config/invalid', 'chain.addresses is not set: it is not known where the contracts are', {
      hint: 'Add --config with the settings of the edge, or --set chain.addresses=FILE.',
    })
  }
  return { data, settings }
}
