// The journals of zones on disk, so that a secondary gets differences after a restart, too.
//
// One file a zone, written whole for each new version, and believed only where it leads to the very zone file that is
// served: who edits the file while nothing runs begins a new journal. What cannot be read or written is told and costs
// no more than a whole transfer.

import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isFault } from '../../base/fault.ts'
import { writeWhole } from '../../base/io/file.ts'
import type { Log } from '../../base/io/log.ts'
import type { Kept } from '../../resolver/transfer/journal.ts'
import { journalOctets, readJournal } from '../../resolver/transfer/kept-journal.ts'
import { nameText } from '../../resolver/wire/name.ts'
import type { Zone } from '../../resolver/zone/zone.ts'

/** Neither rejects. */
export interface JournalShelf {
  read(zone: Zone): Promise<Kept | undefined>
  write(zone: Zone, kept: Kept): Promise<void>
}

/** A zone that is given for a key only is not to be read in a folder beside. */
const ownOnly = { file: 0o600, folder: 0o700 }

/** A hundred thousand records have some 10 MB. */
const bytesMax = 256 * 1024 * 1024

/** `digestOf` gives that of the file that a zone was read from. */
export function openJournalShelf(
  folder: string,
  digestOf: (zone: Zone) => string | undefined,
  log: Log,
): JournalShelf {
  const fileOf = ({ apex }: Zone): string => join(folder, `${encodeURIComponent(nameText(apex))}journal`)
  return {
    async read(zone) {
      const file = fileOf(zone)
      try {
        const found = await stat(file)
        // To read a pipe is to wait for whoever writes, and a device may never end.
        if (!found.isFile()) throw new Error('it is no file')
        if (found.size > bytesMax) throw new Error(`${found.size} octets are too many`)
        const { digest, ...kept } = readJournal(await readFile(file))
        return digest === digestOf(zone) ? kept : undefined
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException
        if (code !== 'ENOENT')
          log.warn({ file, why: message }, 'a journal cannot be read: transfers are whole')
        return undefined
      }
    },
    async write(zone, kept) {
      const digest = digestOf(zone)
      if (digest === undefined) return
      try {
        await writeWhole(fileOf(zone), journalOctets({ ...kept, digest }), ownOnly)
      } catch (error) {
        if (!isFault(error)) throw error
        log.warn({ zone: nameText(zone.apex), why: error.message }, 'a journal is not kept')
      }
    },
  }
}
