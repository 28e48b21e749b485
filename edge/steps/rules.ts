// What the site itself says about how it is served, and what protects its readers unless it says otherwise.
//
// The rules are learnt before the path is looked for and belong to the version, not to the name: another root,
// other rules. Browsers are told not to guess types, to keep paths to themselves when they leave the site, and,
// where there is TLS, to come back with it. Whether a site may be framed or share a window with others is its
// owner's to say: the edge cannot know which of them are meant to be embedded. An origin speaks for itself.

import { type Field, withFields } from '../message.ts'
import type { Content } from '../questions.ts'
import type { RuleBook } from '../site/rules.ts'
import { type IngressStep, known } from '../visit.ts'

export const protection: readonly Field[] = [
  ['X-Content-Type-Options', 'nosniff'],
  ['Referrer-Policy', 'strict-origin-when-cross-origin'],
]

/** `hstsS` is how long a browser insists on TLS, 0 for not at all (RFC 6797). */
export function rules(content: Pick<Content, 'resolve'>, book: RuleBook, hstsS: number): IngressStep {
  const secured: readonly Field[] =
    hstsS === 0 ? protection : [...protection, ['Strict-Transport-Security', `max-age=${hstsS}`]]
  return async (visit, next) => {
    const { root } = known(visit, 'site')
    const { segments } = known(visit, 'target')
    const { signal } = visit.request
    const found = book.find(root, signal)
    // Of a version that is new here, most likely the file of that path is wanted: its blocks come meanwhile.
    if (found instanceof Promise) content.resolve(root, segments.join('/'), signal).catch(() => {})
    const rules = found instanceof Promise ? await found : found
    const changes = rules.headers.find(segments)
    const response = await next({ ...visit, rules, ...(changes && { changes }) })
    if (response.isRelayed) return response
    const fields = visit.request.secure ? secured : protection
    return withFields(
      response,
      changes === undefined ? fields : fields.filter(([name]) => !changes.without.has(name.toLowerCase())),
    )
  }
}
