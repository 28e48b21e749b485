// Edges that clients reach by IPv6 too: three in a namespace of their own, of which two have such an address, so that
// A and AAAA are about different edges; seen by dig, curl and delv over IPv6.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Network, NetworkEdge } from '../../cli/network.ts'
import { openRoom, type Room } from '../conformance/room.ts'
import { roomMissing } from '../conformance/tools.ts'
import { projectRoot, until } from './devnet.ts'
import { toolsMissing } from './tools.ts'

const [one, two] = ['fd00::1', 'fd00::2'] as const
const both = /^fd00::1 fd00::2$/
const door = join(projectRoot, 'cli', 'inxt.mjs')
const skip = roomMissing() || toolsMissing({ dig: 'dnsutils', delv: 'dnsutils', curl: 'curl' })

describe('edges with IPv6', { skip }, () => {
  const stack = new AsyncDisposableStack()
  let room: Room
  let net: string
  let edges: readonly NetworkEdge[]

  const shown = async (server: string, ...words: string[]): Promise<string> => {
    const { stdout } = await room.run('dig', [`@${server}`, '+tries=1', '+time=2', '+short', ...words])
    return stdout.trim().split('\n').sort().join(' ')
  }
  const restart = async ({ number, pid }: NetworkEdge, ...assignments: string[]): Promise<void> => {
    process.kill(pid, 'SIGTERM')
    await until('its end', 10_000, async () => !isAlive(pid) || undefined)
    const folder = join(net, `edge-${number}`)
    const words = ['edge', '--preset', 'devnet', '--data', folder, '--config', join(folder, 'edge.json')]
    for (const assignment of assignments) words.push('--set', assignment)
    await room.start(`edge-${number}`, process.execPath, [door, ...words])
  }

  before(async () => {
    room = await openRoom([one, two], '127.0.0.1', stack)
    net = join(room.folder, 'net')
    const ports = ['--dns-port', '53', '--http-port', '80', '--https-port', '443']
    await room.start('devnet', process.execPath, [door, 'devnet', '--data', net, '--edges', '3', ...ports])
    await until('the devnet', 60_000, async () => /Ctrl-C/.test(await room.logOf('devnet')) || undefined)
    edges = (JSON.parse(await readFile(join(net, 'network.json'), 'utf8')) as Network).edges
    const map = await room.file('map', '2001:db8:1::/48 = fd00::2\n')
    await restart(edges[0]!, `edge.ipv6=${one}`, `clients.map=${map}`)
    await restart(edges[1]!, `edge.ipv6=${two}`)
    for (const server of [one, two, edges[2]!.address]) {
      await answered(server, ['welcome.inxt', 'AAAA'], both)
    }
  })
  after(() => stack.disposeAsync())

  /** Gossip may doubt an edge for a moment, so answers are waited for. */
  const answered = (server: string, words: readonly string[], wanted: RegExp): Promise<true> =>
    until(`${server} answers ${words.join(' ')}`, 90_000, async () => {
      return wanted.test(await shown(server, ...words)) || undefined
    })

  test('the suffix names them to everybody, beside the addresses of IPv4', async () => {
    const [first, second, third] = edges.map(({ address }) => address)
    for (const server of [one, two]) {
      await answered(server, ['welcome.inxt', 'A', '+tcp'], RegExp(`^${first} ${second} ${third}$`))
      const https = /^1 \. alpn="h2,http\/1\.1" ipv4hint=\S+ ipv6hint=fd00::1,fd00::2$/
      await answered(server, ['welcome.inxt', 'HTTPS'], https)
      const glue = await room.run('dig', [`@${server}`, '+norec', 'inxt', 'NS'])
      assert.match(glue.stdout, /^e-[0-9a-f]{8}\.ns\.inxt\.\s\d+\sIN\sAAAA\sfd00::1$/m)
    }
  })

  test('clients of a prefix get the edge that the map has for them', async () => {
    await answered(one, ['+subnet=2001:db8:1::/48', 'welcome.inxt', 'AAAA'], /^fd00::2$/)
    await answered(one, ['+subnet=2001:db8:2::/48', 'welcome.inxt', 'AAAA'], both)
  })

  test('the site is there, by HTTP and HTTPS, and so is the edge under its own address', async () => {
    const page = await readFile(join(projectRoot, 'examples', 'sites', 'welcome', 'index.html'), 'utf8')
    const trust = ['--cacert', join(net, 'authority', 'local-authority.pem')]
    for (const [server, scheme] of [one, two].flatMap(server => [
      [server, 'http'],
      [server, 'https'],
    ])) {
      const at = ['--resolve', `welcome.inxt:80:[${server}]`, '--resolve', `welcome.inxt:443:[${server}]`]
      const got = await room.run('curl', ['-sS', '-6', ...trust, ...at, `${scheme}://welcome.inxt/`])
      assert.equal(got.stdout, page, got.stderr)
    }
    for (const server of [one, two]) {
      const own = await room.run('curl', ['-sS', `http://[${server}]/inxt/status`])
      assert.match(own.stdout, /^\{\s*"peer"/, own.stderr)
    }
  })

  test('an owner signs them in advance, and delv validates what is chosen', async () => {
    const zone = await room.file(
      'zone',
      '$TTL 300\n@ SOA ns.example.net. host 1 7200 3600 1209600 300\n  NS ns.example.net.\n',
    )
    const words = [
      'zone',
      'publish',
      zone,
      'welcome',
      '--data',
      net,
      '--keys',
      join(room.folder, 'keys'),
      '--json',
    ]
    const { code, stderr } = await room.run(process.execPath, [door, ...words])
    assert.equal(code, 0, stderr)
    const [flags, protocol, algorithm, ...key] = (await shown(one, 'welcome.inxt', 'DNSKEY')).split(' ')
    const anchor = `trust-anchors { "welcome.inxt" static-key ${flags} ${protocol} ${algorithm} "${key.join('')}"; };`
    const file = await room.file('anchor', anchor)
    for (const server of [one, edges[2]!.address]) {
      const ask = async (type: string): Promise<string> => {
        const about = [`@${server}`, '-a', file, '+root=welcome.inxt', '+nodnssec', 'welcome.inxt', type]
        const { stdout, stderr } = await room.run('delv', about)
        return stdout + stderr
      }
      await until(`${server} names both`, 20_000, async () => {
        const text = await ask('AAAA')
        assert.match(text, /; fully validated/)
        const named = [...text.matchAll(/IN\s+AAAA\s+(\S+)/g)].map(([, address]) => address)
        return both.test(named.sort().join(' ')) || undefined
      })
      assert.match(await ask('HTTPS'), /; fully validated[\s\S]*HTTPS\s+1 \. alpn="h2,http\/1\.1"/)
    }
  })
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
