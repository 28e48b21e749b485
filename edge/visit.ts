// What is known about one request on its way through the chain; each step learns something and passes it on.
//
// A visit is never changed, only copied with more in it, so a step cannot be surprised by what a later one
// did. What a step needs from an earlier one it takes with `known`: a wrong order in the list is a bug of
// ours and loud.

import type { Step } from '../base/chain.ts'
import { assert } from '../base/fault.ts'
import type { Authority } from './authority.ts'
import type { Answer, IngressRequest } from './message.ts'
import type { Coding } from './site/coding.ts'
import type { FieldChanges } from './site/headers.ts'
import type { SiteRules } from './site/rules.ts'
import type { Variant } from './site/variants.ts'
import type { Target } from './target.ts'

export interface Visit {
  readonly request: IngressRequest
  /** From `admit` on. */
  readonly target?: Target
  readonly authority?: Authority
  /** From `site` on. */
  readonly site?: { readonly label: string; readonly root: string; readonly sequence: number }
  /** From `rules` on: the site's own, and what of them is about the fields of this answer. */
  readonly rules?: SiteRules
  readonly changes?: FieldChanges
  /** From `path` on. */
  readonly file?: ChosenFile
}

export interface ChosenFile {
  readonly cid: string
  /** Of the form that is sent. */
  readonly sizeBytes: number
  /** Within the site, decoded: an index file has its own name here. */
  readonly segments: readonly string[]
  readonly mediaType: string
  /** Not 200 when the file is the site's own page for what is missing, gone or forbidden. */
  readonly status: 200 | 404 | 410 | 451
  /** From `encode` on, where there is a choice: what the client takes, and what it gets in place of the file. */
  readonly accepted?: readonly (Coding | 'identity')[]
  readonly variant?: Variant & { readonly coding: Coding }
}

export type IngressStep = Step<Visit, Answer>

export function known<Key extends keyof Visit>(visit: Visit, key: Key): NonNullable<Visit[Key]> {
  const value = visit[key]
  assert(value !== undefined, `the step that finds '${key}' comes earlier in the list`)
  return value as NonNullable<Visit[Key]>
}
