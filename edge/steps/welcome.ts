// The end of the edge's own chain: a word to the person who opened its address, and 404 for everything else.
//
// The page says how sites are reached. It lists none: an address that anybody may open is not a directory.

import { problem } from '../json.ts'
import type { IngressResponse } from '../message.ts'
import { page } from '../page.ts'
import { known, type Visit } from '../visit.ts'

export function welcome(suffix: string): (visit: Visit) => Promise<IngressResponse> {
  return async visit => {
    const { segments } = known(visit, 'target')
    const { method } = visit.request
    if (segments.length > 0 || (method !== 'GET' && method !== 'HEAD')) return nothing()
    return page({
      status: 200,
      title: 'This is an edge of INXT',
      what: 'You asked the edge itself, by its address.',
      meaning: `It serves sites by their names: each has a name of its own under .${suffix}.`,
      hint: `Open http://<name>.${suffix}/ with this port, or read /inxt/status here.`,
    })
  }
}

function nothing(): IngressResponse {
  return problem(404, {
    what: 'The edge has nothing at this address.',
    meaning: 'Its own addresses begin with /inxt/ and /ipfs/.',
    hint: 'GET /inxt/status shows that it is alive.',
  })
}
