// The e2e suite, for a process of its own: whole networks are started one after another.

import { testFiles } from './files.ts'
import { leaveNoOrphans } from './orphans.ts'

leaveNoOrphans()
for (const file of testFiles('e2e')) await import(file)
