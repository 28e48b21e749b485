// All sections of the grid's figures, in the order in which they are printed.

import { measuredRtts } from '../io/latency.ts'
import { dataDriven } from './datadriven.ts'
import { grid2001 } from './grid2001.ts'
import { growth } from './growth.ts'
import { lookups } from './lookups.ts'
import { parting } from './parting.ts'
import type { Section } from './section.ts'
import { showers } from './showers.ts'
import { updates } from './updates.ts'

export const sections: readonly Section[] = [
  grid2001,
  parting,
  dataDriven,
  growth,
  showers,
  updates,
  lookups(measuredRtts()),
]
