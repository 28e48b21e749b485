// Names and wallets as a person uses them: real commands, a real devnet, its real chain.

import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Network } from '../../cli/network.ts'
import { createRpc } from '../../registry-contract/io/rpc.ts'
import { type Devnet, inxt, type Place, reservePlace, startDevnet, until } from './devnet.ts'
import { digAt, fetchSite, publish } from './reader.ts'

interface Shown {
  readonly name: string
  readonly owner: string | null
  readonly expiresAt: number
  readonly sequence: number
  readonly contenthash: string
  readonly content: string | null
  readonly zonehash: string
  readonly zone: string | null
  readonly proof: string
}

/** Account 0 of the devnet, which deploys and publishes; and the first bytes of its key, which no output may show. */
const publisher = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266'
const secret = 'ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'
const root = 'bafybeihec6z2jvvheb5t4a6fp2a3po7mvprgjh7can42j6t2ksedt4cgz4'

describe('names', () => {
  let place: Place
  let devnet: Devnet
  let network: Network
  let data: string

  before(async () => {
    place = await reservePlace()
    data = join(place.folder, '.inxt')
    devnet = await startDevnet(place)
    network = await devnet.network()
  })
  after(async () => {
    await devnet?.stop()
    await place?.remove()
  })

  async function show(name: string): Promise<Shown> {
    const { code, stdout, stderr } = await inxt(['name', 'show', name, '--data', data, '--json'])
    assert.equal(code, 0, stderr)
    return JSON.parse(stdout) as Shown
  }

  async function works(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await inxt([...args, '--data', data])
    assert.equal(code, 0, stderr)
    return stdout
  }

  /** Three lines, exit code 1. */
  async function fails(args: readonly string[], says: RegExp): Promise<void> {
    const { code, stderr } = await inxt(args)
    assert.equal(code, 1, `${args.join(' ')}: ${stderr}`)
    assert.match(stderr, says)
    const error = stderr.slice(stderr.indexOf('error: '))
    assert.equal(error.trim().split('\n').length, 3, stderr)
    assert(!stderr.includes(secret))
  }

  test('show: exactly what was promised, proven, for names that are there and that are not', async () => {
    const welcome = await show('welcome')
    const hashes = ['contenthash', 'content', 'zonehash', 'zone']
    const keys = ['name', 'owner', 'expiresAt', 'sequence', ...hashes, 'proof']
    assert.deepEqual(Object.keys(welcome), keys)
    assert.equal(welcome.owner, publisher)
    assert(welcome.expiresAt > 364 * 86_400_000)
    assert.match(welcome.contenthash, /^0xe30101701220[0-9a-f]{64}$/)
    assert.match(welcome.content!, /^bafybei[a-z2-7]{52}$/)
    assert.equal(welcome.zone, null)
    assert.equal(welcome.proof, 'verified')
    const none = await show('nobody-has-this')
    assert.deepEqual([none.owner, none.sequence, none.contenthash, none.proof], [null, 0, '0x', 'verified'])
  })

  test('register, set, renew, transfer: each with its cost first, and the history of it all', async () => {
    const cost = await works('name', 'register', 'bücher', '--years', '2', '--yes')
    assert.match(cost, /commit\s+[\d,]+\s+0\.\d+[\s\S]*register for 2 years\s+[\d,]+\s+0\.\d+\s+2\n/)
    assert.match(cost, /xn--bcher-kva/)
    await works('name', 'set', 'bücher', '--content', root, '--zone', `/ipfs/${root}`, '--yes')
    await works('name', 'renew', 'xn--bcher-kva', '--yes', '--json')
    const other = network.edges.length // any account but the publisher's
    const [, to] = /address\s+(0x[0-9a-f]{40})/.exec(
      await works('wallet', 'show', '--wallet', join(data, `edge-${other}`, 'operator.json')),
    )!
    const { NameRegistrar } = JSON.parse(await readFile(network.addressesFile, 'utf8')).contracts
    const wrong: [to: string, says: RegExp][] = [
      [`0x${'00'.repeat(20)}`, /nobody's address/],
      [`0xF${publisher.slice(3)}`, /a digit is wrong/],
      [publisher, /belongs to 0xf39f\w+ already/],
      [NameRegistrar.address, /a contract that takes no names/],
    ]
    for (const [to, says] of wrong)
      await fails(['name', 'transfer', 'bücher', to, '--yes', '--data', data], says)
    await works('name', 'transfer', 'bücher', to!, '--yes')
    const shown = await show('bücher')
    assert.deepEqual([shown.name, shown.owner, shown.sequence], ['xn--bcher-kva', to, 5])
    assert.equal(shown.contenthash, shown.zonehash)
    assert.deepEqual([shown.content, shown.zone], [root, root])
    assert.equal(shown.proof, 'verified')
    const text = await works('name', 'show', 'bücher')
    for (const words of ['registered by', 'content', 'zone', 'renewed until', 'handed over to', 'verified'])
      assert(text.includes(words), `${words} in\n${text}`)
    await fails(['name', 'set', 'bücher', '--content', 'none', '--yes', '--data', data], /NameWriterMismatch/)
    await fails(['name', 'renew', 'bücher', '--years', '11', '--yes', '--data', data], /1 to 10 years/)
  })

  test('nothing is spent unless somebody agrees', async () => {
    await fails(['name', 'register', 'not-agreed', '--data', data], /Nothing was sent/)
    assert.equal((await show('not-agreed')).owner, null)
  })

  test('what belongs to the network is refused whatever one wants of it', async () => {
    const rows = ['name register ns --yes', 'name renew ns --yes', 'name set ns --content none --yes']
    for (const row of [...rows, 'domain claim example.com ns --yes', 'zone publish none.zone ns'])
      await fails([...row.split(' '), '--data', data], /belongs to the network itself/)
  })

  test('what cannot be a name, or is not free, says what to do', async () => {
    const rows: [name: string, says: RegExp][] = [
      ['MySite', /Use mysite\./],
      ['pаypal', /U\+0430[\s\S]*one script/],
      ['🚀', /emoji/],
      ['a b', /" "/],
      ['welcome', /yours already[\s\S]*inxt name renew welcome/],
    ]
    for (const [name, says] of rows) await fails(['name', 'register', name, '--yes', '--data', data], says)
  })

  test('wallets: encrypted, never overwritten, useless without the pass phrase', async () => {
    const folder = join(place.folder, 'wallets')
    await mkdir(folder)
    const at = (name: string): string => join(folder, name)
    await writeFile(at('phrase'), 'correct horse battery\n')
    await writeFile(at('wrong'), 'correct horse batterx\n')
    await writeFile(at('key'), `0x${secret}\n`)
    const phrase = ['--passphrase-file', at('phrase')]
    const made = await inxt(['wallet', 'new', '--wallet', at('new.json'), ...phrase, '--json'])
    assert.match((JSON.parse(made.stdout) as { address: string }).address, /^0x[0-9a-f]{40}$/)
    const imported = await inxt([
      'wallet',
      'import',
      '--from',
      at('key'),
      '--wallet',
      at('old.json'),
      ...phrase,
    ])
    assert.equal(imported.code, 0, imported.stderr)
    assert(imported.stdout.includes(publisher))
    assert(!`${imported.stdout}${await readFile(at('old.json'), 'utf8')}`.includes(secret))
    await fails(['wallet', 'new', '--wallet', at('new.json'), ...phrase], /is there already/)
    await fails(['wallet', 'new', '--wallet', at('short.json')], /no terminal[\s\S]*INXT_PASSPHRASE/)

    const use = ['name', 'register', 'by-keystore', '--yes', '--data', data, '--wallet']
    await fails([...use, at('old.json'), '--passphrase-file', at('wrong')], /does not open/)
    await fails([...use, at('new.json'), ...phrase], /has 0 ETH|too little ETH|has 0 INXT/)
    const { code, stderr } = await inxt([...use, at('old.json'), ...phrase])
    assert.equal(code, 0, stderr)
    assert.equal((await show('by-keystore')).owner, publisher)
    assert.match(await works('wallet', 'show', '--wallet', at('old.json')), /[\d,.]+ ETH, [\d,.]+ INXT/)
  })

  test('a wrong chain, an address without code, an endpoint that is none', async () => {
    const addresses = JSON.parse(await readFile(network.addressesFile, 'utf8'))
    const file = join(place.folder, 'addresses.json')
    const withAddresses = async (changed: object): Promise<string[]> => {
      await writeFile(file, JSON.stringify({ ...addresses, ...changed }))
      return ['name', 'show', 'welcome', '--rpc', network.rpc, '--addresses', file]
    }
    await fails(await withAddresses({ chainId: 1 }), /is chain 31337, the contracts are on 1/)
    const { NameRegistry } = addresses.contracts
    const moved = { ...NameRegistry, address: `0x${'01'.repeat(20)}` }
    const contracts = { ...addresses.contracts, NameRegistry: moved }
    await fails(await withAddresses({ contracts }), /no code where NameRegistry was/)
    await fails(await withAddresses({ contracts: {} }), /no valid InxtToken/)
    const nowhere = ['name', 'show', 'welcome', '--data', data, '--rpc']
    await fails([...nowhere, 'http://127.0.0.1:1'], /does not answer/)
    await fails([...nowhere, 'nonsense'], /no http URL/)
  })

  test('deploy: says what is there, and leaves it alone', async t => {
    const out = join(place.folder, 'deployments')
    const { XDG_CACHE_HOME: before } = process.env
    process.env['XDG_CACHE_HOME'] = join(place.folder, 'cache')
    t.after(() => {
      if (before === undefined) delete process.env['XDG_CACHE_HOME']
      else process.env['XDG_CACHE_HOME'] = before
    })
    const words = ['deploy', '--rpc', network.rpc, '--wallet', network.walletFile, '--out', out]
    await fails(words, /Nothing was sent/)
    const first = await inxt([...words, '--yes'])
    assert.equal(first.code, 0, first.stderr)
    assert.match(first.stdout, /NameRegistrar\s+0x[0-9a-f]{40}\s+to be created[\s\S]*in all\s+[\d,]+/)
    assert.match(first.stdout, /300 INXT per ETH, 2017-09-07 19:00 to 2017-09-28 19:00 UTC/)
    const file = join(out, '31337.json')
    const kept = await readFile(file, 'utf8')
    const again = await inxt([...words, '--yes', '--json'])
    assert.equal(again.code, 0, again.stderr)
    assert.match(again.stderr, /is there/)
    assert.doesNotMatch(again.stderr, /to be created/)
    assert.equal(await readFile(file, 'utf8'), kept)
    assert.deepEqual(
      (JSON.parse(again.stdout) as { contracts: object }).contracts,
      JSON.parse(kept).contracts,
    )
  })

  test('publish: an international name is registered, and served under its A-label', async () => {
    const folder = join(place.folder, 'site')
    await mkdir(folder)
    await writeFile(join(folder, 'index.html'), '<!doctype html><title>Grüße</title>')
    const { name } = await publish(data, folder, 'grüße')
    assert.equal(name, 'xn--gre-6ka8l')
    const got = await fetchSite(network.edges[1]!, 'xn--gre-6ka8l.inxt', '/')
    assert.equal(got.body.toString(), '<!doctype html><title>Grüße</title>')
    assert.equal((await show('grüße')).owner, publisher)
  })

  test('edge leave: off the Roll at once, its stake back after the term', async () => {
    const { address } = await devnet.edge(5)
    const folder = join(data, 'edge-5')
    const leave = ['edge', 'leave', '--preset', 'devnet', '--config', join(folder, 'edge.json'), '--data']
    await fails([...leave, place.folder], /there is no edge in this folder/)
    await fails([...leave, folder], /Nothing was sent/)
    const other = ['--set', `chain.wallet=${join(data, 'edge-4', 'operator.json')}`]
    await fails([...leave, folder, ...other, '--yes'], /belongs to 0x[0-9a-f]{40}, and the wallet is/)

    const first = await inxt([...leave, folder, '--yes'])
    assert.equal(first.code, 0, first.stderr)
    assert.match(first.stdout, /leave the Roll\s+[\d,]+\s+0\.\d+[\s\S]*Nobody names this edge[\s\S]*100 INXT/)
    await until('nobody names the edge that left', 10_000, async () => {
      const { stdout } = await digAt(network.edges[0]!, '+short', 'welcome.inxt', 'A')
      return stdout !== '' && !stdout.includes(address) ? true : undefined
    })
    const { withdrawableAt, transaction } = JSON.parse((await inxt([...leave, folder, '--json'])).stdout)
    assert.equal(transaction, null)

    const rpc = createRpc({ url: network.rpc })
    await rpc.call('evm_setNextBlockTimestamp', [withdrawableAt / 1000])
    await rpc.call('evm_mine', [])
    await rpc.close()
    const last = await inxt([...leave, folder, '--yes'])
    assert.equal(last.code, 0, last.stderr)
    assert.match(last.stdout, /take the stake back[\s\S]*100 INXT are back at 0x[0-9a-f]{40}/)
    await fails([...leave, folder, '--yes'], /This edge is not on the Roll/)
  })
})
