import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Fault, isFault } from '../../base/fault.ts'
import type { Addresses } from '../addresses.ts'
import type { NameRecord } from '../layout.ts'
import { type Devchain, startDevchain } from './devchain.ts'
import { nameHistory } from './history.ts'
import { readName } from './names.ts'
import type { Operator } from './operator.ts'
import { createReader, zeroAddress } from './reader.ts'
import { createRegistrar, type Registrar, registrationGas } from './registrar.ts'
import { createWallet, type Wallet } from './wallet.ts'

const dayMs = 86_400_000
const one = 10n ** 18n
const root = `0xe30101701220${'ab'.repeat(32)}`

let chain: Devchain
let alice: Registrar
let bob: Registrar
before(async () => {
  chain = await startDevchain()
  alice = await chain.registrar(0)
  bob = await chain.registrar(1)
})
after(() => chain.stop())

async function record(label: string): Promise<NameRecord> {
  return readName(createReader({ rpc: chain.rpc, chainId: 31_337 }), chain.addresses, label)
}

async function nowMs(): Promise<number> {
  return (await (await chain.wallet(0)).now()) * 1000
}

async function passDays(days: number): Promise<void> {
  await chain.rpc.call('evm_increaseTime', [days * 86_400])
  await chain.rpc.call('evm_mine', [])
}

/** The Fault that comes, which must have this code and these words. */
async function fails(action: Promise<unknown>, code: Fault['code'], says: RegExp): Promise<Fault> {
  const fault = await action.then(
    () => assert.fail(`${says} was expected`),
    (thrown: unknown) => thrown,
  )
  assert(fault instanceof Fault, String(fault))
  assert.equal(fault.code, code, fault.message)
  assert.match(fault.message, says)
  return fault
}

