// Certificates as a network gets them: three edges, a domain that its parent delegates to them, and an authority
// (pebble) that resolves it through their own DNS and looks in at ports 80 and 443 of whichever it is named. It
// validates every order anew, and a proxy before it proposes of the first certificate to renew it at once (RFC 9773).

import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { rendezvous } from '../../base/hash.ts'
import type { EdgeStatus } from '../../cli/edge-interface.ts'
import type { Network, NetworkEdge } from '../../cli/network.ts'
import { readIssued } from '../../edge/acme/papers.ts'
import { startNsd } from '../conformance/lab.ts'
import { labAddresses, rootAddresses } from '../conformance/lab-zones.ts'
import { answers, openRoom, type Room } from '../conformance/room.ts'
import { labMissing } from '../conformance/tools.ts'
import { projectRoot, until } from './devnet.ts'
import { toolsMissing } from './tools.ts'

const [one, two] = labAddresses
const door = join(projectRoot, 'cli', 'inxt.mjs')
const hosts = ['shop.lab', 'www.shop.lab'] as const
const [apex, www] = hosts
/** Of which a fiftieth is the soonest that a proposal counts, and a hundredth the time until others are asked again. */
const validityS = 500
const head = (serial: number): string =>
  `$TTL 300\n@ SOA ns1.nic.lab. hostmaster.nic.lab. ${serial} 3600 600 1209600 60\n`
const servers = `ns1.nic.lab. A ${one}\nns2.nic.lab. A ${two}\n`
const root = `${head(1)}@ NS a.\na. A ${rootAddresses[0]}\nlab NS ns1.nic.lab.\nlab NS ns2.nic.lab.\n${servers}`
const lab = (serial: number, more: string): string =>
  `${head(serial)}@ NS ns1.nic\n@ NS ns2.nic\n${servers}${more}`
const skip = labMissing() || toolsMissing({ curl: 'curl', pebble: 'pebble', openssl: 'openssl' })

