// A name server whose zones are signed while it answers, as a process in the lab's namespace.
//
// No command of `inxt` offers this mode for zone files yet, so its parts are put together here: the zone, the signer
// around it, the responder and its sockets are the real ones.
//
// Arguments: `ZONE=DENIAL=FILE` for each zone, then the addresses, all on port 53.

import { readFileSync } from 'node:fs'
import { realClock } from '../../base/io/clock.ts'
import { createLog } from '../../base/io/log.ts'
import { createMeter } from '../../base/meter.ts'
import { serveTcp } from '../../resolver/io/tcp.ts'
import { serveUdp } from '../../resolver/io/udp.ts'
import { createResponder } from '../../resolver/responder.ts'
import { dataOf } from '../../resolver/sign/canonical.ts'
import { dnskeyBytes } from '../../resolver/sign/key.ts'
import { createOnlineSigner, onlineByDefault } from '../../resolver/sign/online.ts'
import { signOnline } from '../../resolver/sign/online-zone.ts'
import { types } from '../../resolver/wire/code.ts'
import { parseName } from '../../resolver/wire/name.ts'
import { readZone } from '../../resolver/zone/master.ts'
import { createZone } from '../../resolver/zone/snapshot.ts'
import type { Zone } from '../../resolver/zone/zone.ts'
import { onlineKey } from './online-key.ts'

function zoneOf(word: string): Zone {
  const [zone, denial, file] = word.split('=') as [string, 'compact' | 'covering', string]
  const apex = parseName(zone)
  const key = onlineKey(apex)
  const signer = createOnlineSigner({ ...onlineByDefault, keys: [key] })
  const dnskey = {
    name: apex,
    type: types.DNSKEY,
    ttlS: 3600,
    data: [dataOf(types.DNSKEY, dnskeyBytes(key))],
  }
  return signOnline(createZone(readZone(readFileSync(file, 'latin1'), apex).records, apex), {
    ...{ denial, signer, keySigner: signer, keySets: [{ ...dnskey, signatures: [] }] },
    nowS: () => Math.floor(realClock.now() / 1000),
  })
}

const words = process.argv.slice(2)
const zones = words.filter(word => word.includes('=')).map(zoneOf)
const meter = createMeter()
const log = createLog({ name: 'online', level: 'warn' })
const respond = createResponder({
  ...{ suffixes: [], zones: () => zones, meter, onBug: error => log.error({ err: error }, 'a bug') },
  names: { site: () => undefined, serial: () => 0 },
  places: { near: () => [], servers: () => [] },
})
for (const address of words.filter(word => !word.includes('='))) {
  await serveUdp({ address, port: 53, respond, meter, log })
  await serveTcp({ address, port: 53, respond, meter, log })
}
