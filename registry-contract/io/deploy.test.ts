import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Interface } from 'ethers/abi'
import { Fault, isFault } from '../../base/fault.ts'
import { contractNames } from '../addresses.ts'
import { claimCalls, edgeCalls, errorTexts, registrarCalls, registryCalls, tokenCalls } from '../calls.ts'
import { constructorTypes, deploymentPresets } from '../parameters.ts'
import { readAddresses } from './addresses.ts'
import { type Anvil, devnetMnemonic, startAnvil } from './anvil.ts'
import { carryOut, confirmContracts, type DeployOptions, deployContracts, planDeployment } from './deploy.ts'
import { compiled } from './devchain.ts'
import { fillAccounts } from './mint.ts'
import { inxtOf } from './payment.ts'
import { createRpc, type Rpc } from './rpc.ts'
import { createWallet, type Wallet } from './wallet.ts'

test('every call, error and constructor that we name is one of the compiled contracts', async () => {
  const artifacts = await compiled()
  const of = (name: keyof typeof artifacts): Interface => new Interface(JSON.stringify(artifacts[name].abi))
  const rows = [
    ['NameRegistry', registryCalls],
    ['NameRegistrar', registrarCalls],
    ['DomainClaims', claimCalls],
    ['EdgeRegistry', edgeCalls],
    ['InxtToken', tokenCalls],
  ] as const
  const lines = (one: Interface, type: string): string[] =>
    one.fragments.filter(fragment => fragment.type === type).map(fragment => fragment.format('minimal'))
  for (const [name, texts] of rows) {
    const [ours, theirs] = [new Interface(texts), of(name)].map(one => lines(one, 'function'))
    // The names of results are ours to choose; what goes over the wire is not.
    const wire = (line: string): string => new Interface([line]).fragments[0]!.format('sighash')
    for (const line of ours!) assert(theirs!.map(wire).includes(wire(line)), `${name}: ${line}`)
    const returns = (line: string): string => new Interface([line]).fragments[0]!.format('minimal')
    const strip = (line: string): string => returns(line).replace(/ \w+(?=[,)])/g, '')
    for (const line of ours!) assert(theirs!.map(strip).includes(strip(line)), `${name}: ${line}`)
  }
  const compiledErrors = new Set(contractNames.flatMap(name => lines(of(name), 'error')))
  const ourErrors = new Set(lines(new Interface(errorTexts), 'error'))
  assert.deepEqual([...ourErrors].sort(), [...compiledErrors].sort())
  for (const name of contractNames) {
    const types = of(name).deploy.inputs.map(input => input.format('sighash'))
    assert.deepEqual(types, constructorTypes[name], name)
  }
})

