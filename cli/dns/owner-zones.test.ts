// The life of a zone on an edge: what the chain names, what arrives of it, and what is answered from meanwhile. The
// judge and the zones are real; chain, content and clocks are played.

import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { Fault } from '../../base/fault.ts'
import { silentLog } from '../../base/io/log.ts'
import { createMeter, type Meter } from '../../base/meter.ts'
import { seededRandom } from '../../base/random.ts'
import { signBundle } from '../../resolver/sign/bundle.ts'
import { encodeBundle } from '../../resolver/sign/bundle-codec.ts'
import type { Judge } from '../../resolver/sign/io/judging.ts'
import { signingKey } from '../../resolver/sign/key.ts'
import { judgePublication, type PublishedFiles, publishedApex } from '../../resolver/sign/publication.ts'
import { recordsOf } from '../../resolver/sign/rrsig.ts'
import { planByDefault, signZone } from '../../resolver/sign/signed-zone.ts'
import { types } from '../../resolver/wire/code.ts'
import { type Name, nameText, parseName } from '../../resolver/wire/name.ts'
import { masterText, readZone } from '../../resolver/zone/master.ts'
import { type KeptZone, OwnerZones, type ZoneClaim } from './owner-zones.ts'

const day = 86_400
const startS = 1_800_000_000

/** A version of a zone, signed at `atS` for `days`. */
function version(serial: number, more: { zone?: string; days?: number; atS?: number } = {}): PublishedFiles {
  const { zone = 'site.inxt', days = 10, atS = startS } = more
  const apex = parseName(zone)
  const key = signingKey(apex, true, 15, new Uint8Array(32).fill(1))
  const text = `@ 300 SOA ns h ${serial} 7200 3600 1209600 300\n@ 300 NS ns.example.\n@ 300 A 192.0.2.1\n`
  const use = { key, isPublished: true, signsKeys: true, signsZone: true, isWanted: true }
  const plan = { ...planByDefault, apex, keys: [use], lifetimeS: days * day, jitterS: 0 }
  const sets = signZone(readZone(text, apex).records, plan, atS, seededRandom(1))
  const validity = { inceptionAtS: atS - 3600, expirationAtS: atS + days * day }
  const edges = [{ ipv4: Uint8Array.of(192, 0, 2, 9) }]
  const bundle = signBundle({ owners: [apex], edges, sets: [[0]], serial, ttlS: 30, key, validity })
  const file = masterText(sets.flatMap(set => recordsOf(set, 1)))
  return { zone: Buffer.from(file, 'latin1'), places: encodeBundle(bundle) }
}

const unsigned = (serial: number): PublishedFiles => ({
  zone: Buffer.from(
    `site.inxt. 300 SOA ns h ${serial} 7200 3600 1209600 300\nsite.inxt. 300 NS ns.example.\n`,
  ),
  places: undefined,
})

class World {
  readonly zonesMax: number
  readonly claims = new Map<string, ZoneClaim>()
  readonly content = new Map<string, PublishedFiles>()
  readonly domains = new Map<string, string>()
  readonly held: string[] = []
  readonly dressed: string[] = []
  readonly meter: Meter = createMeter()
  kept: readonly KeptZone[] = []
  wallS = startS
  steadyMs = 0
  bytesMax = 100_000
  reads = 0
  /** Questions to the chain. */
  asked = 0
  /** Reads wait for it, where it is set. */
  gate: Promise<void> | undefined
  readonly order: string[] = []
  judge: Judge = async (files, nowS) => judgePublication(files, nowS)
  onKept = (): void => {}
  zones: OwnerZones

  constructor(zonesMax = 3) {
    this.zonesMax = zonesMax
    this.zones = this.edge()
  }

