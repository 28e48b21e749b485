// What is wrong with redirects that are each in order: circles, rules that never apply, pages that are not there.
//
// A browser gives up after twenty redirects, and only then its user learns of a mistake. So each rule is tried
// with an address made up for it before a site is published, and followed as a browser would follow it. An edge
// needs none of this: it follows a rule once and leaves the rest to the browser.

import { formatPath, parseTarget } from '../target.ts'
import type { Pattern } from './pattern.ts'
import { type Complaint, createRedirects, isRewrite, type Redirect, type Redirects } from './redirects.ts'

/** What browsers follow before they give up. */
const hopsMax = 20

/** `isThere` tells whether the site has a file for an address, by its decoded segments. */
export function findCircles(
  redirects: Redirects,
  isThere: (segments: readonly string[]) => boolean,
): readonly Complaint[] {
  const complaints: Complaint[] = []
  for (const rule of redirects.rules) {
    const what = isRewrite(rule.status) ? absent(rule, isThere) : circle(rule, redirects, isThere)
    if (what !== undefined) complaints.push({ line: rule.line, what })
  }
  return complaints
}

/** Only where the rule names one file: with placeholders, some visitors may find theirs. */
function absent(
  { status, to, origin }: Redirect,
  isThere: (segments: readonly string[]) => boolean,
): string | undefined {
  if (status !== 200 || to.length > 1 || origin !== undefined) return undefined
  const target = parseTarget('GET', to[0]!.text)
  return isThere(target.segments)
    ? undefined
    : `the site has nothing at ${formatPath(target.segments, false)}`
}

function circle(
  rule: Redirect,
  redirects: Redirects,
  isThere: (segments: readonly string[]) => boolean,
): string | undefined {
  const sample = sampleOf(rule)
  const start = parseTarget('GET', sample)
  if (createRedirects([rule]).find(start, rule.isForced) === undefined)
    return 'the rule leads to the address that it is about (a slash at the end makes no other)'
  // This address may be an earlier rule's, or a file's: what happens then is not this rule's doing.
  if (!rule.isForced && isThere(start.segments)) return undefined
  let location = sample
  for (let hop = 0; hop < hopsMax; hop++) {
    const asked = parseTarget('GET', location)
    const forced = redirects.find(asked, true)
    if (forced === undefined && isThere(asked.segments)) return undefined
    const outcome = (forced ?? redirects.find(asked, false))?.outcome
    if (outcome?.kind !== 'redirect' || !outcome.location.startsWith('/')) return undefined
    location = outcome.location.replace(/#.*$/, '')
  }
  return `the rules lead in a circle: ${sample} is redirected more than ${hopsMax} times`
}

/** An address that the rule is about. */
function sampleOf({ pattern, query }: Redirect): string {
  const given = new URLSearchParams(
    query.map(({ key, value, isName }): [string, string] => [key, isName ? 'x' : value]),
  )
  return `${formatPath(sampleSegments(pattern), false)}${given.size === 0 ? '' : `?${given}`}`
}

function sampleSegments({ before, star, after }: Pattern): string[] {
  const part = ({ kind, text }: Pattern['before'][number]): string => (kind === 'name' ? 'x' : text)
  const middle = star === undefined ? [] : [`${star.prefix}x${star.suffix}`]
  return [...before.map(part), ...middle, ...after.map(part)]
}
