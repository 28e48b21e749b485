// The watch of an edge at work, for a test that cannot be where the root servers are: a process in the lab's namespace.
//
// Argument: claims as JSON. Output: a line of JSON for each look-up, with what it found and what is kept after it.

import { realRandom } from '../../base/io/chance.ts'
import { delay, realClock } from '../../base/io/clock.ts'
import { knobs } from '../../config/knobs.ts'
import { follow } from '../../resolver/delegation/io/follow.ts'
import { createLookUp } from '../../resolver/delegation/io/look-up.ts'
import type { Claim } from '../../resolver/delegation/verdict.ts'
import { createWatch } from '../../resolver/delegation/watch.ts'
import { nameText } from '../../resolver/wire/name.ts'

const claims = JSON.parse(process.argv[2]!) as Claim[]
/** Those of the Internet, of which the lab has the IPv4 half. */
const roots = knobs['domains.roots'].default.split(',')
const lookUp = createLookUp({ roots, timeoutMs: 600, totalMs: 6000 })
const watch = createWatch({
  ...{ random: realRandom, countMax: 100, atOnceMax: 8, perMinMax: 6000 },
  ...{ restMinMs: 200, restMaxMs: 200, doubtMs: 100, graceMs: 600_000 },
})
const following = follow({
  watch,
  find: lookUp.find,
  clock: realClock,
  onChanges: () => {},
  onFound(domain) {
    const { verdict, found, kept } = watch.standing(domain)!
    const hosts = kept?.delegation.hosts.map(({ name, addresses }) => [nameText(name), ...addresses])
    const ds = kept?.delegation.ds?.map(rdata => Buffer.from(rdata).toString('hex'))
    const why = verdict?.kind === 'unclear' ? verdict.why : undefined
    const line = {
      domain,
      verdict: found,
      why,
      kept: kept?.claim.owner,
      hosts,
      ds,
      asked: lookUp.asked(),
    }
    process.stdout.write(`${JSON.stringify(line)}\n`)
  },
})
following.claims(claims)
// The clock's timers keep no process alive; the test ends this one.
await delay(120_000)
