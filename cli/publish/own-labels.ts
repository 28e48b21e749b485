// Names that the suffix needs for itself, refused before anybody pays for one: what is below them is the network's, so
// that their owner would have neither site nor zone. The contract refuses them too, in its own words.

import { Fault } from '../../base/fault.ts'
import { ownLabels } from '../../resolver/zone/suffix.ts'

/** Fault `name/taken`. */
export function requireNotOurs(label: string): void {
  if (!ownLabels.has(label)) return
  throw new Fault('name/taken', `${label} belongs to the network itself: no site can be there.`, {
    hint: 'Choose another name.',
  })
}
