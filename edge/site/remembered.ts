// Where a path of a version leads, remembered: the answer of `resolve` for what is there.
//
// A root names its content for ever, so a path in it leads to one file for ever, and a hot request need not
// decode the directories on the way again. What is missing is not kept: anybody can think of any number of
// names that are not there.

import { LRUCache } from 'lru-cache'
import { ownText } from '../own-text.ts'
import type { Content, Resolved } from '../questions.ts'

/** With paths of the greatest length about 5 MB. */
const entriesMax = 10_000
const pathCharactersMax = 256

export function rememberPaths(content: Content): Content {
  const known = new LRUCache<string, Resolved>({ max: entriesMax })
  return {
    ...content,
    async resolve(root, path, signal) {
      const key = `${root}/${path}`
      const before = known.get(key)
      if (before !== undefined) return before
      const found = await content.resolve(root, path, signal)
      if (found.kind !== 'missing' && path.length <= pathCharactersMax) known.set(ownText(key), found)
      return found
    },
  }
}
