import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { types } from '../wire/code.ts'
import { nameText } from '../wire/name.ts'
import { createCuts } from './cuts.ts'
import { createInternet, lead, message, type World, zone } from './testing-world.ts'
import { rootOf } from './walk.ts'

const token = 'a'.repeat(32)
const roots = ['198.51.100.1', '198.51.100.2']
const root = zone(`test 172800 IN NS a.nic.test.
test 172800 IN NS b.nic.test.
a.nic.test 172800 IN A 192.0.2.1
b.nic.test 172800 IN A 192.0.2.2
net 172800 IN NS a.nic.net.
a.nic.net 172800 IN A 192.0.2.3`)
const ds = `12345 13 2 ${'ab'.repeat(32)}`
const top = zone(`a.nic 3600 IN A 192.0.2.1
b.nic 3600 IN A 192.0.2.2
glued 3600 IN NS ns1.${token}.glued
glued 3600 IN NS ns.other.net.
ns1.${token}.glued 3600 IN A 203.0.113.7
ns1.${token}.glued 3600 IN AAAA 2001:db8::7
secure 3600 IN NS ns1.${token}.example.net.
secure 3600 IN DS ${ds}
alias 3600 IN CNAME glued
here 3600 IN TXT "no delegation"
sub.deep.ent 900 IN NS ns.other.net.
co 3600 IN NS ns.co
ns.co 3600 IN A 192.0.2.4
far 3600 IN NS ns.far.net.
both 3600 IN NS a.nic
lost 3600 IN NS ns.gone.net.
gone 3600 IN NS ns1.gone
ns1.gone 3600 IN A 192.0.2.99`)
const other = 'shop 3600 IN NS ns.other.net.'
const world: World = {
  [roots[0]!]: { '.': root },
  [roots[1]!]: { '.': root },
  '192.0.2.1': { test: top, 'both.test': zone(other, '192.0.2.1') },
  '192.0.2.2': { test: top },
  '192.0.2.3': { net: zone('far 3600 IN NS ns.far\nns.far 3600 IN A 192.0.2.6') },
  '192.0.2.4': { 'co.test': zone(other) },
  '192.0.2.6': { 'far.net': zone('', '192.0.2.6'), 'far.test': zone(other) },
}

function shown(domain: string, given: World = world, seed = 1): string {
  const { finding } = lead(domain, message(createInternet(given)), { roots, seed })
  if (finding.kind !== 'delegated')
    return finding.kind === 'unclear' ? `unclear: ${finding.why}` : finding.kind
  const hosts = finding.hosts.map(({ name, addresses }) => [nameText(name), ...addresses].join(' '))
  return `${hosts.join(', ')}; ${finding.ttlS} s; ${finding.ds?.length} DS`
}

describe('from the root to the parent', () => {
  const rows: [what: string, domain: string, expected: string][] = [
    [
      'glue, and a host without',
      'glued.test',
      `ns.other.net., ns1.${token}.glued.test. 2001:db8::7 203.0.113.7; 3600 s; 0 DS`,
    ],
    ['DS', 'secure.test', `ns1.${token}.example.net.; 3600 s; 1 DS`],
    ['capitals', 'SECURE.test', `ns1.${token}.example.net.; 3600 s; 1 DS`],
    ['no such name', 'nothing.test', 'undelegated'],
    ['a name that is no zone', 'here.test', 'undelegated'],
    ['an alias', 'alias.test', 'undelegated'],
    ['empty names on the way', 'sub.deep.ent.test', 'ns.other.net.; 900 s; 0 DS'],
    ['a parent that is a child', 'shop.co.test', 'ns.other.net.; 3600 s; 0 DS'],
    ['a parent on the same server as its own parent', 'shop.both.test', 'ns.other.net.; 3600 s; 0 DS'],
    ['a parent without glue', 'shop.far.test', 'ns.other.net.; 3600 s; 0 DS'],
    ['no such top-level domain', 'a.nowhere', 'undelegated'],
    ['a top-level domain', 'test', 'a.nic.test. 192.0.2.1, b.nic.test. 192.0.2.2; 172800 s; 0 DS'],
  ]
  for (const [what, domain, expected] of rows) {
    test(what, () => {
      for (let seed = 1; seed <= 8; seed++) assert.equal(shown(domain, world, seed), expected)
    })
  }

  test('servers learn no more of a name than they need', () => {
    const internet = createInternet(world)
    lead('shop.co.test', message(internet), { roots })
    assert.deepEqual(
      internet.asked
        .filter(line => roots.some(address => line.startsWith(`${address} `)))
        .map(line => line.split(' ')[1]),
      ['test.'],
    )
  })

  test('the next walk begins where the last one ended', () => {
    const internet = createInternet(world)
    const cuts = createCuts(rootOf(roots), 100, () => 0)
    lead('glued.test', message(internet), { roots, cuts })
    const before = internet.asked.length
    const { questions } = lead('secure.test', message(internet), { roots, cuts })
    assert.equal(questions, 4) // NS and DS, of two servers each
    assert.ok(!internet.asked.slice(before).some(line => line.startsWith('198.')))
  })

  test('what was remembered is forgotten when it is of no use', () => {
    const cuts = createCuts(rootOf(roots), 100, () => 0)
    cuts.keep({ ...lead0(), name: '\x04test' as never })
    const { finding } = lead('secure.test', message(createInternet(world)), { roots, cuts })
    assert.equal(finding.kind, 'delegated')
  })
  const lead0 = () => ({ ttlS: 100, hosts: [{ name: '\x01x' as never, addresses: ['192.0.2.200'] }] })

  test('cuts end with their TTL, and the oldest unused makes room', () => {
    let now = 0
    const cuts = createCuts(rootOf(roots), 2, () => now)
    const cut = (name: string) => ({ name: name as never, hosts: [], ttlS: 10 })
    for (const name of ['\x01a', '\x01b']) cuts.keep(cut(name))
    cuts.above('\x01x\x01a' as never)
    cuts.keep(cut('\x01c'))
    const known = (): string[] =>
      ['\x01a', '\x01b', '\x01c'].filter(name => cuts.above(`\x01x${name}` as never).name === name)
    assert.deepEqual(known(), ['\x01a', '\x01c'])
    now = 10_000
    assert.deepEqual(known(), [])
  })
})

