// One half of the unit tests, for a process of its own; test/run.ts starts both.

import { testFiles } from './files.ts'

for (const file of testFiles('touching')) await import(file)