describe('deployment', () => {
  let folder: string
  let anvil: Anvil
  let rpc: Rpc
  let wallet: Wallet
  let options: DeployOptions
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'inxt-deploy-'))
    anvil = await startAnvil({ port: 0 })
    rpc = createRpc({ url: anvil.url })
    wallet = await createWallet({ rpc, chainId: 31_337, key: { mnemonic: devnetMnemonic, account: 0 } })
    options = {
      rpc,
      wallet,
      artifacts: await compiled(),
      parameters: deploymentPresets.production,
      suffix: 'inxt',
      file: join(folder, '31337.json'),
    }
  })
  after(async () => {
    await rpc.close()
    await anvil.stop()
    await rm(folder, { recursive: true })
  })

  const view = async (to: string, text: string): Promise<unknown[]> => {
    const calls = new Interface([text])
    const name = /function (\w+)/.exec(text)![1]!
    return calls
      .decodeFunctionResult(name, await wallet.read({ to, data: calls.encodeFunctionData(name) }))
      .toArray()
  }

  test('a plan costs nothing; what breaks off goes on; what is complete is left alone', async () => {
    const plan = await planDeployment(options)
    assert.deepEqual(
      plan.steps.map(({ name }) => name),
      contractNames,
    )
    assert(plan.steps.every(({ gas, kept }) => kept === undefined && gas > 100_000))
    assert.equal(await wallet.nonce(), 0)
    assert(!existsSync(options.file))

    const failing: Wallet = {
      ...wallet,
      send: call =>
        call.data === plan.steps[3]!.creation
          ? Promise.reject(new Fault('chain/unreachable', 'gone'))
          : wallet.send(call),
    }
    const broken = carryOut({ ...options, wallet: failing }, plan)
    await assert.rejects(broken, (error: unknown) => isFault(error, 'chain/unreachable'))
    assert(existsSync(`${options.file}.unfinished`) && !existsSync(options.file))
    const rest = await planDeployment(options)
    assert.deepEqual(
      rest.steps.map(({ kept }) => kept !== undefined),
      [true, true, true, false, false, false, false],
    )
    const done: string[] = []
    const addresses = await carryOut(options, rest, name => done.push(name))
    assert.deepEqual(done, contractNames.slice(3))
    assert(!existsSync(`${options.file}.unfinished`))
    assert.deepEqual(await readAddresses(options.file), addresses)
    assert.deepEqual(
      contractNames.map(name => addresses.contracts[name].address),
      plan.steps.map(({ address }) => address),
    )

    const text = await readFile(options.file, 'utf8')
    assert.deepEqual(await deployContracts(options), addresses)
    assert.equal(await readFile(options.file, 'utf8'), text)
    assert.equal(await wallet.nonce(), contractNames.length)
    await confirmContracts(rpc, addresses, contractNames)
  })

  test('the contracts know each other and hold the numbers that were asked for', async () => {
    const { contracts, suffixNode } = (await readAddresses(options.file))!
    const at = (name: keyof typeof contracts): string => contracts[name].address
    const same = async (to: string, text: string, expected: unknown): Promise<void> => {
      const [found] = await view(to, text)
      assert.equal(String(found).toLowerCase(), String(expected), text)
    }
    await same(at('NameRegistry'), 'function registrar() view returns (address)', at('NameRegistrar'))
    await same(at('NameRegistrar'), 'function registry() view returns (address)', at('NameRegistry'))
    await same(at('NameRegistrar'), 'function token() view returns (address)', at('InxtToken'))
    await same(at('NameRegistrar'), 'function suffixNode() view returns (bytes32)', suffixNode)
    await same(at('NameRegistrar'), 'function treasury() view returns (address)', wallet.address)
    await same(at('NameRegistrar'), 'function commitmentAgeMin() view returns (uint256)', 60)
    await same(at('EdgeRegistry'), 'function policy() view returns (address)', at('SlashPolicy'))
    await same(at('SlashPolicy'), 'function registry() view returns (address)', at('EdgeRegistry'))
    await same(at('EdgeRegistry'), 'function stakeMin() view returns (uint96)', 10n ** 21n)
    await same(at('InxtToken'), 'function minter() view returns (address)', at('TokenSale'))
    await same(at('InxtToken'), 'function cap() view returns (uint256)', 50_832_500n * 10n ** 18n)
    await same(at('TokenSale'), 'function token() view returns (address)', at('InxtToken'))
  })

  test("the sale's terms are the white paper's", async () => {
    const { TokenSale } = (await readAddresses(options.file))!.contracts
    const tier = '(uint128 endsAtWei, uint64 bonusPercent, uint64 bonusLargePercent)'
    const [terms] = await view(
      TokenSale.address,
      'function terms() view returns ((uint256 rate, uint64 opensAt, uint64 closesAt, uint128 minimumWei, ' +
        'uint128 capWei, uint128 largeWei, uint64 refundTerm, uint64 frozenUntil, ' +
        'uint64 teamPermille, uint64 companyPermille, ' +
        `uint128 bounty, ${tier} first, ${tier} second))`,
    )
    const ether = 10n ** 18n
    assert.deepEqual((terms as { toArray(deep: boolean): unknown[] }).toArray(true), [
      300n,
      BigInt(Date.parse('2017-09-07T19:00:00Z') / 1000),
      BigInt(Date.parse('2017-09-28T19:00:00Z') / 1000),
      500n * ether,
      150_000n * ether,
      107n * ether,
      14n * 86_400n,
      BigInt(Date.parse('2018-03-28T19:00:00Z') / 1000),
      25n,
      50n,
      770_000n * ether,
      [22_500n * ether, 10n, 15n],
      [45_000n * ether, 5n, 10n],
    ])
  })

  test('nobody but the sale makes INXT in production; the deployer does on a development chain', async () => {
    const production = (await readAddresses(options.file))!.contracts.InxtToken.address
    const somebody = `0x${'5e'.repeat(20)}`
    await assert.rejects(
      fillAccounts(wallet, production, [somebody], 1000n),
      (error: unknown) => isFault(error, 'chain/reverted') && error.message.includes('MinterMismatch'),
    )
    const file = join(folder, 'devnet.json')
    const devnet = await deployContracts({ ...options, parameters: deploymentPresets.devnet, file })
    const token = devnet.contracts.InxtToken.address
    await fillAccounts(wallet, token, [somebody], 1000n)
    const balance = (account: string): Promise<bigint> => inxtOf(wallet, token, account)
    assert.equal(await balance(somebody), 1000n)
    await fillAccounts(wallet, token, [somebody], 1500n)
    assert.equal(await balance(somebody), 1000n, 'who has half is left alone')
  })

  test('other parameters make new what depends on them', async () => {
    const dearer = { ...options.parameters, edges: { ...options.parameters.edges, stakeMin: 1n } }
    const { steps } = await planDeployment({ ...options, parameters: dearer })
    const fresh = steps.filter(({ kept }) => kept === undefined).map(({ name }) => name)
    assert.deepEqual(fresh, ['EdgeRegistry', 'SlashPolicy'])
  })

  test('what a chain forgot is made again, with what depends on it', async () => {
    const file = join(folder, 'forgotten.json')
    const first = await deployContracts({ ...options, file })
    await rpc.call('anvil_setCode', [first.contracts.NameRegistrar.address, '0x'])
    const again = await deployContracts({ ...options, file })
    const moved = contractNames.filter(
      name => first.contracts[name].address !== again.contracts[name].address,
    )
    assert.deepEqual(moved, ['NameRegistry', 'NameRegistrar'])
  })

  test('another chain, an address without code, other code: each is told', async () => {
    const addresses = (await readAddresses(options.file))!
    const moved = (address: string): typeof addresses => ({
      ...addresses,
      contracts: { ...addresses.contracts, NameRegistry: { ...addresses.contracts.NameRegistry, address } },
    })
    const rows: [typeof addresses, RegExp][] = [
      [{ ...addresses, chainId: 1 }, /is chain 31337, the contracts are on 1/],
      [moved(`0x${'01'.repeat(20)}`), /no code where NameRegistry was: 0x0101/],
      [moved(addresses.contracts.InxtToken.address), /other code/],
    ]
    for (const [given, says] of rows) {
      await assert.rejects(
        confirmContracts(rpc, given, ['NameRegistry']),
        (error: unknown) => isFault(error, 'chain/mismatch') && says.test(error.message),
      )
    }
  })

  test('a file that is none, or of an older version, is named', async () => {
    const file = join(folder, 'broken.json')
    assert.equal(await readAddresses(file), undefined)
    const whole = JSON.parse(await readFile(options.file, 'utf8'))
    const broken = [
      null,
      [],
      {},
      { ...whole, suffixNode: '0x' },
      { ...whole, chainId: '1' },
      { ...whole, contracts: { ...whole.contracts, TokenSale: undefined } },
      { ...whole, contracts: { ...whole.contracts, TokenSale: { address: '0x' } } },
    ]
    for (const one of broken) {
      await writeFile(file, JSON.stringify(one))
      await assert.rejects(readAddresses(file), (error: unknown) => isFault(error, 'state/broken'))
    }
    await writeFile(file, '{')
    await assert.rejects(readAddresses(file), (error: unknown) => isFault(error, 'state/broken'))
  })
})