  edge(): OwnerZones {
    const options = {
      claimOf: (label: string) => {
        this.asked++
        return this.claims.get(label)
      },
      read: async (root: string) => {
        this.reads++
        this.order.push(root)
        await this.gate
        const found = this.content.get(root)
        if (found === undefined) throw new Fault('content/missing', root)
        return found
      },
      labels: () => this.claims.keys(),
      judge: this.judge,
      serves: (apex: Name, label: string) =>
        nameText(apex) === `${label}.inxt.` || this.domains.get(nameText(apex)) === label,
      withSite: <T>(zone: T, label: string) => {
        this.dressed.push(label)
        return zone
      },
      hold: (root: string) => void this.held.push(root),
      remember: () => {
        this.kept = this.zones.kept()
        this.onKept()
      },
      clock: { now: () => this.steadyMs, after: () => () => {} },
      wallNow: () => this.wallS * 1000,
      zonesMax: this.zonesMax,
      bytesMax: this.bytesMax,
      log: silentLog,
      meter: this.meter,
    }
    return new OwnerZones(options, this.kept)
  }

  /** The chain names `root`, which holds `files` when they are given. */
  async name(root: string, files?: PublishedFiles, { label = 'site', owner = 'A' } = {}): Promise<void> {
    if (files !== undefined) this.content.set(root, files)
    this.claims.set(label, { root, owner, sequence: (this.claims.get(label)?.sequence ?? 0) + 1 })
    this.zones.look([label])
    await this.zones.idle()
  }

  async pass(seconds: number): Promise<void> {
    this.wallS += seconds
    this.steadyMs += seconds * 1000
    this.zones.turn()
    await this.zones.idle()
  }

  async jump(seconds: number): Promise<void> {
    this.wallS += seconds
    this.zones.turn()
    await this.zones.idle()
  }

  async restart(): Promise<void> {
    this.zones = this.edge()
    this.zones.look(this.claims.keys())
    await this.zones.idle()
  }

  serials(): number[] {
    return this.zones.zones().map(zone => {
      const soa = zone.soa(zone.apex).data[0]
      return soa?.kind === 'authority' ? soa.serial : 0
    })
  }

  refusals(): (string | undefined)[] {
    return this.zones.status().map(({ refused }) => refused?.refusal)
  }
}

