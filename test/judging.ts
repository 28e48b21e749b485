// One half of the conformance tests, for a process of its own: what the programs of others check, and keep a core
// busy with. The other half is test/talking.ts.

import { testFiles } from './files.ts'
import { leaveNoOrphans } from './orphans.ts'

leaveNoOrphans()
for (const file of testFiles('judging')) await import(file)
