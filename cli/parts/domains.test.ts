import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { delay } from '../../base/io/clock.ts'
import { silentLog } from '../../base/io/log.ts'
import { createMeter } from '../../base/meter.ts'
import { settingsFrom } from '../../config/settings.ts'
import type { ClaimEntry } from '../../registry-contract/claim.ts'
import { keptText } from '../../resolver/delegation/remembered.ts'
import type { Kept } from '../../resolver/delegation/watch.ts'
import { nameText, parseName } from '../../resolver/wire/name.ts'
import { readZone } from '../../resolver/zone/master.ts'
import { createZone } from '../../resolver/zone/snapshot.ts'
import { openDomains } from './domains.ts'
import type { Ground } from './ground.ts'
import type { Network } from './network.ts'

const claim = (name: string, site: string): ClaimEntry => {
  return { domain: `0x${name}`, name, owner: '0xme', site, token: 'a'.repeat(32) }
}
const claims = [
  claim('later.example', '0xlater'),
  claim('refused.example', '0xshop'),
  claim('shop.example', '0xshop'),
]
const kept = (one: ClaimEntry, ds: Uint8Array[] = []): Kept => ({
  claim: one,
  delegation: {
    kind: 'delegated',
    hosts: [{ name: parseName(`ns1.${one.token}.${one.name}`), addresses: ['192.0.2.1'] }],
    ttlS: 300,
    ds,
  },
  clearAt: 4e12,
})

/** The registry as far as it is asked; roots at an address where nobody answers, so that nothing is ever found. */
async function open(folder: string, given: { meter?: Ground['meter']; names?: Map<string, string> } = {}) {
  const stack = new AsyncDisposableStack()
  const names = given.names ?? new Map([['0xshop', 'shop']])
  let changed = (): void => {}
  const meter = given.meter ?? createMeter()
  const settings = settingsFrom([{ source: 'test', values: { 'domains.roots': '127.0.0.99' } }])
  const network = {
    follower: { registry: { claims: () => claims, labelOf: (node: string) => names.get(node) } },
    serving: () => [{ address: '192.0.2.1', ipv6: '' }],
    onChange: (action: () => void) => {
      changed = action
    },
  } as unknown as Network
  const domains = await openDomains({ settings, folder, log: silentLog, meter, stack }, network, {
    site: () => ({ contentCid: 'bafy', sequence: 3 }),
    serial: () => 1,
  })
  return { domains, meter, names, changed: () => changed(), close: () => stack.disposeAsync() }
}

test('what was served last is served at once, and remembered again', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'inxt-domains-'))
  t.after(() => rm(folder, { recursive: true }))
  const file = join(folder, 'domains.json')
  await writeFile(file, keptText([kept(claims[2]!), kept(claims[0]!), kept(claim('gone.example', '0xshop'))]))
  const edge = await open(folder)
  const { domains } = edge
  assert.deepEqual(
    ['shop.example', 'www.shop.example', 'a.b.shop.example', 'example', 'xshop.example', 'gone.example'].map(
      domains.labelOf,
    ),
    ['shop', 'shop', 'shop', undefined, undefined, undefined],
  )
  assert.deepEqual(
    [domains.serves('shop.example', 'shop'), domains.serves('shop.example', 'other')],
    [true, false],
  )
  const apexes = (): string[] => domains.zones(own).map(({ apex }) => nameText(apex))
  let own: Parameters<typeof domains.zones>[0] = []
  assert.deepEqual(apexes(), ['shop.example.'])
  assert.equal(domains.zones(own), domains.zones(own))
  // A site that is registered after the claim.
  let changes = 0
  domains.onChange(() => changes++)
  assert.equal(domains.labelOf('later.example'), undefined)
  edge.names.set('0xlater', 'later')
  edge.changed()
  assert.equal(domains.labelOf('later.example'), 'later')
  assert.deepEqual([changes, apexes().sort()], [1, ['later.example.', 'shop.example.']])
  // An owner's own zone takes the place of ours.
  const apex = parseName('shop.example')
  own = [
    createZone(
      readZone('@ 60 IN SOA ns hostmaster 1 2 3 4 5\n@ 60 IN NS ns\nns 60 IN A 192.0.2.1\n', apex).records,
      apex,
    ),
  ]
  assert.deepEqual(apexes(), ['shop.example.', 'later.example.'])
  assert.equal(domains.zones(own)[0], own[0])
  await edge.close()
  assert.equal(JSON.parse(await readFile(file, 'utf8')).domains.length, 2)
})

test('what is wrong is said, and what was looked up is counted', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'inxt-domains-'))
  t.after(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'domains.json'), keptText([kept(claims[2]!, [Uint8Array.of(1, 2, 13, 2, 9)])]))
  const { domains, meter, close } = await open(folder)
  t.after(close)
  const { served, problems } = domains.status()
  assert.deepEqual(
    [served, problems.map(({ domain, site }) => `${domain} ${site}`)],
    [1, ['shop.example shop']],
  )
  assert.match(problems[0]!.what, /DS .* fits no key/)
  const lookedUp = (): boolean => (meter.read()['domains.found.unclear'] ?? 0) >= 2
  for (const endsAt = performance.now() + 5000; !lookedUp() && performance.now() < endsAt; ) await delay(5)
  assert.equal(domains.statusOf('refused.example')?.found, 'unclear')
  assert.equal(meter.read()['domains.questions'], meter.read()['domains.found.unclear'])
})

test('a file that is none is passed over', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'inxt-domains-'))
  t.after(() => rm(folder, { recursive: true }))
  for (const text of ['{', '{"version":2}', '[]']) {
    await writeFile(join(folder, 'domains.json'), text)
    const edge = await open(folder)
    assert.deepEqual(edge.domains.zones([]), [])
    await edge.close()
  }
})