describe('zones of owners on an edge', () => {
  let world: World
  beforeEach(() => {
    world = new World()
  })

  test('a version takes the place of the one before, in another array, and is held and remembered', async () => {
    await world.name('one', version(1))
    const before = world.zones.zones()
    await world.name('two', version(2))
    assert.deepEqual(world.serials(), [2])
    assert.notEqual(world.zones.zones(), before)
    assert.deepEqual(world.held, ['one', 'two'])
    assert.deepEqual(world.kept, [{ label: 'site', root: 'two', sequence: 2, owner: 'A' }])
    assert.deepEqual([...world.zones.roots()], ['two'])
  })
  test('addresses come from the places that were signed; an unsigned zone gets those of its site', async () => {
    await world.name('one', version(1))
    const apex = parseName('site.inxt')
    const set = world.zones.zones()[0]!.node(apex, apex)!.rrset(types.A)
    assert(set !== undefined && 'kind' in set && set.kind === 'site' && set.signed !== undefined)
    assert.equal(set.signed([{ kind: 'address', bytes: Uint8Array.of(192, 0, 2, 9) }])?.signatures.length, 1)
    await world.name('two', unsigned(2))
    assert.deepEqual([world.serials(), world.dressed], [[2], ['site']])
  })
  const forged = (): PublishedFiles => {
    const { zone, places } = version(2)
    return {
      places,
      zone: Buffer.from(Buffer.from(zone).toString('latin1').replace('192.0.2.1', '192.0.2.3')),
    }
  }
  const rows: [refusal: string, files: PublishedFiles | undefined][] = [
    ['missing', undefined],
    ['broken', forged()],
    ['expired', version(2, { atS: startS - 11 * day })],
    ['early', version(2, { atS: startS + day })],
    ['older', version(0)],
    ['foreign', version(2, { zone: 'other.inxt' })],
    ['too large', { zone: Buffer.concat([version(2).zone, Buffer.alloc(100_000, '\n')]), places: undefined }],
  ]
  for (const [refusal, files] of rows) {
    test(`the old one stays while a new one is ${refusal}`, async () => {
      await world.name('one', version(1))
      await world.name('two', files)
      assert.deepEqual([world.serials(), world.refusals()], [[1], [refusal]])
      assert.equal(world.meter.read()[`zones.refused.${refusal.replace(' ', '-')}`], 1)
      assert(world.zones.roots().has('one') && world.zones.roots().has('two'))
      await world.name('three', version(3))
      assert.deepEqual([world.serials(), world.refusals()], [[3], [undefined]])
    })
  }
  test('what was missing is looked for again, ever more seldom; what is broken is not', async () => {
    await world.name('one')
    for (let i = 0; i < 100; i++) await world.pass(10)
    assert(world.reads > 5 && world.reads < 12, `${world.reads}`)
    world.content.set('one', version(1))
    await world.pass(600)
    assert.deepEqual(world.serials(), [1])
    await world.name('two', forged())
    const { reads } = world
    await world.pass(day)
    assert.equal(world.reads, reads)
  })
  test('a start goes on with what was served, and takes the version of the chain only if it is later', async () => {
    await world.name('five', version(5))
    await world.name('four', version(4))
    await world.restart()
    assert.deepEqual([world.serials(), world.refusals()], [[5], ['older']])
    world.content.delete('five')
    await world.restart()
    assert.deepEqual(world.serials(), [4])
  })
  test('two edges that heard different versions come to the same', async () => {
    const other = new World()
    await world.name('one', version(1))
    await other.name('two', version(2))
    for (const each of [world, other]) await each.name('three', version(3))
    assert.deepEqual([world.serials(), other.serials()], [[3], [3]])
  })
  test('the same serial counts when the chain names it later; another owner begins anew', async () => {
    await world.name('one', version(7))
    await world.name('two', version(7, { days: 9 }))
    assert.deepEqual(world.kept[0]?.root, 'two')
    await world.name('three', version(1), { owner: 'B' })
    assert.deepEqual(world.serials(), [1])
  })
  test('after signatures that ended whatever is valid is better', async () => {
    await world.name('one', version(9, { days: 2 }))
    await world.name('two', version(3))
    assert.deepEqual(world.serials(), [9])
    await world.pass(2 * day)
    assert.deepEqual(world.serials(), [3])
  })
  test('signatures grow old in the status and the counters, once for each step', async () => {
    await world.name('one', version(1, { days: 9 }))
    const seen: string[] = []
    for (let i = 0; i < 40; i++) {
      seen.push(world.zones.status()[0]!.freshness)
      await world.pass(day / 4)
    }
    assert.deepEqual([...new Set(seen)], ['fresh', 'warning', 'alarm', 'expired'])
    const { 'zones.warning': warning, 'zones.alarm': alarm, 'zones.expired': expired } = world.meter.read()
    assert.deepEqual([warning, alarm, expired, world.serials()], [1, 1, 1, [1]])
  })
  test('a clock that jumps: versions are judged again at once, served ones too', async () => {
    await world.name('one', version(1))
    await world.name('two', version(2, { atS: startS + 2 * day }))
    assert.deepEqual(world.refusals(), ['early'])
    await world.jump(2 * day)
    assert.deepEqual(world.serials(), [2])
    await world.jump(-2 * day)
    assert.equal(world.zones.status()[0]!.freshness, 'early')
    assert.equal(world.meter.read()['zones.clock-jumped'], 2)
  })
  test('a domain is served while somebody says that it is, and one apex by one name', async () => {
    await world.name('one', version(1, { zone: 'example.com' }))
    assert.deepEqual([world.serials(), world.refusals()], [[], ['foreign']])
    world.domains.set('example.com.', 'site')
    await world.pass(10)
    assert.deepEqual(world.serials(), [1])
    world.domains.set('example.com.', 'rival')
    await world.name('two', version(2, { zone: 'example.com' }), { label: 'rival' })
    assert.deepEqual(world.serials(), [2])
  })
  test('whoever changes a zone all the time waits for the others', async () => {
    const open = Promise.withResolvers<void>()
    world = new World(9)
    world.gate = open.promise
    const labels = ['a', 'b', 'c', 'd', 'e', 'f']
    for (const label of labels) void world.name(`${label}1`, undefined, { label })
    for (const label of ['a', 'b', 'c']) void world.name(`${label}2`, undefined, { label })
    open.resolve()
    await world.zones.idle()
    assert.deepEqual(world.order, ['a1', 'b1', 'c1', 'd1', 'e1', 'f1', 'a2', 'b2', 'c2'])
  })
  test('a name that ends, or that has no zone any more, ends its zone', async () => {
    await world.name('one', version(1))
    world.claims.delete('site')
    await world.pass(1)
    assert.deepEqual([world.serials(), world.zones.status(), world.zones.roots().size], [[], [], 0])
  })
  test('more names with zones than fit are counted, and take no memory', async () => {
    for (const label of ['a', 'b', 'c', 'd']) {
      await world.name(label, version(1, { zone: `${label}.inxt` }), { label })
    }
    assert.equal(world.zones.zones().length, 3)
    assert.equal(world.meter.read()['zones.refused.too-many'], 1)
    await world.pass(10)
    assert.equal(world.meter.read()['zones.refused.too-many'], 1)
    world.claims.delete('b')
    await world.pass(10)
    const apexes = world.zones.zones().map(({ apex }) => nameText(apex))
    assert.deepEqual(apexes.sort(), ['a.inxt.', 'c.inxt.', 'd.inxt.'], 'where there is room again')
  })
  test('zones that take long to judge keep the place of no others', async () => {
    world = new World(20)
    const over = Promise.withResolvers<void>()
    world.judge = async (files, nowS, patience) => {
      const isQuick = publishedApex(files.zone) === parseName('quick.inxt')
      if (!isQuick) {
        patience!.onSlow()
        await over.promise
      }
      return judgePublication(files, nowS)
    }
    world.zones = world.edge()
    const slow = Array.from({ length: 6 }, (_, i) => `slow${i}`)
    for (const label of slow) void world.name(label, version(1, { zone: `${label}.inxt` }), { label })
    void world.name('quick', version(2, { zone: 'quick.inxt' }), { label: 'quick' })
    const served = await new Promise<number[]>(resolve => {
      world.onKept = () => resolve(world.serials())
    })
    assert.deepEqual(served, [2])
    over.resolve()
    await world.zones.idle()
    assert.equal(world.serials().length, 7)
  })
  test('what one zone does makes nobody look at all the others', async () => {
    const count = 50
    world = new World(count)
    const labels = Array.from({ length: count }, (_, i) => `n${i}`)
    for (const label of labels) world.claims.set(label, { root: label, owner: 'A', sequence: 1 })
    world.zones.look(labels)
    await world.zones.idle()
    assert.deepEqual([world.reads, world.asked], [count, count])
    world.zones.look(['n7'])
    assert.equal(world.asked, count + 1)
  })
  test('a start that is cut short forgets nothing of what was served', async () => {
    for (const label of ['a', 'b', 'c'])
      await world.name(label, version(1, { zone: `${label}.inxt` }), { label })
    const all = world.kept
    assert.equal(all.length, 3)
    world.content.delete('b')
    world.content.delete('c')
    await world.restart()
    assert.deepEqual([world.zones.zones().length, world.kept], [1, all])
    world.claims.delete('b')
    await world.pass(1)
    assert.deepEqual(world.kept.map(({ label }) => label).sort(), ['a', 'c'])
  })
  test('at the end nothing is begun, and what breaks off is no refusal', async () => {
    const open = Promise.withResolvers<void>()
    world = new World(9)
    world.gate = open.promise
    for (const label of ['a', 'b', 'c', 'd', 'e', 'f']) void world.name(label, undefined, { label })
    const closed = world.zones.close()
    open.resolve()
    await closed
    world.zones.turn()
    assert.equal(world.reads, 4)
    assert.equal(world.meter.read()['zones.refused.missing'], undefined)
  })
})
