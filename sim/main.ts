// The entry of `npm run sim`; what it does is in `io/command.ts`, since it speaks to a terminal.

import { runCommand } from './io/command.ts'

await runCommand()