describe('registrar', () => {
  test('a free name is committed to, then registered with its content, for the price that was told', async () => {
    assert.equal((await record('first')).owner, zeroAddress)
    assert.deepEqual(await alice.price('first', 2), { rent: 2n * one, premium: 0n })
    const before = await alice.payment.balance()
    const steps: string[] = []
    const progress = (step: string): unknown => steps.push(step)
    await alice.register('first', { years: 2, contenthash: root, progress })
    assert.deepEqual(steps, ['committing', 'registering'])
    assert.equal(before - (await alice.payment.balance()), 2n * one)
    const { owner, delegate, expiresAt, sequence, contenthash, zonehash } = await record('first')
    assert.deepEqual([owner, delegate, sequence], [alice.address, zeroAddress, 2])
    assert.deepEqual([contenthash, zonehash], [root, '0x'])
    assert.equal(expiresAt, (await nowMs()) + 730 * dayMs)
  })

  test('a run that broke off in the pause finds its commitment again', async () => {
    const wallet = await chain.wallet(0)
    let sent = 0
    const failing: Wallet = {
      ...wallet,
      send: call =>
        sent++ === 1 ? Promise.reject(new Fault('chain/unreachable', 'gone')) : wallet.send(call),
    }
    const broken = createRegistrar({ wallet: failing, addresses: chain.addresses })
    await fails(broken.register('resumed'), 'chain/unreachable', /gone/)
    const steps: string[] = []
    await alice.register('resumed', { progress: step => steps.push(step) })
    assert.deepEqual(steps, ['registering'])
    assert.equal((await record('resumed')).owner, alice.address)
  })

  test('a commitment rests as long as the contract wants', async () => {
    const rig = await startDevchain({}, { commitmentAgeMinS: 1 })
    try {
      const registrar = await rig.registrar(0)
      assert.equal(await registrar.commitmentAgeMs(), 1000)
      const steps: [string, number][] = []
      await registrar.register('patient', { progress: (step, waitMs) => steps.push([step, waitMs]) })
      assert.deepEqual(steps, [
        ['committing', 0],
        ['waiting', 1000],
        ['registering', 0],
      ])
    } finally {
      await rig.stop()
    }
  })

  test('taken, mine already, in its grace: told before anything is spent', async () => {
    const height = await chain.rpc.call('eth_blockNumber', [])
    await fails(bob.register('first'), 'name/taken', new RegExp(`first belongs to ${alice.address}`))
    const mine = await fails(alice.register('first'), 'name/taken', /yours already, until \d{4}-/)
    assert.match(mine.hint, /inxt name renew first/)
    for (const ours of ['ns', 'ipfs']) await fails(alice.register(ours), 'chain/reverted', /LabelReserved/)
    await fails(alice.register('No'), 'name/invalid', /label/)
    await fails(alice.register('years', { years: 11 }), 'input/invalid', /1 to 10/)
    assert.equal(await chain.rpc.call('eth_blockNumber', []), height)
  })

  test('who is quicker gets it, and the other is told', async () => {
    const results = await Promise.allSettled([alice.register('race'), bob.register('race')])
    const lost = results.filter(one => one.status === 'rejected')
    assert.equal(lost.length, 1)
    assert(isFault(lost[0]!.reason, 'name/taken'), String(lost[0]!.reason))
  })

  test('no INXT, no ETH: each says who needs what', async () => {
    const poor = await chain.registrar(9)
    const inxt = await fails(poor.register('poor'), 'wallet/empty', /has 0 INXT; this costs 2 INXT/)
    assert.match(inxt.hint, new RegExp(`Send INXT to ${poor.address}`))
    const privateKey = `0x${'5e'.repeat(32)}`
    const wallet = await createWallet({ rpc: chain.rpc, chainId: 31_337, key: { privateKey } })
    const commitment = {
      to: chain.addresses.contracts.NameRegistrar.address,
      data: `0xf14fcbc8${'01'.repeat(32)}`,
    }
    const eth = await fails(wallet.send(commitment), 'wallet/empty', /too little ETH/)
    assert.match(eth.hint, new RegExp(`Send ETH to ${wallet.address}`, 'i'))
  })

  test('owner and delegate point a name; others are refused', async () => {
    await alice.register('content')
    await alice.setContenthash('content', root)
    await alice.setZonehash('content', '0xe301')
    await fails(bob.setContenthash('content', '0x'), 'chain/reverted', /NameWriterMismatch/)
    await alice.setDelegate('content', bob.address)
    await bob.setContenthash('content', '0x')
    await fails(bob.setDelegate('content', bob.address), 'chain/reverted', /NameOwnerMismatch/)
    const found = await record('content')
    assert.deepEqual([found.contenthash, found.zonehash, found.delegate], ['0x', '0xe301', bob.address])
    await alice.setDelegate('content', zeroAddress)
    assert.equal((await record('content')).delegate, zeroAddress)
    await fails(alice.setContenthash('nobodys', '0x'), 'chain/reverted', /NameExpired/)
    await fails(alice.setContenthash('content', 'ipfs'), 'input/invalid', /content hash/)
    await fails(alice.setDelegate('content', 'bob'), 'input/invalid', /address/)
  })

  test('a name is handed over by its owner only', async () => {
    await alice.register('gift')
    await fails(bob.transfer('gift', bob.address), 'chain/reverted', /ERC721/)
    await fails(alice.transfer('gift', 'bob'), 'input/invalid', /address/)
    await fails(alice.transfer('gift', chain.addresses.contracts.NameRegistry.address), 'chain/reverted', /./)
    await alice.transfer('gift', bob.address)
    assert.equal((await record('gift')).owner, bob.address)
  })

  test('anyone renews, within the grace as well; its history tells all of it', async () => {
    await alice.register('term')
    const before = await bob.payment.balance()
    await bob.renew('term', 1)
    assert.equal(before - (await bob.payment.balance()), 2n * one)
    await passDays(740)
    assert((await record('term')).expiresAt < (await nowMs()))
    await fails(bob.register('term'), 'name/taken', /who can still renew it 90 days after/)
    await alice.renew('term', 1)
    await alice.transfer('term', bob.address)
    const { node, sequence } = await record('term')
    const changes = await nameHistory(chain.rpc, chain.addresses, node, 2)
    assert.deepEqual(
      changes.map(({ event }) => event),
      ['NameAssigned', 'NameExtended', 'NameExtended', 'NameTransferred'],
    )
    assert.equal(changes.at(-1)!.sequence, sequence)
    assert.deepEqual(
      changes.map(({ blockAt }) => blockAt > 0),
      [false, false, true, true],
    )
    // Three years after it was registered, 90 days of grace, and one of the premium.
    await passDays(3 * 365 + 91 - 740)
    const { premium } = await alice.price('term', 1)
    assert(premium > 100n * one, `${premium}`)
    await alice.register('term')
    assert.equal((await record('term')).owner, alice.address)
  })

  test('an endpoint that limits the blocks of a question is asked in halves', async () => {
    const { node } = await record('first')
    let asked = 0
    const narrow = {
      ...chain.rpc,
      ask: async (method: string, params: readonly unknown[]) => {
        const { fromBlock, toBlock } = params[0] as { fromBlock: string; toBlock: string }
        asked++
        if (Number(toBlock) - Number(fromBlock) < 4) return chain.rpc.ask(method, params)
        return { refusal: { code: -32_005, message: 'range too large', data: '0x' } }
      },
    }
    const halved = await nameHistory(narrow, chain.addresses, node, 9)
    assert(asked > 8)
    assert.deepEqual(halved, await nameHistory(chain.rpc, chain.addresses, node, 9))
  })

  test('an address without our contract is a wrong address, not a decoding error', async () => {
    const { contracts } = chain.addresses
    const moved = (address: string): Addresses => ({
      ...chain.addresses,
      contracts: { ...contracts, NameRegistrar: { ...contracts.NameRegistrar, address } },
    })
    const wallet = await chain.wallet(0)
    const nowhere = createRegistrar({ wallet, addresses: moved(`0x${'01'.repeat(20)}`) })
    await fails(nowhere.commitmentAgeMs(), 'chain/mismatch', /no contract at 0x0101/)
  })

  test('the gas that is shown before a registration is what it takes, to a tenth', async () => {
    for (const contenthash of ['0x', root]) {
      const carol = await chain.registrar(contenthash === '0x' ? 2 : 3)
      const wallet = await chain.wallet(contenthash === '0x' ? 2 : 3)
      const used: number[] = []
      const counting: Wallet = {
        ...wallet,
        send: async call => {
          const receipt = await wallet.send(call)
          used.push(receipt.gasUsed)
          return receipt
        },
      }
      const registrar = createRegistrar({ wallet: counting, addresses: chain.addresses })
      await registrar.register(`gas-${carol.address.slice(2, 8)}`, { contenthash })
      const told = registrationGas(contenthash !== '0x')
      for (const [shown, took] of [
        [told.commit, used[0]!],
        [told.register, used[1]!],
      ] as const)
        assert(shown >= took && shown <= took * 1.1, `${shown} for ${took} (${contenthash})`)
    }
  })
})

