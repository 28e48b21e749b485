import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Interface } from 'ethers/abi'
import { Fault, isFault } from '../../base/fault.ts'
import { encodeCall } from '../abi.ts'
import { childNode } from '../label.ts'
import type { Revert } from '../revert.ts'
import { edgeCalls, edgeRegistrySignatures, nameCalls, nameRegistrySignatures } from '../signatures.ts'
import { compiled, type Devchain, startDevchain } from './devchain.ts'
import type { Registrar } from './registrar.ts'

const zero = `0x${'00'.repeat(20)}`
const dayMs = 86_400_000
let chain: Devchain
let alice: Registrar
let bob: Registrar
before(async () => {
  chain = await startDevchain()
  alice = await chain.registrar(0)
  bob = await chain.registrar(1)
})
after(() => chain.stop())

async function nowMs(): Promise<number> {
  const block = (await chain.rpc.call('eth_getBlockByNumber', ['latest', false])) as { timestamp: string }
  return Number(block.timestamp) * 1000
}

async function passDays(days: number): Promise<void> {
  await chain.rpc.call('evm_increaseTime', [days * 86_400])
  await chain.rpc.call('evm_mine', [])
}

/** The contract refuses with this custom error; returns its values. */
async function refused(action: Promise<unknown>, error: string): Promise<Revert['values']> {
  const fault = await action.then(
    () => assert.fail(`${error} was expected`),
    (thrown: unknown) => thrown,
  )
  assert.ok(fault instanceof Fault, String(fault))
  assert.equal(fault.code, 'chain/reverted', fault.message)
  const revert = fault.cause as Revert
  assert.equal(revert.error, error, fault.message)
  return revert.values
}

/** Past the checks of registrar.ts, to what the contract itself says. */
async function rawRegister(label: string): Promise<unknown> {
  const wallet = await chain.wallet(0)
  const data = encodeCall(nameCalls.get('register')!, [label])
  return wallet.send({ to: chain.addresses.nameRegistry, data })
}

test('the signatures are those of the compiled contracts, none more, none less', async () => {
  const artifacts = await compiled()
  const rows = [
    [artifacts.NameRegistry, nameRegistrySignatures],
    [artifacts.EdgeRegistry, edgeRegistrySignatures],
  ] as const
  for (const [artifact, ours] of rows) {
    const list = (source: Interface): string[] =>
      source.fragments
        .filter(fragment => fragment.type !== 'constructor')
        .map(fragment => `${fragment.type} ${fragment.format('sighash')}`)
        .sort()
    assert.deepEqual(list(new Interface(ours)), list(new Interface(JSON.stringify(artifact.abi))))
  }
})

