// Which file of the site is meant: rules, clean addresses, index files, the site's own page for the missing.
//
// Redirects are revalidated like everything under a name: the next version of a site may have a file where
// this one has a rule or a directory, and a remembered 301 would hide it for ever.

import { LRUCache } from 'lru-cache'
import { type Answer, emptyResponse, type IngressResponse } from '../message.ts'
import type { Pull } from '../origins.ts'
import { ownText } from '../own-text.ts'
import { page } from '../page.ts'
import type { Content } from '../questions.ts'
import { revalidate } from '../site/lasting.ts'
import { locate } from '../site/path.ts'
import type { Target } from '../target.ts'
import { type ChosenFile, type IngressStep, known } from '../visit.ts'

/** With addresses of the greatest length about 5 MB. */
const filesMax = 10_000
const addressCharactersMax = 256

export function path(content: Pick<Content, 'resolve'>, pull: Pull): IngressStep {
  /** A root has one file for an address, for good; what is missing is not kept, since anybody can think it up. */
  const files = new LRUCache<string, ChosenFile>({ max: filesMax })
  return (visit, next) => {
    const target = known(visit, 'target')
    const { root } = known(visit, 'site')
    const onward = (file: ChosenFile): Answer => {
      const type = visit.changes?.set.find(([name]) => name.toLowerCase() === 'content-type')
      return next({ ...visit, file: type === undefined ? file : { ...file, mediaType: type[1] } })
    }
    // As it was sent, without a host before it: other spellings are found again for themselves.
    const address = target.form === 'origin' ? visit.request.target : ''
    const isKept = address !== '' && address.length <= addressCharactersMax
    const before = isKept ? files.get(`${root} ${address}`) : undefined
    if (before !== undefined) return onward(before)
    const place = { content, root, rules: known(visit, 'rules'), signal: visit.request.signal }
    return locate(place, target).then(located => {
      if (located.kind === 'origin') return pull(visit, located)
      if (located.kind === 'missing') return missing(located.status, target)
      if (located.kind === 'redirect') {
        const fields = [
          ['Location', located.location],
          ['Cache-Control', revalidate],
        ] as const
        return emptyResponse(located.status, fields)
      }
      const { file } = located
      if (isKept && file.status === 200)
        files.set(ownText(`${root} ${address}`), { ...file, segments: file.segments.map(ownText) })
      return onward(file)
    })
  }
}

const titles = {
  404: 'There is no such page',
  410: 'This page is gone',
  451: 'This page may not be shown',
} as const

function missing(status: keyof typeof titles, { segments, directory }: Target): IngressResponse {
  const path = `/${segments.join('/')}${directory && segments.length > 0 ? '/' : ''}`
  return page({
    status,
    title: titles[status],
    what:
      status === 404
        ? `The site has nothing at ${path}.`
        : `The site has a rule for ${path}: status ${status}.`,
    meaning: 'The site is there, and complete; this address is not part of it.',
    hint: 'Go to the start of the site, or tell whoever gave you the link.',
  })
}
