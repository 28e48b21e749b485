// The overlay between machines that are apart, for a process of its own: minutes of waiting for edges that are cut off
// to meet again, beside which the conformance tests have room.

import { testFiles } from './files.ts'
import { leaveNoOrphans } from './orphans.ts'

leaveNoOrphans()
for (const file of testFiles('meeting')) await import(file)
