// Rendezvous hashing (Thaler and Ravishankar 1998): who is responsible for a key, agreed on without talking.
//
// Everybody ranks the members by hash(key, member) and takes the first few. When a member goes, only its own keys
// move. A ring with virtual nodes does the same with more state and less even shares.

import { createHash } from 'node:crypto'

/** Members ordered by their weight for `key`, heaviest first; `countMax` of them. */
export function rendezvous(key: string, members: readonly string[], countMax: number): string[] {
  return members
    .map(member => ({
      member,
      weight: createHash('sha256').update(key).update('\0').update(member).digest('hex'),
    }))
    .sort((a, b) => (a.weight < b.weight ? 1 : a.weight > b.weight ? -1 : 0))
    .slice(0, countMax)
    .map(({ member }) => member)
}
