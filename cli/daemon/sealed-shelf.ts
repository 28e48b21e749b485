// Secrets of an edge on its disk: each a file that only the edge's own identity opens.
//
// What is sealed so is safe in a backup or on a disk that was sold, as long as identity.pem was not with it; an edge
// that starts unattended can promise no more. Files are replaced as a whole. One that cannot be opened (the identity
// changed) is told and left out: what is in it can be had again.

import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fromUtf8, utf8 } from '../../base/bytes.ts'
import { Fault } from '../../base/fault.ts'
import { readBytes, writeWhole } from '../../base/io/file.ts'
import type { Log } from '../../base/io/log.ts'

export interface SealedShelf {
  /** All that can be opened, by name. Fault `config/unreadable` for the folder. */
  read(): Promise<ReadonlyMap<string, unknown>>
  write(name: string, value: unknown): Promise<void>
  remove(name: string): Promise<void>
}

export interface Seal {
  seal(text: Uint8Array, about: string): Uint8Array
  /** Fault `bytes/malformed` for what was not sealed so. */
  open(letter: Uint8Array, about: string): Uint8Array
}

const ending = '.sealed'
const fileBytesMax = 64 * 1024

/** `folder` is made when it is missing. Names are host names or words: no slash, no dot first. */
export function openSealedShelf(folder: string, seal: Seal, log: Log): SealedShelf {
  const pathOf = (name: string): string => join(folder, `${name}${ending}`)
  return {
    async read() {
      const values = new Map<string, unknown>()
      for (const file of await filesIn(folder)) {
        if (!file.endsWith(ending)) continue
        const name = file.slice(0, -ending.length)
        try {
          const letter = await readBytes(join(folder, file), fileBytesMax)
          if (letter !== undefined) values.set(name, JSON.parse(fromUtf8(seal.open(letter, name)) ?? ''))
        } catch (error) {
          log.warn({ file, what: String(error) }, 'a sealed file cannot be opened')
        }
      }
      return values
    },
    write: (name, value) => {
      const letter = seal.seal(utf8(JSON.stringify(value)), name)
      return writeWhole(pathOf(name), letter, { file: 0o600, folder: 0o700 })
    },
    remove: name => rm(pathOf(name), { force: true }),
  }
}

/** None when there is no folder yet. One that cannot be read is not taken for empty: its files would be replaced. */
async function filesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw new Fault('config/unreadable', `${folder} cannot be read`, { cause })
  }
}
