// Custom domains in the lab: a root and a top-level domain by NSD, the watch of an edge in their midst. What a parent
// delegates is found and followed; a server that lies, falls silent or cuts its answers short changes nothing.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { until } from '../e2e/devnet.ts'
import { startNsd } from './lab.ts'
import { labAddresses, rootAddresses } from './lab-zones.ts'
import { answers, openRoom, type Room } from './room.ts'
import { labMissing } from './tools.ts'

const [labAddress, otherLabAddress] = labAddresses
const tokens = { me: 'a'.repeat(32), they: 'b'.repeat(32) } as const
type Owner = keyof typeof tokens
const head = (serial: number): string =>
  `$TTL 300\n@ SOA ns1.nic.lab. hostmaster.nic.lab. ${serial} 3600 600 1209600 60\n`
const rootText = `${head(1)}@ NS a.root-servers.net.
a.root-servers.net. A ${rootAddresses[0]}
lab NS ns1.nic.lab.
lab NS ns2.nic.lab.
ns1.nic.lab. A ${labAddress}
ns2.nic.lab. A ${otherLabAddress}
`
const ds = `4711 13 2 ${'cd'.repeat(32)}`
/** Too long for a datagram. */
const many = Array.from({ length: 50 }, (_, i) => `many NS n${i}.${tokens.me}.many\n`).join('')

let serial = 1
function labText(shop: Owner, split: Owner): string {
  return `${head(serial++)}@ NS ns1.nic
@ NS ns2.nic
ns1.nic A ${labAddress}
ns2.nic A ${otherLabAddress}
shop NS ns1.${tokens[shop]}.shop
ns1.${tokens[shop]}.shop A 192.0.2.1
ns1.${tokens[shop]}.shop AAAA 2001:db8::1
shop DS ${ds}
split NS ns1.${tokens[split]}.split
away NS ns.elsewhere.lab.
both NS ns1.${tokens.me}.both
both NS ns1.${tokens.they}.both
lower.deep NS ns1.${tokens.me}.lower.deep
co NS ns.co
ns.co A ${labAddress}
${many}`
}
const coText = `${head(1)}@ NS ns\nns A ${labAddress}\nshop NS ns1.${tokens.me}.example.net.\n`

interface Line {
  readonly domain: string
  readonly verdict: string
  readonly why?: string
  readonly kept?: Owner
  readonly hosts?: readonly string[][]
  readonly ds?: readonly string[]
  readonly asked: number
}

describe('custom domains', { skip: labMissing() }, () => {
  const stack = new AsyncDisposableStack()
  let room: Room
  before(async () => {
    room = await openRoom([...rootAddresses, labAddress, otherLabAddress], labAddress, stack)
    const start = async (
      label: string,
      addresses: readonly string[],
      zones: [string, string][],
    ): Promise<void> => {
      const files = new Map<string, string>()
      for (const [zone, text] of zones) files.set(zone, await room.file(`${label}.${zone}zone`, text))
      await startNsd(room, label, addresses, files)
    }
    await start('root', rootAddresses, [['.', rootText]])
    await start(
      'one',
      [labAddress],
      [
        ['lab', labText('me', 'me')],
        ['co.lab', coText],
      ],
    )
    await start('two', [otherLabAddress], [['lab', labText('me', 'they')]])
    await Promise.all([
      answers(room, 'root', rootAddresses[0]!, '.'),
      answers(room, 'one', labAddress, 'lab'),
      answers(room, 'two', otherLabAddress, 'lab'),
    ])
    const names = ['away', 'both', 'lower.deep', 'many', 'nothing', 'shop.co', 'shop', 'split']
    const claims = names.flatMap(name =>
      (['me', 'they'] as const).map(owner => ({
        name: `${name}.lab`,
        owner,
        site: 'site',
        token: tokens[owner],
      })),
    )
    await room.start('watcher', process.execPath, [
      `${import.meta.dirname}/watcher.ts`,
      JSON.stringify(claims),
    ])
  })
  after(() => stack.disposeAsync())

  const lines = async (): Promise<Line[]> =>
    (await room.logOf('watcher'))
      .split('\n')
      .slice(0, -1)
      .map(line => JSON.parse(line) as Line)
  /** The next look-up of a domain that is as wanted, after the first `from` of all. */
  const seen = (
    what: string,
    domain: string,
    from: number,
    isWanted: (line: Line) => boolean,
  ): Promise<Line> =>
    until(what, 20_000, async () =>
      (await lines()).slice(from).find(line => line.domain === domain && isWanted(line)),
    )
  const signal = async (label: string, name: string): Promise<void> => {
    const pid = (await readFile(join(room.folder, `${label}.pid`), 'utf8')).trim()
    assert.equal((await room.run('kill', [`-${name}`, pid])).code, 0)
  }
  const change = async (label: 'one' | 'two', text: string): Promise<number> => {
    await room.file(`${label}.labzone`, text)
    await signal(label, 'HUP')
    return (await lines()).length
  }

  const rows: [domain: string, verdict: string, kept: Owner | undefined][] = [
    ['shop.lab', 'served', 'me'],
    ['many.lab', 'served', 'me'],
    ['lower.deep.lab', 'served', 'me'],
    ['shop.co.lab', 'served', 'me'],
    ['away.lab', 'elsewhere', undefined],
    ['both.lab', 'contested', undefined],
    ['nothing.lab', 'undelegated', undefined],
    ['split.lab', 'unclear', undefined],
  ]
  for (const [domain, verdict, kept] of rows) {
    test(`${domain}: ${verdict}`, async () => {
      const line = await seen(`a look-up of ${domain}`, domain, 0, () => true)
      assert.deepEqual([line.verdict, line.kept], [verdict, kept], JSON.stringify(line))
    })
  }

  test('glue and DS are those of the parent, and a long set came over TCP', async () => {
    const shop = await seen('the shop', 'shop.lab', 0, () => true)
    assert.deepEqual(shop.hosts, [[`ns1.${tokens.me}.shop.lab.`, '192.0.2.1', '2001:db8::1']])
    assert.deepEqual(shop.ds, [`12670d02${'cd'.repeat(32)}`])
    assert.equal((await seen('many', 'many.lab', 0, () => true)).hosts?.length, 50)
  })

  test('a new delegation is followed, and changes nothing until both servers have it', async () => {
    const half = await change('one', labText('they', 'me'))
    const doubt = await seen('the contradiction', 'shop.lab', half, ({ verdict }) => verdict === 'unclear')
    assert.equal(doubt.kept, 'me')
    const whole = await change('two', labText('they', 'they'))
    await seen('the new owner', 'shop.lab', whole, ({ kept }) => kept === 'they')
    const order = (await lines()).slice(whole).filter(({ domain }) => domain === 'shop.lab')
    const first = order.findIndex(({ verdict }) => verdict === 'served')
    assert.equal(order[first]!.kept, 'me') // and only the second look is believed
  })

  test('a server that begins to lie, and then falls silent, takes nothing away', async () => {
    const lie = await change('two', labText('me', 'they'))
    const lying = await seen('the lie', 'shop.lab', lie, ({ verdict }) => verdict === 'unclear')
    assert.match(lying.why!, /do not say the same/)
    assert.equal(lying.kept, 'they')
    await signal('two', 'TERM')
    const from = (await lines()).length
    const silent = await seen('the silence', 'shop.lab', from, ({ why }) => /no answer/.test(why ?? ''))
    assert.equal(silent.kept, 'they')
  })
})
