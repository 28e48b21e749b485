// Whose site is it? From the host to the root of the content, or a page that says why there is none.
//
// The look-up is synchronous, in a snapshot of the registry: the pages for unknown names are what scanners
// see most, and must not become work for the network.

import type { IngressResponse } from '../message.ts'
import { page } from '../page.ts'
import type { Sites } from '../questions.ts'
import { placeOf } from '../site/host.ts'
import { type IngressStep, known } from '../visit.ts'

export function site(sites: Sites, suffixes: readonly string[]): IngressStep {
  return (visit, next) => {
    const { host } = known(visit, 'authority')
    const place = placeOf(host, suffixes, one => sites.bound?.(one))
    if (place.kind === 'foreign') return misdirected(host)
    if (place.kind === 'unknown') return nobody(host)
    const { label } = place
    const found = sites.find(label)
    if (found === 'unknown') return nobody(host, label)
    if (found === 'empty') return nothingYet(host, label)
    return next({ ...visit, site: { label, ...found } })
  }
}

function misdirected(host: string): IngressResponse {
  return page({
    status: 421,
    title: 'This edge does not serve that name',
    what: `The request was for ${host}.`,
    meaning: 'The name is neither under a suffix of this network nor bound to one of its sites.',
    hint: 'Check the name. Its owner may have to bind the domain to a site first.',
  })
}

function nobody(host: string, label?: string): IngressResponse {
  return page({
    status: 404,
    title: 'This name has no site yet',
    what: `The request was for ${host}.`,
    meaning: 'Nobody has registered that name.',
    hint: label === undefined ? 'Check the spelling.' : `It can be yours: inxt publish <folder> ${label}`,
  })
}

function nothingYet(host: string, label: string): IngressResponse {
  return page({
    status: 404,
    title: 'This name has no site yet',
    what: `The request was for ${host}.`,
    meaning: 'The name has an owner, who has not published anything under it.',
    hint: `If the owner is you: inxt publish <folder> ${label}`,
  })
}
