import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isFault } from '../../base/fault.ts'
import { types } from '../wire/code.ts'
import { childOf, type Name, nameText, parseName } from '../wire/name.ts'
import { dataText } from '../wire/presentation.ts'
import type { Site } from './names.ts'
import type { Server } from './servers.ts'
import { createSuffixZone, defaultTtls } from './suffix.ts'
import type { NodeSet } from './zone.ts'

function zoneOf(options: {
  suffix?: string
  site?: (label: string) => Site | undefined
  servers?: Server[]
  serial?: number
}): ReturnType<typeof createSuffixZone> {
  return createSuffixZone({
    suffix: options.suffix ?? 'inxt',
    names: { site: options.site ?? (() => undefined), serial: () => options.serial ?? 1 },
    servers: { servers: () => options.servers ?? [] },
    ttls: defaultTtls,
  })
}

function texts(rrset: NodeSet | undefined): string[] | string | undefined {
  if (rrset !== undefined && 'data' in rrset) return rrset.data.map(data => dataText(data))
  return rrset?.kind
}

const apex = parseName('inxt')

function below(...labels: string[]): Name {
  return labels.reduceRight<Name>((name, label) => childOf(label, name), apex)
}

test('only what can be a label is asked of the name table', () => {
  const asked: string[] = []
  const zone = zoneOf({
    site(label) {
      asked.push(label)
      return undefined
    },
  })
  const never = ['ns', 'ipfs', '_dnslink', '-a', 'a-', 'a_b', 'a.b', 'ü', 'a\0', 'A']
  for (const label of [...never, 'a', '9', 'a--b', 'x'.repeat(63)]) {
    zone.node(below(label), apex)
    zone.node(below('_dnslink', label), apex)
  }
  const once = ['a', '9', 'a--b', 'x'.repeat(63)]
  assert.deepEqual(
    asked,
    once.flatMap(label => [label, label]),
  )
})

test('a site by its CID has places and nothing else, where it is a site', () => {
  const isRoot = (label: string): boolean => label === 'bafy1'
  const site = (): Site => ({ contentCid: 'bafy2', sequence: 1 })
  for (const [names, kind] of [
    [{ site, isRoot }, 'site'],
    [{ site }, undefined],
  ] as const) {
    const zone = createSuffixZone({
      suffix: 'inxt',
      names: { ...names, serial: () => 1 },
      servers: { servers: () => [] },
      ttls: defaultTtls,
    })
    const node = zone.node(below('bafy1', 'ipfs'), apex)
    for (const type of [types.A, types.AAAA, types.HTTPS]) assert.equal(texts(node?.rrset(type)), kind)
    for (const type of [types.TXT, types.NS]) assert.equal(node?.rrset(type), undefined)
    for (const labels of [
      ['bafy2', 'ipfs'],
      ['_dnslink', 'ipfs'],
      ['a', 'bafy1', 'ipfs'],
    ])
      assert.equal(zone.node(below(...labels), apex), undefined)
    // The name exists below which they are, and nobody who registered it has a say in them.
    assert.deepEqual(zone.node(below('ipfs'), apex)?.empty, true)
  }
})

test('13 servers are named, all can be looked up', () => {
  const servers = Array.from({ length: 20 }, (_, i) => ({ name: `e-${i}`, address: { ipv4: `10.0.0.${i}` } }))
  const zone = zoneOf({ servers })
  const set = zone.node(apex, apex)?.rrset(types.NS)
  assert.equal(texts(set)?.length, 13)
  assert.equal(set !== undefined && 'data' in set && set.glue?.length, 13)
  assert.deepEqual(texts(zone.node(below('e-19', 'ns'), apex)?.rrset(types.A)), ['10.0.0.19'])
})

test('servers and addresses that are misspelled are left out', () => {
  const servers = [
    { name: 'a.b', address: { ipv4: '10.0.0.1' } },
    { name: 'good', address: { ipv4: '10.0.0', ipv6: 'fd00::1' } },
  ]
  const zone = zoneOf({ servers })
  assert.deepEqual(texts(zone.node(apex, apex)?.rrset(types.NS)), ['good.ns.inxt.'])
  assert.equal(zone.node(below('good', 'ns'), apex)?.rrset(types.A), undefined)
  assert.deepEqual(texts(zone.node(below('good', 'ns'), apex)?.rrset(types.AAAA)), ['fd00::1'])
})

test('without servers there is an SOA, but the NS set is not known', () => {
  const zone = zoneOf({ serial: 0x1_0000_0007 })
  assert.equal(texts(zone.node(apex, apex)?.rrset(types.NS)), 'unready')
  assert.equal(dataText(zone.soa(apex).data[0]!), 'ns.inxt. hostmaster.inxt. 7 14400 3600 1209600 5')
})

test('a long identifier goes on in a second string', () => {
  const zone = zoneOf({ site: () => ({ contentCid: 'b'.repeat(300), sequence: 1 }) })
  const set = zone.node(below('a'), apex)?.rrset(types.TXT)
  const data = set !== undefined && 'data' in set ? set.data[0] : undefined
  assert.deepEqual(data?.kind === 'text' && data.strings.map(({ length }) => length), [255, 314 - 255])
})

test('a suffix must be a name, and leave room below it', () => {
  assert.equal(nameText(zoneOf({ suffix: 'Sites.Example.ORG' }).apex), 'sites.example.org.')
  const long = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}`
  for (const suffix of ['a..b', 'x'.repeat(64), long]) {
    assert.throws(
      () => zoneOf({ suffix }),
      error => isFault(error, 'name/invalid'),
    )
  }
})
