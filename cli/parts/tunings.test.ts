import assert from 'node:assert/strict'
import { test } from 'node:test'
import { presets } from '../../config/presets.ts'
import { settingsFrom } from '../../config/settings.ts'
import * as coordinates from '../../overlay/coordinates/options.ts'
import * as queries from '../../overlay/grid/ground.ts'
import * as structure from '../../overlay/grid/structure-options.ts'
import * as membership from '../../overlay/membership/options.ts'
import { coordinatesTuning, membershipTuning, queryTuning, structureTuning } from './tunings.ts'

const wide = [
  membership.wideTuning,
  coordinates.wideTuning,
  structure.wideGridTuning,
  queries.wideQueries,
] as const
const devnet = [
  membership.devnetTuning,
  coordinates.devnetTuning,
  structure.devnetGridTuning,
  queries.devnetQueries,
] as const

test('what the simulator plays is how the machines of an edge are tuned', () => {
  for (const [name, played] of [
    ['internet', wide],
    ['devnet', devnet],
  ] as const) {
    const settings = settingsFrom([{ source: name, values: presets[name] }])
    const tuned = [membershipTuning, coordinatesTuning, structureTuning, queryTuning].map(tuning =>
      tuning(settings),
    )
    assert.deepEqual(tuned, played, name)
  }
})
