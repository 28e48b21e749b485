// The entry of `inxt`: runs what the command line asks for, and says what prevented it.

import { constants } from 'node:os'
import { program } from './program.ts'
import { printFault } from './terminal.ts'

// The reader of our output has left (`inxt status | head`): what runs until it is told to stop is told so, the rest
// ends at once, as a program does that is killed by SIGPIPE.
process.stdout.on('error', () => {
  if (process.listenerCount('SIGHUP') > 0) process.kill(process.pid, 'SIGHUP')
  else process.exit(128 + constants.signals.SIGPIPE)
})

try {
  await program.parseAsync()
} catch (error) {
  printFault(error)
  process.exit(1)
}
