// What a certificate authority wants to read before it vouches for a name: HTTP-01 (RFC 8555 §8.3).
//
// It asks whichever edge the name points at, at a path that no site can have a say in; so this step stands before all
// sites. An answer that nobody has is a 404 like any other, and costs a look into the grid only for names that are
// served here.

import { utf8 } from '../../base/bytes.ts'
import { bytesResponse, emptyResponse, type IngressResponse } from '../message.ts'
import { type IngressStep, known, type Visit } from '../visit.ts'

/** The key authorization for a token that an authority gave for a host; undefined when nobody here ordered. */
export type Challenges = (host: string, token: string) => Promise<string | undefined>

const token = /^[\w-]{1,256}$/

export function challenge(challenges: Challenges): IngressStep {
  return (visit, next) => {
    const { segments } = known(visit, 'target')
    const [folder, name, asked = ''] = segments
    if (folder !== '.well-known' || name !== 'acme-challenge') return next(visit)
    return answer(visit, asked, segments.length === 3)
  }

  async function answer(visit: Visit, asked: string, isWhole: boolean): Promise<IngressResponse> {
    const { method } = visit.request
    const shown =
      isWhole && token.test(asked) && (method === 'GET' || method === 'HEAD')
        ? await challenges(known(visit, 'authority').host, asked)
        : undefined
    if (shown === undefined) return emptyResponse(404, [['Cache-Control', 'no-store']])
    const fields = [
      ['Content-Type', 'application/octet-stream'],
      ['Cache-Control', 'no-store'],
    ] as const
    return bytesResponse(200, fields, utf8(shown))
  }
}
