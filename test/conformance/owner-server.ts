// The zone that an owner published as an edge serves it, without chain or peers, for a test that runs it in the lab's
// namespace: judged on its thread, taken over by OwnerZones, its places chosen for each question from what was signed.
//
// Arguments: the file of the signed zone, that of its places, and the addresses to answer at. The edges of the bundle
// take turns.

import { readFile } from 'node:fs/promises'
import { realClock } from '../../base/io/clock.ts'
import { createLog } from '../../base/io/log.ts'
import { createMeter } from '../../base/meter.ts'
import { OwnerZones } from '../../cli/dns/owner-zones.ts'
import { serveTcp } from '../../resolver/io/tcp.ts'
import { serveUdp } from '../../resolver/io/udp.ts'
import { createResponder } from '../../resolver/responder.ts'
import { createJudge } from '../../resolver/sign/io/judging.ts'
import { placedEdges } from './lab-zones.ts'

const [zoneFile, placesFile, ...addresses] = process.argv.slice(2) as [string, string, ...string[]]
const log = createLog({ name: 'owner', level: 'info' })
const meter = createMeter()
const zones = new OwnerZones(
  {
    claimOf: () => ({ root: 'published', sequence: 1, owner: 'A' }),
    labels: () => [],
    read: async () => ({ zone: await readFile(zoneFile), places: await readFile(placesFile) }),
    judge: createJudge(new AbortController().signal),
    serves: () => true,
    withSite: zone => zone,
    hold: () => {},
    remember: () => {},
    ...{ clock: realClock, wallNow: Date.now, zonesMax: 1, bytesMax: 2 ** 24, log, meter },
  },
  [],
)
zones.look(['owner'])
await zones.idle()

let turn = 0
const respond = createResponder({
  suffixes: [],
  zones: () => zones.zones(),
  names: { site: () => undefined, serial: () => 0 },
  places: {
    near: () => [...placedEdges.slice(turn++ % placedEdges.length), ...placedEdges],
    servers: () => [],
  },
  meter,
  onBug: error => log.error({ err: error }, 'a DNS query met a bug'),
})
for (const address of addresses) {
  const serving = { address, port: 53, respond, meter, log }
  await serveUdp(serving)
  await serveTcp(serving)
}