describe('operator', () => {
  const peerKey = `0x${'e1'.repeat(32)}`
  const place = { peerKey, address: '127.0.1.1', dnsPort: 5300, httpPort: 8080, overlayPort: 9000 }
  let operator: Operator
  before(async () => {
    operator = await chain.operator(4)
  })

  test('an edge enters with a stake, changes its entry, adds to its stake, leaves', async () => {
    const balance = async (): Promise<bigint> => (await chain.registrar(4)).payment.balance()
    const before = await balance()
    assert.deepEqual(await operator.standing(peerKey), { owner: undefined, stake: 0n, withdrawableAt: 0 })
    await operator.enter(place)
    const least = await operator.stakeMin()
    assert.equal((await operator.standing(peerKey)).stake, least)
    await operator.enter({ ...place, httpPort: 80 })
    await operator.enter(place, least + one)
    assert.deepEqual(await operator.standing(peerKey), {
      owner: operator.address,
      stake: least + one,
      withdrawableAt: 0,
    })
    assert.equal(before - (await balance()), least + one)
    const stranger = await chain.operator(5)
    await fails(stranger.enter(place), 'chain/reverted', /EdgeTaken/)
    await fails(stranger.unbond(peerKey), 'chain/reverted', /EdgeOwnerMismatch/)
    await operator.unbond(peerKey)
    await fails(operator.withdraw(peerKey), 'chain/reverted', /EdgeBonded/)
    await passDays(1)
    await operator.withdraw(peerKey)
    assert.equal(await balance(), before)
    assert.equal((await operator.standing(peerKey)).owner, undefined)
  })

  test('what cannot be an entry is refused before anything is sent', async () => {
    const rows: [object, RegExp][] = [
      [{ address: '1.2.3' }, /IPv4/],
      [{ dnsPort: 65_536 }, /port/],
      [{ peerKey: '0x12' }, /peer key/],
    ]
    for (const [harm, says] of rows) await fails(operator.enter({ ...place, ...harm }), 'input/invalid', says)
    await fails(operator.enter({ ...place, dnsPort: 0 }), 'chain/reverted', /EdgeEndpointInvalid/)
    const poor = await chain.operator(9)
    await fails(poor.enter(place), 'wallet/empty', /has 0 INXT; this costs 100 INXT/)
  })
})

describe('wallet', () => {
  test('many at once, failures among them: none waits for ever', async () => {
    const carol = await chain.registrar(6)
    const labels = Array.from({ length: 9 }, (_, i) => (i % 3 === 2 ? 'carol-0' : `carol-${i}`))
    const outcomes = await Promise.allSettled(labels.map(label => carol.register(label)))
    const free = labels.filter((_, i) => outcomes[i]!.status === 'fulfilled')
    assert.deepEqual(new Set(free), new Set(labels))
    assert.equal((await record('carol-7')).owner, carol.address)
  })

  test('two wallets with one key share its nonces', async () => {
    const [first, second] = [await chain.registrar(7), await chain.registrar(7)]
    const labels = Array.from({ length: 4 }, (_, i) => `shared-${i}`)
    await Promise.all(labels.map((label, i) => (i % 2 ? first : second).register(label)))
    for (const label of labels) assert.equal((await record(label)).owner, first.address)
  })

  test('a text is signed as wallets sign it', async () => {
    const { verifyMessage } = await import('ethers/hash')
    const wallet = await chain.wallet(0)
    assert.equal(verifyMessage('hello', await wallet.sign('hello')).toLowerCase(), wallet.address)
  })
})
