// One half of the conformance tests, for a process of its own: conversations that mostly wait, for a cache to grow
// stale, a slow client to be hung up on, a certificate to be due. The other half is test/judging.ts.

import { testFiles } from './files.ts'
import { leaveNoOrphans } from './orphans.ts'

leaveNoOrphans()
for (const file of testFiles('talking')) await import(file)
