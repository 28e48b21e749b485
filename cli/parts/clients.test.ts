import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { toHex } from '../../base/bytes.ts'
import { isFault } from '../../base/fault.ts'
import { createLog } from '../../base/io/log.ts'
import { createMeter } from '../../base/meter.ts'
import { settingsFrom } from '../../config/settings.ts'
import { type Coordinate, encodeCoordinate } from '../../overlay/coordinates/coordinate.ts'
import { eventually } from '../../overlay/io/testing.ts'
import { type Record, signRecord } from '../../overlay/records/record.ts'
import { encodeClient } from '../../overlay/records/values.ts'
import { Vetting } from '../../overlay/records/vetting.ts'
import { createVerify } from '../../overlay/signature.ts'
import { type TestKey, testClock, testKey } from '../../overlay/testing.ts'
import { parsePrefix } from '../../resolver/select/subnet.ts'
import type { ServingEdge } from '../serving.ts'
import { type Clients, openClients } from './clients.ts'

const folder = await mkdtemp(join(tmpdir(), 'inxt-clients-'))
const stack = new AsyncDisposableStack()
after(async () => {
  await stack.disposeAsync()
  await rm(folder, { recursive: true })
})

const publishMs = 10_000
const lifeMs = 2 * publishMs
/** West and east are 100 ms apart, south between them and off the way. */
const places: [name: string, x: number, y: number][] = [
  ['west', 0, 0],
  ['east', 100, 0],
  ['south', 50, -80],
]
const keys = new Map(places.map(([name], i) => [name, testKey(i)]))
const edgeOf = (key: TestKey, i: number): ServingEdge => ({
  ...{ peer: key.id, peerKey: `0x${toHex(key.publicKey)}`, owner: '0x0', operatorKey: '0x0' },
  ...{ address: `203.0.113.${i + 1}`, ipv6: `2001:db8::${i + 1}`, dnsPort: 53, httpPort: 80, httpsPort: 443 },
  ...{ overlayPort: 4001, stakeWei: 0n, withdrawableAt: 0 },
})
const edges = [...keys.values()].map(edgeOf)
const coordinates = new Map(
  places.map(([name, x, y]): [string, Coordinate] => {
    const position = { point: [x, y, 0, 0, 2], error: 0.1 }
    return [keys.get(name)!.id, { madeAtS: 1, label: 0, base: position, local: position }]
  }),
)
const nameOf = ({ peer }: ServingEdge): string => [...keys].find(([, { id }]) => id === peer)![0]

/** Records as the grid keeps them: vetted, the newest of each publisher. */
function grid(now: () => number) {
  const vetting = new Vetting({ verify: createVerify(), proves: () => undefined })
  const kept = new Map<string, Record>()
  let sequence = 0
  const put = (key: string, value: Uint8Array, lifeMs: number, by: TestKey): void => {
    const said = { key, value, publisher: by.id, sequence: ++sequence, expiresAt: now() + lifeMs }
    const record = signRecord(said, by.sign)
    assert.deepEqual((vetting.vet(record, now()) as { kind: string }).kind, 'good')
    kept.set(`${key} ${by.id}`, record)
  }
  return {
    kept,
    of: (by: TestKey) => ({
      get: async (key: string) =>
        [...kept.values()].filter(record => record.key === key && record.value.length > 0),
      async publish(key: string, value: Uint8Array, lifeMs: number) {
        put(key, value, lifeMs, by)
        return 1
      },
      async withdraw(key: string) {
        put(key, new Uint8Array(0), lifeMs, by)
        return 1
      },
    }),
  }
}

const clock = testClock()
const world = grid(clock.now)

function open(
  name: string,
  { words = {}, live = () => edges, meter = createMeter() } = {},
): Promise<Clients> {
  const self = keys.get(name)!
  const log = createLog({ name: 'test', level: 'silent' })
  const settings = settingsFrom([
    { source: 'test', values: { 'clients.publishMs': publishMs, 'clients.freshMs': 5000, ...words } },
  ])
  return openClients(
    { settings, folder, log, meter, stack },
    {
      ...{ clock, self: self.id, records: world.of(self), serving: live },
      rttMs: peer => (peer === self.id ? 0 : 100),
      coordinateOf: peer => coordinates.get(peer),
    },
  )
}

const client = parsePrefix('198.51.100.0/24')!
const clientKey = 'client/4/110001100011001101100100'
const eastSaw = encodeClient({
  prefix: clientKey.slice(9),
  rttMs: 5,
  coordinate: encodeCoordinate(coordinates.get(keys.get('east')!.id)!),
})
const named = (clients: Clients, of = client, countMax = 3): string =>
  clients.near(of, countMax).map(nameOf).join()

