// All sections of the grid's figures, in the order in which they are printed.

import { parting } from './parting.ts'
import type { Section } from './section.ts'

export const sections: readonly Section[] = [parting]
