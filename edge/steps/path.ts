// Which file of the site is meant: rules, clean addresses, index files, the site's own page for the missing.
//
// Redirects are revalidated like everything under a name: the next version of a site may have a file where
// this one has a rule or a directory, and a remembered 301 would hide it for ever.

import { emptyResponse, type IngressResponse } from '../message.ts'
import type { Pull } from '../origins.ts'
import { page } from '../page.ts'
import type { Content } from '../questions.ts'
import { revalidate } from '../site/lasting.ts'
import { locate } from '../site/path.ts'
import type { Target } from '../target.ts'
import { type IngressStep, known } from '../visit.ts'

export function path(content: Pick<Content, 'resolve'>, pull: Pull): IngressStep {
  return async (visit, next) => {
    const target = known(visit, 'target')
    const { root } = known(visit, 'site')
    const place = { content, root, rules: known(visit, 'rules'), signal: visit.request.signal }
    const located = await locate(place, target)
    switch (located.kind) {
      case 'redirect':
        return emptyResponse(located.status, [
          ['Location', located.location],
          ['Cache-Control', revalidate],
        ])
      case 'origin':
        return pull(visit, located)
      case 'missing':
        return missing(located.status, target)
      case 'file': {
        const { file } = located
        const type = visit.changes?.set.find(([name]) => name.toLowerCase() === 'content-type')
        return next({ ...visit, file: type === undefined ? file : { ...file, mediaType: type[1] } })
      }
    }
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