describe('what edges saw of clients', () => {
  test('is told by one, found by another, and taken back when it is seen no more', async () => {
    const [west, south] = [await open('west'), await open('south')]
    for (let i = 0; i < 8; i++) west.sighted(`198.51.100.${i}`, 112 + i)
    for (let i = 0; i < 7; i++) west.sighted('192.0.2.1', 5)
    await clock.advance(publishMs)
    assert.deepEqual(
      [...world.kept.values()].map(({ key }) => key),
      [clientKey],
      'seven times are too few, and what is no public address is none',
    )

    assert.match(named(south), /^south/, 'unknown: as seen from here')
    assert.equal(south.scopeBits(client), 0)
    await clock.advance(1000)
    assert.equal(named(south), 'east,south', 'as far from west as it was seen, so beside east')
    assert.equal(south.scopeBits(client), 24)
    assert.match(named(south, parsePrefix('198.51.101.0/24')!), /^south/)

    await clock.advance(3 * publishMs)
    named(south)
    await clock.advance(1000)
    assert.match(named(south), /^south/, 'withdrawn')
  })

  test('counts only when edges that serve say it, and only as far as it has a meaning', async () => {
    const live = (): ServingEdge[] => [edges[0]!, edges[2]!]
    const south = await open('south', { live })
    await world.of(keys.get('east')!).publish(clientKey, eastSaw, lifeMs)
    await world.of(keys.get('west')!).publish(clientKey, eastSaw.subarray(0, -1), lifeMs)
    named(south)
    await clock.advance(1000)
    assert.deepEqual(south.figures(), { known: 0, waiting: 0 })
  })
})

describe("the operator's map", () => {
  const file = join(folder, 'map')
  const words = { 'clients.map': file }

  test('goes before what was learned, in proportion, and only to edges that serve', async () => {
    await writeFile(file, '198.51.100.0/25 = 203.0.113.1*3 2001:db8::3\n0.0.0.0/0 = 203.0.113.2\n')
    let live = edges
    const south = await open('south', { words, live: () => live })
    const half = parsePrefix('198.51.100.0/25')!
    const firsts = Array.from({ length: 100 }, () => named(south, half, 1))
    const west = firsts.filter(name => name === 'west').length
    assert.ok(west >= 73 && west <= 77, `${west} of 100`)
    assert.match(named(south, half), /^(west,south|south,west)$/)
    assert.equal(south.scopeBits(half), 25)
    assert.deepEqual([named(south, parsePrefix('9.0.0.0/8')!), south.scopeBits(client)], ['east', 25])
    live = edges.slice(1)
    assert.equal(named(south, half), 'south')
    live = edges.slice(1, 2)
    assert.equal(named(south, half), 'east', 'where none of a line lives, the map says nothing')
  })

  test('a client by its IPv6 prefix; of IPv6 addresses the map’s first, then any', async () => {
    await writeFile(file, '2001:db8:1::/48 = 203.0.113.1 2001:db8::3\n198.51.100.0/24 = 203.0.113.1\n')
    const live = edges.map(edge => (nameOf(edge) === 'south' ? edge : { ...edge, ipv6: '' }))
    const south = await open('south', { words, live: () => live })
    const six = parsePrefix('2001:db8:1:2::/64')!
    assert.match(named(south, six), /^(west,south|south,west)$/)
    assert.equal(south.scopeBits(six), 48)
    for (const asker of [six, client]) assert.deepEqual(south.near(asker, 3, true).map(nameOf), ['south'])
    const meter = createMeter()
    const west = await open('west', { words, meter, live: () => live.slice(0, 2) })
    assert.deepEqual(west.near(client, 3, true), [], 'nobody has one')
    assert.equal(named(west), 'west')
    assert.deepEqual(meter.read(), { 'clients.ipv4.mapped': 1 }, 'what names nobody is no choice')
  })

  test('with errors is refused at the start, and later leaves the old one in place', async () => {
    await writeFile(file, '198.51.100.0/24 = 203.0.113.1\n')
    const south = await open('south', { words })
    assert.equal(named(south), 'west')
    await writeFile(file, '198.51.100.0/24 = 203.0.113.2\n')
    await eventually('the file is read again', () => named(south) === 'east')
    await writeFile(file, 'nonsense\n')
    await assert.rejects(open('south', { words }), error => isFault(error, 'config/invalid'))
    await rm(file)
    await assert.rejects(open('south', { words }), error => isFault(error, 'config/unreadable'))
    assert.equal(named(south), 'east')
  })
})