describe('NameRegistry', () => {
  test('a free name goes to the first who asks, for a year', async () => {
    assert.equal(await alice.owner('first'), zero)
    assert.equal(await alice.expiresAt('first'), 0)
    await alice.register('first')
    assert.equal(await bob.owner('first'), alice.address)
    assert.equal(await alice.sequence('first'), 1)
    assert.equal(await alice.contenthash('first'), '0x')
    assert.equal(await alice.expiresAt('first'), (await nowMs()) + 365 * dayMs)

    const taken = await bob.register('first').catch(error => error)
    assert.ok(isFault(taken, 'name/taken'), String(taken))
    assert.ok(taken.message.includes(alice.address))
  })

  test('the contract refuses the labels that label.ts refuses', async () => {
    const rows: [label: string, error: string, values: object][] = [
      ['', 'LabelLengthInvalid', { length: 0 }],
      ['a'.repeat(64), 'LabelLengthInvalid', { length: 64 }],
      ['-a', 'LabelCharacterInvalid', { position: 0, character: '0x2d' }],
      ['ab-', 'LabelCharacterInvalid', { position: 2, character: '0x2d' }],
      ['aB', 'LabelCharacterInvalid', { position: 1, character: '0x42' }],
      ['a.b', 'LabelCharacterInvalid', { position: 1, character: '0x2e' }],
      ['a/b', 'LabelCharacterInvalid', { position: 1, character: '0x2f' }],
      ['a:', 'LabelCharacterInvalid', { position: 1, character: '0x3a' }],
      ['`', 'LabelCharacterInvalid', { position: 0, character: '0x60' }],
      ['{', 'LabelCharacterInvalid', { position: 0, character: '0x7b' }],
      ['ä', 'LabelCharacterInvalid', { position: 0, character: '0xc3' }],
    ]
    for (const [label, error, values] of rows) {
      assert.deepEqual({ ...(await refused(rawRegister(label), error)) }, values, label)
      await assert.rejects(alice.register(label), thrown => isFault(thrown, 'name/invalid'), label)
    }
    for (const label of ['z', '0', '9a-z', 'xn--bcher-kva', 'a'.repeat(63)]) await rawRegister(label)
  })

  test('the owner of an unexpired name sets content, within its bound', async () => {
    await alice.register('content')
    await alice.setContenthash('content', '0xe301')
    assert.equal(await bob.contenthash('content'), '0xe301')
    const longest = `0x${'ab'.repeat(128)}`
    await alice.setContenthash('content', longest)
    assert.equal(await bob.contenthash('content'), longest)
    await alice.setContenthash('content', '0x')
    assert.equal(await bob.contenthash('content'), '0x')
    assert.equal(await bob.sequence('content'), 4)

    const long = alice.setContenthash('content', `0x${'ab'.repeat(129)}`)
    assert.deepEqual(await refused(long, 'ContenthashLengthInvalid'), { length: 129, lengthMax: 128 })
    const node = childNode(chain.addresses.suffixNode, 'content')
    const values = await refused(bob.setContenthash('content', '0x'), 'NameOwnerMismatch')
    assert.deepEqual(values, { node, owner: alice.address, caller: bob.address })
    await refused(bob.setContenthash('nobodys', '0x'), 'NameExpired')
  })

  test('a name is handed over by its owner only, and not to nobody', async () => {
    await alice.register('gift')
    await refused(bob.transfer('gift', bob.address), 'NameOwnerMismatch')
    await refused(alice.transfer('gift', zero), 'NameReceiverInvalid')
    await refused(alice.transfer('gift', chain.addresses.nameRegistry), 'NameReceiverInvalid')
    await alice.setContenthash('gift', '0x01')
    await alice.transfer('gift', bob.address)
    assert.equal(await alice.owner('gift'), bob.address)
    assert.equal(await alice.contenthash('gift'), '0x01')
    await refused(alice.transfer('gift', alice.address), 'NameOwnerMismatch')
    await refused(alice.transfer('nobodys', alice.address), 'NameExpired')
  })

  test('anyone renews, up to two years ahead; an expired name is free, its sequence goes on', async () => {
    await alice.register('term')
    await alice.setContenthash('term', '0x01')
    const first = await alice.expiresAt('term')
    await passDays(10)
    await bob.renew('term')
    assert.equal(await alice.expiresAt('term'), first + 365 * dayMs)
    await bob.renew('term')
    assert.equal(await alice.expiresAt('term'), (await nowMs()) + 730 * dayMs)
    // At that very second there is nothing left to gain.
    const node = childNode(chain.addresses.suffixNode, 'term')
    const again = { to: chain.addresses.nameRegistry, data: encodeCall(nameCalls.get('renew')!, [node]) }
    await refused((await chain.wallet(1)).read(again), 'NameTermExceeded')
    await refused(alice.renew('nobodys'), 'NameExpired')

    await passDays(731)
    assert.equal(await alice.owner('term'), zero)
    assert.equal(await alice.contenthash('term'), '0x')
    await refused(alice.setContenthash('term', '0x02'), 'NameExpired')
    await refused(alice.transfer('term', bob.address), 'NameExpired')
    await refused(alice.renew('term'), 'NameExpired')

    assert.equal(await bob.sequence('term'), 4)
    await bob.register('term')
    assert.equal(await alice.owner('term'), bob.address)
    assert.equal(await alice.contenthash('term'), '0x')
    assert.equal(await alice.sequence('term'), 5)
  })
})

