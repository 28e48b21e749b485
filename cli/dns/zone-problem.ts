// What is wrong with an owner's zone on an edge, in words that its owner or the operator can act on.
//
// Of a version that is refused the reason counts before the age of what is served instead: whoever puts the first right
// has put the second right too.

import type { Refusal } from '../../resolver/sign/publication.ts'
import type { ZoneStatus } from './owner-zones.ts'
import type { ZoneFreshness } from './zone-freshness.ts'

/** Undefined when all is well. */
export function zoneProblem({ label, serial, endsAt, freshness, refused }: ZoneStatus): string | undefined {
  if (refused !== undefined) {
    const instead = serial === undefined ? 'no zone is served' : `serial ${serial} is served as before`
    return `a version is refused (${refused.refusal}: ${refused.why}), ${instead}: ${remedies[refused.refusal](label)}`
  }
  if (freshness === 'fresh') return undefined
  const ends = endsAt === undefined ? '' : new Date(endsAt).toISOString()
  return ages[freshness](ends, label)
}

const again = (label: string): string => `run \`inxt zone keep\` for ${label}`

const remedies: Readonly<Record<Refusal, (label: string) => string>> = {
  missing: label => `publish it again, \`inxt zone publish FILE ${label}\``,
  broken: label => `\`inxt zone check\` says what is wrong; then \`inxt zone publish FILE ${label}\``,
  expired: again,
  early: () => 'compare the clocks of this edge and of who signed it',
  older: label => `${again(label)}, with a later serial`,
  foreign: label => `claim that domain for ${label}, or publish the zone under its own name`,
  'too slow': () => 'fewer records or places; it is tried again, ever less often',
  'too large': () => 'fewer records or places, or a greater zones.bytesMax and zones.totalBytesMax',
}

const ages: Readonly<Record<Exclude<ZoneFreshness, 'fresh'>, (endsAt: string, label: string) => string>> = {
  warning: (endsAt, label) => `has signatures that end ${endsAt}: ${again(label)}`,
  alarm: (endsAt, label) => `has signatures that end very soon, ${endsAt}: ${again(label)}`,
  expired: (endsAt, label) =>
    `has signatures that ended ${endsAt}, so validating resolvers refuse it: ${again(label)}`,
  early: () =>
    'has signatures that begin in the future: compare the clocks of this edge and of who signed it',
}
