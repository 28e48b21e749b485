// Sites are read-only: GET and HEAD read, OPTIONS says so, and everything else is answered 405 with what is
// allowed.
//
// It stands after `own`, since the edge's own routes do take uploads, and after `origin`, which takes what a site's
// rules lead to another host. A scanner that tries PUT on every name costs a look-up in memory each.

import { emptyResponse } from '../message.ts'
import { page } from '../page.ts'
import type { IngressStep } from '../visit.ts'

export const siteMethods: readonly string[] = ['GET', 'HEAD', 'OPTIONS']

export function method(): IngressStep {
  return (visit, next) => {
    const { method: asked } = visit.request
    const allow = ['Allow', siteMethods.join(', ')] as const
    if (asked === 'OPTIONS') return emptyResponse(204, [allow])
    if (siteMethods.includes(asked)) return next(visit)
    const text = {
      status: 405,
      title: 'Sites can only be read here',
      what: `The request used the method ${asked.slice(0, 40)}.`,
      meaning: 'An edge serves what a site’s owner has published; it takes nothing in.',
      hint: `Use one of ${siteMethods.join(', ')}. Owners change a site with: inxt publish <folder> <name>`,
    }
    return page(text, [allow])
  }
}
