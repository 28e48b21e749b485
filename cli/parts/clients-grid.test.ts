// What one edge sees of clients reaches another through the real overlay: gossip for coordinates, the grid for records.

import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { toHex } from '../../base/bytes.ts'
import { createLog } from '../../base/io/log.ts'
import { createMeter } from '../../base/meter.ts'
import { presets } from '../../config/presets.ts'
import { settingsFrom } from '../../config/settings.ts'
import { eventually } from '../../overlay/io/testing.ts'
import { parsePrefix } from '../../resolver/select/subnet.ts'
import type { ServingEdge } from '../serving.ts'
import { openClients } from './clients.ts'
import { openOverlay } from './overlay.ts'

/** Of this process alone: all of 127/8 is loopback on Linux. */
const net = `127.93.${1 + (process.pid % 250)}`

const folder = await mkdtemp(join(tmpdir(), 'inxt-clients-grid-'))
const stack = new AsyncDisposableStack()
after(async () => {
  await stack.disposeAsync()
  await rm(folder, { recursive: true })
})

const serving: ServingEdge[] = []
async function edge(i: number) {
  const address = `${net}.${i}`
  const settings = settingsFrom([
    { source: 'devnet', values: presets.devnet },
    {
      source: 'test',
      values: {
        'edge.address': address,
        'overlay.port': 4093,
        'overlay.bootstrap': `${net}.1:4093`,
        'membership.probeIntervalMs': 50,
        'clients.publishMs': 1000,
        'clients.freshMs': 1000,
        'clients.sightingsMin': 1,
      },
    },
  ])
  const ground = {
    settings,
    folder: join(folder, `${i}`),
    log: createLog({ name: 'test', level: 'silent' }),
    meter: createMeter(),
    stack,
  }
  await mkdir(ground.folder)
  const overlay = await openOverlay(ground, () => {}, { proves: () => undefined })
  serving.push({
    ...{ peer: overlay.peer, peerKey: `0x${toHex(overlay.publicKey)}`, owner: '0x0', operatorKey: '0x0' },
    ...{ address, ipv6: '', dnsPort: 53, httpPort: 80, httpsPort: 443, overlayPort: 4093 },
    ...{ stakeWei: 0n, withdrawableAt: 0 },
  })
  const clients = await openClients(ground, {
    serving: () => serving,
    rttMs: overlay.rttMs,
    coordinateOf: overlay.coordinateOf,
    self: overlay.peer,
    records: overlay.records,
  })
  return { overlay, clients }
}

test('an edge learns from another where a client is', async () => {
  const edges = [await edge(1), await edge(2), await edge(3)]
  const client = parsePrefix('9.9.9.0/24')!
  const [first, , third] = edges
  assert.equal(third!.clients.near(client, 1)[0]!.peer, third!.overlay.peer)
  await eventually(
    'the first has a place',
    () => (first!.overlay.coordinateOf(first!.overlay.peer)?.base.error ?? 1) < 1,
    10_000,
  )
  await eventually(
    'the third knows',
    () => {
      first!.clients.sighted('9.9.9.9', 1)
      third!.clients.near(client, 1)
      return third!.clients.figures().known === 1
    },
    20_000,
  )
  assert.equal(third!.clients.scopeBits(client), 24)
})