describe('certificates of a network', { skip }, () => {
  const stack = new AsyncDisposableStack()
  let room: Room
  let net: string
  let network: Network
  /** By host: the edge whose turn it is to order. */
  let orderers: ReadonlyMap<string, NetworkEdge>
  let peers: ReadonlyMap<NetworkEdge, string>
  let pebble: Awaited<ReturnType<Room['start']>>
  const running = new Map<number, Awaited<ReturnType<Room['start']>>>()

  const inxt = (...words: string[]) => room.run(process.execPath, [door, ...words, '--data', net])
  const statusOf = async ({ address }: NetworkEdge): Promise<EdgeStatus> =>
    JSON.parse((await room.run('curl', ['-sS', `http://${address}/inxt/status`])).stdout)
  const startEdge = async ({ number }: NetworkEdge): Promise<void> => {
    const folder = join(net, `edge-${number}`)
    const words = ['edge', '--preset', 'devnet', '--data', folder, '--config', join(folder, 'edge.json')]
    words.push('--set', 'certificates.authority=https://127.0.0.1:14001/dir')
    words.push('--set', `certificates.trustFile=${join(room.folder, 'pebble.pem')}`)
    words.push('--set', 'certificates.turnMs=1000', '--set', 'certificates.waitMs=20000')
    running.set(number, await room.start(`edge-${number}`, process.execPath, [door, ...words]))
  }
  const meeting = (edges: readonly NetworkEdge[]): Promise<true> =>
    until(`${edges.length} edges serve`, 120_000, async () => {
      const seen = await Promise.all(edges.map(async edge => (await statusOf(edge)).serving.length))
      return seen.every(count => count === edges.length) || undefined
    })
  const end = async ({ number }: NetworkEdge, signal: NodeJS.Signals): Promise<void> => {
    const child = running.get(number)!
    const gone = once(child, 'exit')
    child.kill(signal)
    await gone
  }
  /** The certificate with which an edge serves a page of `host`, judged by curl with the authority's root. */
  const certificateAt = async ({ address }: NetworkEdge, host: string): Promise<X509Certificate> => {
    const words = ['-sS', '--max-time', '30', '--cacert', join(room.folder, 'root.pem'), '-o', '/dev/null']
    const at = ['--resolve', `${host}:443:${address}`, '-w', '%{http_code}%{certs}', `https://${host}/`]
    const { code, stdout, stderr } = await room.run('curl', [...words, ...at])
    assert.equal(code, 0, `${host} at ${address}: ${stderr}`)
    assert.match(stdout, /^200/)
    return new X509Certificate(stdout.slice(stdout.indexOf('-----BEGIN')))
  }
  const issued = async (): Promise<number> =>
    [...(await room.logOf('pebble')).matchAll(/Issued certificate serial/g)].length

  const shown = async (): Promise<number> => {
    const counts = await Promise.all(network.edges.map(async edge => (await statusOf(edge)).counts))
    const sum = (name: string): number => counts.reduce((total, of) => total + (of[name] ?? 0), 0)
    return sum('certificates.shown') + sum('certificates.shownForOthers')
  }

  before(async () => {
    room = await openRoom([...rootAddresses, ...labAddresses], one, stack)
    net = join(room.folder, 'net')
    await startNsd(room, 'root', rootAddresses, new Map([['.', await room.file('root', root)]]))
    await startNsd(room, 'lab', [one, two], new Map([['lab', await room.file('lab', lab(1, ''))]]))
    await answers(room, 'lab', one, 'lab')
    const ports = ['--dns-port', '53', '--http-port', '80', '--https-port', '443']
    await room.start('devnet', process.execPath, [door, 'devnet', '--data', net, '--edges', '3', ...ports])
    await until('the devnet', 180_000, async () => /Ctrl-C/.test(await room.logOf('devnet')) || undefined)
    network = JSON.parse(await readFile(join(net, 'network.json'), 'utf8'))
    await delegate()
    const { edges } = network
    peers = new Map(await Promise.all(edges.map(async edge => [edge, (await statusOf(edge)).peer] as const)))
    const first = (host: string): NetworkEdge => {
      const [peer] = rendezvous(`certificate/${host}`, [...peers.values()], 1)
      return edges.find(edge => peers.get(edge) === peer)!
    }
    orderers = new Map(hosts.map(host => [host, first(host)]))
    const witness = edges.find(edge => ![...orderers.values()].includes(edge))!
    await startPebble(witness.address)
    for (const { pid } of edges) process.kill(pid, 'SIGTERM')
    const restart = async (edge: NetworkEdge): Promise<void> => {
      await until('its end', 60_000, async () => !isAlive(edge.pid) || undefined)
      await startEdge(edge)
    }
    await Promise.all(edges.map(restart))
    await meeting(edges)
  })
  after(() => stack.disposeAsync())

  /** From the claim to the delegation, until an edge answers. */
  async function delegate(): Promise<void> {
    const claim = await inxt('domain', 'claim', apex, 'welcome', '--yes', '--json')
    assert.equal(claim.code, 0, claim.stderr)
    const named = JSON.parse(claim.stdout).servers as { host: string; addresses: string[] }[]
    const glue = named.map(({ host, addresses }) => `shop NS ${host}.\n${host}. A ${addresses[0]}\n`)
    await room.file('lab', lab(2, glue.join('')))
    await room.run('kill', ['-HUP', (await readFile(join(room.folder, 'lab.pid'), 'utf8')).trim()])
    await until('every edge serves the domain', 120_000, async () => {
      const asked = network.edges.map(({ address }) =>
        room.run('dig', [`@${address}`, '+tries=1', '+time=1', '+short', www, 'A']),
      )
      return (await Promise.all(asked)).every(({ stdout }) => /^127/m.test(stdout)) || undefined
    })
  }

  async function startPebble(resolver: string): Promise<void> {
    const [pem, key] = [join(room.folder, 'pebble.pem'), join(room.folder, 'pebble.key')]
    const made = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
    ]
    const about = [
      '-subj',
      '/CN=pebble',
      '-addext',
      'subjectAltName=IP:127.0.0.1',
      '-keyout',
      key,
      '-out',
      pem,
    ]
    assert.equal((await room.run('openssl', [...made, ...about])).code, 0)
    const config = {
      ...{ listenAddress: '127.0.0.1:14000', managementListenAddress: '127.0.0.1:15000' },
      ...{ certificate: pem, privateKey: key, httpPort: 80, tlsPort: 443 },
      ...{ externalAccountBindingRequired: false, certificateValidityPeriod: validityS },
    }
    const file = await room.file('pebble.json', JSON.stringify({ pebble: config }))
    const settings = ['PEBBLE_VA_NOSLEEP=1', 'PEBBLE_WFE_NONCEREJECT=20', 'PEBBLE_AUTHZREUSE=0']
    const words = [...settings, 'pebble', '-config', file, '-strict']
    pebble = await room.start('pebble', 'env', [...words, '-dnsserver', `${resolver}:53`])
    await until('the authority', 60_000, async () => {
      const words = ['-sSk', '-o', join(room.folder, 'root.pem'), 'https://127.0.0.1:15000/roots/0']
      return (await room.run('curl', words)).code === 0 || undefined
    })
    const proxy = join(projectRoot, 'test', 'conformance', 'acme-proxy.ts')
    await room.start('proxy', process.execPath, [proxy, room.folder, '14001', '14000'])
    await until('the proxy', 60_000, async () => {
      const { stdout } = await room.run('curl', ['-sSk', 'https://127.0.0.1:14001/dir'])
      return stdout.includes('renewalInfo') || undefined
    })
  }

  test('the first reader makes one edge order, and every edge serve', async () => {
    const { edges } = network
    const [asked] = edges.filter(edge => edge !== orderers.get(apex)) as [NetworkEdge]
    const { serialNumber } = await certificateAt(asked, apex)
    for (const edge of edges) assert.equal((await certificateAt(edge, apex)).serialNumber, serialNumber)
    assert.equal(await issued(), 1)
    let shownForOthers = 0
    for (const edge of edges) {
      const { counts, certificates } = await statusOf(edge)
      shownForOthers += counts['certificates.shownForOthers'] ?? 0
      assert.equal(counts['certificates.ordered'] ?? 0, edge === orderers.get(apex) ? 1 : 0)
      assert.deepEqual([certificates.held, certificates.problems], [1, []])
      const given = certificates.letters.map(({ host, peer }) => `${host} ${peer}`)
      const others = edges.filter(other => other !== edge).map(other => `${apex} ${peers.get(other)}`)
      assert.deepEqual(new Set(given), new Set(edge === orderers.get(apex) ? others : []))
    }
    // The authority asks the witness for addresses, which names its own first.
    assert.ok(shownForOthers > 0, 'what the authority saw was shown by an edge that did not order')
  })

  test('nobody is given a key in the name of an edge', async () => {
    const giver = orderers.get(apex)!
    const [asked] = network.edges.filter(edge => edge !== giver) as [NetworkEdge]
    const before = (await statusOf(giver)).certificates.letters.length
    for (const question of [peers.get(asked), `${peers.get(asked)}~${Date.now()}~AAAA`]) {
      const url = `http://${giver.address}/inxt/certificates/${apex}?for=${question}`
      assert.match((await room.run('curl', ['-sS', url])).stdout, /certificate\/refused/)
    }
    assert.equal((await statusOf(giver)).certificates.letters.length, before)
  })

  test('renewed when the authority says so, long before two thirds of the life, with no handshake refused', async t => {
    const { edges } = network
    const old = await certificateAt(orderers.get(apex)!, apex)
    const shownBefore = await shown()
    let handshakes = 0
    const renewed = await until('the new certificate at every edge', 180_000, async () => {
      const seen: X509Certificate[] = []
      for (const edge of edges) {
        seen.push(await certificateAt(edge, apex))
        handshakes++
      }
      return seen.every(({ serialNumber }) => serialNumber !== old.serialNumber) ? seen : undefined
    })
    const afterS = (Date.now() - Date.parse(old.validFrom)) / 1000
    t.diagnostic(
      `${handshakes} handshakes, none refused; all had it ${afterS.toFixed(0)} s after the first began`,
    )
    assert.ok(afterS < (validityS * 2) / 3)
    assert.equal(new Set(renewed.map(({ serialNumber }) => serialNumber)).size, 1, 'one for all')
    assert.equal(await issued(), 2)
    assert.ok((await shown()) > shownBefore, 'the authority was shown a challenge of its own')
    const orders = [...(await room.logOf('proxy')).matchAll(/^order (.*)$/gm)].map(([, json]) =>
      JSON.parse(json!),
    )
    // One whose nonce was refused is sent again, so there may be more than two.
    assert.equal(orders[0].replaces, undefined)
    assert.equal(orders.at(-1).replaces, readIssued(`${old}`).certId)
  })

  test('names that a stranger makes up below a domain are refused', async () => {
    const words = ['-sS', '--resolve', `x1.${apex}:443:${network.edges[0]!.address}`, `https://x1.${apex}/`]
    assert.match((await room.run('curl', words)).stderr, /unrecognized name/)
    assert.equal(await issued(), 2)
  })

  test('when the edge whose turn it is has died, the next one orders', async () => {
    const dead = orderers.get(www)!
    const left = network.edges.filter(edge => edge !== dead)
    await end(dead, 'SIGKILL')
    await meeting(left)
    const serials = new Set<string>()
    for (const edge of left) serials.add((await certificateAt(edge, www)).serialNumber)
    assert.equal(serials.size, 1)
    assert.equal(await issued(), 3)
  })

  test('without the authority, one that comes back is given that, one restarted has it on its disk', async () => {
    pebble.kill('SIGKILL')
    const dead = orderers.get(www)!
    const edge = network.edges.find(other => other !== dead)!
    const before = await Promise.all(hosts.map(host => certificateAt(edge, host)))
    await end(edge, 'SIGTERM')
    await Promise.all([dead, edge].map(startEdge))
    await meeting(network.edges)
    assert.equal((await certificateAt(dead, www)).serialNumber, before[1]!.serialNumber)
    assert.equal((await statusOf(dead)).counts['certificates.ordered'] ?? 0, 0)
    const again = await Promise.all(hosts.map(host => certificateAt(edge, host)))
    assert.deepEqual(
      again.map(({ serialNumber }) => serialNumber),
      before.map(({ serialNumber }) => serialNumber),
    )
    assert.equal((await statusOf(edge)).counts['certificates.ordered'] ?? 0, 0)
  })
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
