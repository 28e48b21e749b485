// An edge's answers per client without the rest of an edge, for a test that runs it in the lab's namespace: a zone
// signed by its owner, the bundle of its places, and an operator's map of clients.
//
// Arguments: the address to answer at, and a folder with `zone`, `bundle` and `map`. Three edges serve, 203.0.113.1 to
// .3, of which the first is nearest to here.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLog } from '../../base/io/log.ts'
import { createMeter } from '../../base/meter.ts'
import { openClients } from '../../cli/parts/clients.ts'
import type { ServingEdge } from '../../cli/serving.ts'
import { assignmentLayer } from '../../config/io/read.ts'
import { settingsFrom } from '../../config/settings.ts'
import { serveTcp } from '../../resolver/io/tcp.ts'
import { serveUdp } from '../../resolver/io/udp.ts'
import { createResponder } from '../../resolver/responder.ts'
import { decodeBundle } from '../../resolver/sign/bundle-codec.ts'
import { viewBundle } from '../../resolver/sign/bundle-view.ts'
import { readZone } from '../../resolver/zone/master.ts'
import { withSignedPlaces } from '../../resolver/zone/signed-places.ts'
import { createZone } from '../../resolver/zone/snapshot.ts'

const [address, folder] = process.argv.slice(2) as [string, string]
const edges = [1, 2, 3].map(
  (i): ServingEdge => ({
    ...{ peer: `peer ${i}`, peerKey: '0x', owner: '0x', operatorKey: '0x', stakeWei: 0n, withdrawableAt: 0 },
    ...{ address: `203.0.113.${i}`, ipv6: '', dnsPort: 53, httpPort: 80, httpsPort: 0, overlayPort: 4001 },
  }),
)
const log = createLog({ name: 'clients', level: 'warn' })
const meter = createMeter()
const stack = new AsyncDisposableStack()
const settings = settingsFrom([assignmentLayer([`clients.map=${join(folder, 'map')}`])])
const clients = await openClients(
  { settings, folder, log, meter, stack },
  {
    serving: () => edges,
    rttMs: peer => 30 * edges.findIndex(edge => edge.peer === peer),
    coordinateOf: () => undefined,
    self: edges[0]!.peer,
    records: { get: async () => [], publish: async () => 0, withdraw: async () => 0 },
  },
)
const octets = readFileSync(join(folder, 'bundle'))
const bundle = decodeBundle(octets)
const { records } = readZone(readFileSync(join(folder, 'zone'), 'utf8'), bundle.zone)
const zones = [
  withSignedPlaces(createZone(records, bundle.zone), {
    site: 'site',
    owners: bundle.owners,
    sets: viewBundle(octets),
  }),
]
const respond = createResponder({
  suffixes: [],
  zones: () => zones,
  names: { site: () => undefined, serial: () => 0 },
  places: {
    near: (_site, client, countMax) =>
      clients.near(client, Math.min(countMax, 1)).map(({ address: ipv4 }) => ({ ipv4 })),
    scopeBits: clients.scopeBits,
    servers: () => [],
  },
  meter,
  onBug: error => log.error({ err: error }, 'a DNS query met a bug'),
})
const serving = { address, port: 53, respond, meter, log }
await serveUdp(serving)
await serveTcp(serving)
