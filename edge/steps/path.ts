// Which file of the site is meant: index files, the redirect to a final slash, the site's own page for the
// missing.
//
// The redirect is revalidated like everything under a name: the next version of a site may have a file where
// this one has a directory, and a remembered 301 would hide it for ever.

import { emptyResponse, type IngressResponse } from '../message.ts'
import { page } from '../page.ts'
import type { Content } from '../questions.ts'
import { locate } from '../site/path.ts'
import { formatPath, type Target } from '../target.ts'
import { type IngressStep, known } from '../visit.ts'
import { revalidate } from './describe.ts'

export function path(content: Content): IngressStep {
  return async (visit, next) => {
    const target = known(visit, 'target')
    const located = await locate(content, known(visit, 'site').root, target, visit.request.signal)
    if (located.kind === 'file') return next({ ...visit, file: located.file })
    return located.kind === 'directory' ? redirect(target) : missing(target)
  }
}

/** The path is written anew from its segments, so the Location can never be another host's ("//evil"). */
function redirect({ segments, query }: Target): IngressResponse {
  const location = `${formatPath(segments, true)}${query}`
  return emptyResponse(301, [['Location', location], revalidate])
}

function missing({ segments, directory }: Target): IngressResponse {
  return page({
    status: 404,
    title: 'There is no such page',
    what: `The site has nothing at /${segments.join('/')}${directory && segments.length > 0 ? '/' : ''}.`,
    meaning: 'The site is there, and complete; this address is not part of it.',
    hint: 'Go to the start of the site, or tell whoever gave you the link.',
  })
}
