// All sections of the grid's figures, in the order in which they are printed.

import { grid2001 } from './grid2001.ts'
import { parting } from './parting.ts'
import type { Section } from './section.ts'

export const sections: readonly Section[] = [grid2001, parting]
