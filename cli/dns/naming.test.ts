import assert from 'node:assert/strict'
import { test } from 'node:test'
import { types } from '../../resolver/wire/code.ts'
import { parseName } from '../../resolver/wire/name.ts'
import { createDomainZone, withSite } from '../../resolver/zone/domain-zone.ts'
import { readZone } from '../../resolver/zone/master.ts'
import { withSignedPlaces } from '../../resolver/zone/signed-places.ts'
import { createZone } from '../../resolver/zone/snapshot.ts'
import { defaultTtls } from '../../resolver/zone/suffix.ts'
import type { Zone } from '../../resolver/zone/zone.ts'
import { createNaming } from './naming.ts'

const one = { address: '192.0.2.1', ipv6: '' }
const two = { address: '192.0.2.2', ipv6: '2001:db8::2' }
const six = { address: '', ipv6: '2001:db8::6' }

function zoneOf(domain: string, lines: string): Zone {
  const apex = parseName(domain)
  const head = `$ORIGIN ${domain}.\n@ 60 SOA ns hostmaster 1 3600 600 86400 0\n@ 60 NS ns\n`
  return createZone(readZone(`${head}${lines}\n`, apex).records, apex)
}

function siteZone(domain: string): Zone {
  const names = { site: () => ({ contentCid: 'bafy', sequence: 1 }), serial: () => 1 }
  return createDomainZone({ domain, site: 'shop', names, hosts: [], ttlS: 60, ttls: defaultTtls })
}

test('every edge where that is left open, the addresses that were written, the members of a bundle', () => {
  const written = zoneOf(
    'own.example',
    '@ 60 A 192.0.2.2\nwww 60 CNAME own.example.\n*.w 60 A 192.0.2.1\nfar 60 CNAME else.test.\nmx 60 TXT x',
  )
  const placed = zoneOf('signed.example', '@ 60 A 192.0.2.1\n@ 60 AAAA 2001:db8::2')
  const apex = parseName('signed.example')
  const bundle = withSignedPlaces(placed, {
    ...{ site: 'shop', owners: [apex] },
    sets: {
      // Admits 192.0.2.1 alone, and answers with it whoever is wanted.
      choose(name, type) {
        const data = [{ kind: 'address', bytes: Uint8Array.of(192, 0, 2, 1) } as const]
        return type === types.A ? { name, type, ttlS: 60, data, signatures: [] } : undefined
      },
    },
  })
  const leads = createNaming(() => [siteZone('open.example'), written, bundle])
  const rows: [host: string, edge: typeof one, may: boolean][] = [
    ['open.example', one, true],
    ['www.open.example', six, true],
    ['x.open.example', one, false],
    ['own.example', one, false],
    ['own.example', two, true],
    ['www.own.example', one, false],
    ['www.own.example', two, true],
    ['a.w.own.example', one, true],
    ['a.w.own.example', two, false],
    ['far.own.example', one, false],
    ['mx.own.example', one, false],
    ['none.own.example', one, false],
    ['signed.example', one, true],
    // The file's AAAA stand in for a bundle that has none.
    ['signed.example', { ...two, ipv6: '' }, false],
    ['signed.example', two, true],
    ['signed.example', six, false],
    ['elsewhere.test', one, false],
    ['..', one, false],
    [`${'a'.repeat(70)}.example`, one, false],
    ['', one, false],
    ['open.example', { address: '', ipv6: '' }, false],
  ]
  for (const [host, edge, may] of rows) assert.equal(leads(host, edge), may, `${host} ${edge.address}`)
})

test('a loop of aliases leads nowhere, and another array of zones is another answer', () => {
  let zones: readonly Zone[] = [zoneOf('loop.example', 'a 60 CNAME b\nb 60 CNAME a')]
  const leads = createNaming(() => zones)
  assert.equal(leads('a.loop.example', one), false)
  assert.equal(leads('open.example', one), false)
  zones = [siteZone('open.example')]
  assert.equal(leads('open.example', one), true)
})

test("an owner's unsigned zone with the site's places leads to every edge", () => {
  const zone = zoneOf('mixed.example', '@ 60 MX 10 mail\nmail 60 A 192.0.2.9')
  const names = { site: () => ({ contentCid: 'bafy', sequence: 1 }), serial: () => 1 }
  const given = { site: 'shop', owners: [zone.apex], names, contentTtlS: 60 }
  const leads = createNaming(() => [withSite(zone, given)])
  assert.equal(leads('mixed.example', one), true)
  assert.equal(leads('mail.mixed.example', one), false)
})