describe('parents that fail or lie', () => {
  const without = (...addresses: string[]): World =>
    Object.fromEntries(Object.entries(world).filter(([address]) => !addresses.includes(address)))
  const lying = (body: string): World => ({ ...world, '192.0.2.2': { test: zone(body) } })

  test('a root server that is silent is passed over', () => {
    assert.match(shown('secure.test', without(roots[0]!)), /1 DS/)
  })
  const rows: [what: string, given: World, expected: RegExp][] = [
    ['one of two silent', without('192.0.2.2'), /^unclear: .*test.*no answer/],
    ['both silent', without('192.0.2.1', '192.0.2.2'), /^unclear: .*no answer/],
    ['one with other hosts', lying('secure 3600 IN NS ns.evil.net.'), /^unclear: two servers/],
    ['one that denies the domain', lying('x 3600 IN A 192.0.2.1'), /^unclear: two servers/],
    ['one that does not know its zone', { ...world, '192.0.2.2': { net: root } }, /^unclear: .*code 5/],
    [
      'one with another DS',
      lying(`secure 3600 IN NS ns1.${token}.example.net.\nsecure 3600 IN DS ${ds.replace('12345', '54321')}`),
      /undefined DS/,
    ],
  ]
  for (const [what, given, expected] of rows) {
    test(what, () => {
      for (let seed = 1; seed <= 8; seed++) assert.match(shown('secure.test', given, seed), expected)
    })
  }

  test('a parent in circles ends with the budget', () => {
    const circle: World = {
      ...world,
      '192.0.2.1': { test: zone('loop 3600 IN NS ns.x.loop2.test.\nloop2 3600 IN NS ns.x.loop.test.') },
      '192.0.2.2': { test: zone('loop 3600 IN NS ns.x.loop2.test.\nloop2 3600 IN NS ns.x.loop.test.') },
    }
    const { finding, questions } = lead('shop.loop.test', message(createInternet(circle)), { roots })
    assert.equal(finding.kind, 'unclear')
    assert.ok(questions <= 48)
  })

  test('glue from outside the bailiwick is not used', () => {
    const internet = createInternet(world)
    const poisoned = (question: Parameters<typeof internet.answer>[0]) => {
      const honest = message(internet)(question)
      if (honest === undefined || question.server !== '192.0.2.1') return honest
      const name = honest.authorities.find(({ type }) => type === types.NS)?.data
      if (name?.kind !== 'host') return honest
      const record = {
        name: name.host,
        type: types.A,
        class: 1,
        ttlS: 60,
        data: { kind: 'address', bytes: Uint8Array.of(6, 6, 6, 6) } as const,
      }
      return { ...honest, additionals: [record] }
    }
    const { finding } = lead('secure.test', poisoned, { roots })
    assert.ok(finding.kind === 'delegated' && finding.hosts.every(({ addresses }) => addresses.length === 0))
  })
})
