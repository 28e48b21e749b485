// Why something could not be written to the disk, as a Fault: a full disk is the operator's to mend, and passes.

import { Fault } from '../../base/fault.ts'

/** `store/full` when there is no room, `config/unreadable` for all else; `what` is named in the latter. */
export function unwritten(what: string, cause: unknown): Fault {
  const { code, message } = cause as NodeJS.ErrnoException
  if (code !== 'ENOSPC' && code !== 'EDQUOT') {
    return new Fault('config/unreadable', `writing ${what}: ${message}`, { cause })
  }
  return new Fault('store/full', 'the disk has no space left', {
    cause,
    hint: 'Free some space on the disk.',
  })
}
