// What the site itself says about how it is served, and what protects its readers unless it says otherwise.
//
// The rules are learnt before the path is looked for and belong to the version, not to the name: another root,
// other rules. Browsers are told not to guess types, to keep paths to themselves when they leave the site, and,
// where there is TLS, to come back with it. Whether a site may be framed or share a window with others is its
// owner's to say: the edge cannot know which of them are meant to be embedded. An origin speaks for itself.

import { type Answer, andThen, type Field, type IngressResponse, withFields } from '../message.ts'
import type { Content } from '../questions.ts'
import type { FieldChanges } from '../site/headers.ts'
import type { RuleBook, SiteRules } from '../site/rules.ts'
import { type IngressStep, known, type Visit } from '../visit.ts'

export const protection: readonly Field[] = [
  ['X-Content-Type-Options', 'nosniff'],
  ['Referrer-Policy', 'strict-origin-when-cross-origin'],
]

/** `hstsS` is how long a browser insists on TLS, 0 for not at all (RFC 6797). */
export function rules(content: Pick<Content, 'resolve'>, book: RuleBook, hstsS: number): IngressStep {
  const secured: readonly Field[] =
    hstsS === 0 ? protection : [...protection, ['Strict-Transport-Security', `max-age=${hstsS}`]]
  const withProtection = (visit: Visit, changes: FieldChanges | undefined, response: IngressResponse) => {
    if (response.isRelayed) return response
    const fields = visit.request.secure ? secured : protection
    if (changes === undefined) return withFields(response, fields)
    return withFields(
      response,
      fields.filter(([name]) => !changes.without.has(name.toLowerCase())),
    )
  }
  return (visit, next) => {
    const { root } = known(visit, 'site')
    const { segments } = known(visit, 'target')
    const onward = (rules: SiteRules): Answer => {
      const changes = rules.headers.find(segments)
      const answer = next({ ...visit, rules, ...(changes && { changes }) })
      return andThen(answer, response => withProtection(visit, changes, response))
    }
    const before = book.known(root)
    if (before !== undefined) return onward(before)
    const { signal } = visit.request
    // Of a version that is new here, most likely the file of that path is wanted: its blocks come meanwhile.
    content.resolve(root, segments.join('/'), signal).catch(() => {})
    return Promise.resolve(book.find(root, signal)).then(onward)
  }
}