describe('EdgeRegistry', () => {
  const key = `0x${'e1'.repeat(32)}`
  const edge = { peerKey: key, address: '127.0.1.1', dnsPort: 5300, httpPort: 8080, overlayPort: 9000 }
  const read = async (peerKey: string): Promise<string> => {
    const data = encodeCall(edgeCalls.get('edge')!, [peerKey])
    return (await chain.wallet(0)).read({ to: chain.addresses.edgeRegistry, data })
  }

  test('an edge is entered, changed, entered again and taken out by its owner alone', async () => {
    await alice.registerEdge(edge)
    const contract = new Interface(edgeRegistrySignatures)
    const [found] = contract.decodeFunctionResult('edge', await read(key))
    const [owner, ...rest] = [...found].map(String)
    assert.equal(owner!.toLowerCase(), alice.address)
    assert.deepEqual(rest, ['0x7f000101', '5300', '8080', '9000'])

    await alice.registerEdge({ ...edge, httpPort: 80 })
    await alice.updateEdge({ ...edge, httpPort: 81 })
    const values = await refused(bob.registerEdge(edge), 'EdgeOwnerMismatch')
    assert.deepEqual(values, { peerKey: key, owner: alice.address, caller: bob.address })
    await refused(bob.updateEdge(edge), 'EdgeOwnerMismatch')
    await refused(bob.removeEdge(key), 'EdgeOwnerMismatch')
    await alice.removeEdge(key)
    assert.equal(await read(key), `0x${'00'.repeat(160)}`)
    await refused(alice.removeEdge(key), 'EdgeUnknown')
    await refused(alice.updateEdge(edge), 'EdgeUnknown')
    await bob.registerEdge(edge)
    await bob.removeEdge(key)
  })

  test('zeros are refused', async () => {
    await refused(alice.registerEdge({ ...edge, peerKey: `0x${'00'.repeat(32)}` }), 'EdgeKeyInvalid')
    for (const harm of [{ address: '0.0.0.0' }, { dnsPort: 0 }, { httpPort: 0 }, { overlayPort: 0 }]) {
      await refused(alice.registerEdge({ ...edge, ...harm }), 'EdgeEndpointInvalid')
    }
  })
})

describe('registrar and wallet', () => {
  test('what a person mistypes is refused before anything is sent', async () => {
    const height = await chain.rpc.call('eth_blockNumber', [])
    const edge = {
      peerKey: `0x${'e1'.repeat(32)}`,
      address: '127.0.1.1',
      dnsPort: 1,
      httpPort: 1,
      overlayPort: 1,
    }
    const rows = [
      () => alice.transfer('first', 'bob'),
      () => alice.setContenthash('first', 'ipfs'),
      () => alice.registerEdge({ ...edge, peerKey: '0x12' }),
      () => alice.registerEdge({ ...edge, dnsPort: 65_536 }),
      () => alice.registerEdge({ ...edge, address: '1.2.3' }),
    ]
    for (const row of rows) await assert.rejects(row(), error => isFault(error, 'config/invalid'))
    assert.equal(await chain.rpc.call('eth_blockNumber', []), height)
  })

  test('many at once, failures among them: none waits for ever', async () => {
    const carol = await chain.registrar(2)
    const labels = Array.from({ length: 12 }, (_, i) => (i % 3 === 2 ? 'carol-0' : `carol-${i}`))
    const outcomes = await Promise.allSettled(labels.map(label => carol.register(label)))
    assert.equal(outcomes.filter(outcome => outcome.status === 'fulfilled').length, 8)
    assert.equal(await carol.owner('carol-10'), carol.address)
  })

  test('two wallets with one key share its nonces', async () => {
    const [one, two] = [await chain.registrar(3), await chain.registrar(3)]
    const labels = Array.from({ length: 6 }, (_, i) => `shared-${i}`)
    await Promise.all(labels.map((label, i) => (i % 2 ? one : two).register(label)))
    for (const label of labels) assert.equal(await one.owner(label), one.address)
  })

  test('a text is signed as wallets sign it', async () => {
    const { verifyMessage } = await import('ethers/hash')
    const wallet = await chain.wallet(0)
    assert.equal(verifyMessage('hello', await wallet.sign('hello')).toLowerCase(), wallet.address)
  })
})
