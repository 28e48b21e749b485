// The roots this machine has promised to hold, in one small JSON file that is replaced as a whole.

import { readFile } from 'node:fs/promises'
import { Fault } from '../../base/fault.ts'
import { writeWhole } from '../../base/io/file.ts'
import { formatCid, parseCid } from '../identifier.ts'
import type { Wanted } from '../keep.ts'

const version = 1

/** `read` throws `state/broken` when the file is not what `write` wrote; a missing file is an empty list. */
export function createWantedFile(path: string): Wanted {
  return {
    async read() {
      let text: string
      try {
        text = await readFile(path, 'utf8')
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return []
        throw new Fault('config/unreadable', `the list of kept sites ${path}`, { cause })
      }
      try {
        const { version: found, roots } = JSON.parse(text)
        if (found !== version || !Array.isArray(roots)) throw new Error('not a list of this version')
        return roots.map(root => formatCid(parseCid(`${root}`)))
      } catch (cause) {
        throw new Fault('state/broken', `the list of kept sites ${path} is damaged`, { cause })
      }
    },
    write: roots => writeWhole(path, `${JSON.stringify({ version, roots }, undefined, 2)}\n`),
  }
}
