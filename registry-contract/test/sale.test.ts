// Random rows of calls against the sale and against a model of it in TypeScript, with the terms that a deployment takes
// by default but for the dates; and those terms against what the white paper says.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { AbiCoder } from 'ethers/abi'
import { getCreateAddress } from 'ethers/address'
import fc from 'fast-check'
import { parseQuantity } from '../answers.ts'
import { compiled, type Devchain, startDevchain } from '../io/devchain.ts'
import { constructorTypes, constructorValues, deploymentPresets } from '../parameters.ts'
import { type Contract, contractAt, createGround, type Ground } from './ground.ts'

const day = 86_400
const one = 10n ** 18n
const { production } = deploymentPresets
const addressOf = (byte: string): string => `0x${byte.repeat(20)}`
const receivers = {
  treasury: addressOf('71'),
  team: addressOf('72'),
  company: addressOf('73'),
  bounty: addressOf('74'),
}

let chain: Devchain
let ground: Ground
let people: string[]
let token: Contract
let sale: Contract
let opensAt: number
let closesAt: number

before(async () => {
  chain = await startDevchain()
  const artifacts = await compiled()
  people = await Promise.all([0, 1, 2].map(async account => (await chain.wallet(account)).address))
  const deployer = people[0]!
  for (const [i, person] of people.entries()) {
    const wei = [400n, 20_000n, 200_000n][i]! * one
    await chain.rpc.call('anvil_setBalance', [person, `0x${wei.toString(16)}`])
  }
  const ready = await createGround(chain.rpc)
  opensAt = ready.now() + day
  closesAt = opensAt + 21 * day
  const terms = { ...production.sale, opensAt, closesAt, frozenUntil: closesAt + 181 * day }
  const parameters = { ...production, sale: terms }
  const construction = { parameters, receivers, deployer, suffixNode: chain.addresses.suffixNode }
  const count = await chain.rpc.call('eth_getTransactionCount', [deployer, 'latest'])
  const nonce = parseQuantity(count, 'nonce')
  const planned = {
    InxtToken: getCreateAddress({ from: deployer, nonce }),
    TokenSale: getCreateAddress({ from: deployer, nonce: nonce + 1 }),
  }
  const contracts = Object.entries(chain.addresses.contracts).map(([name, at]) => [name, at.address])
  const at = { ...Object.fromEntries(contracts), ...planned }
  const deploy = async (name: 'InxtToken' | 'TokenSale'): Promise<Contract> => {
    const words = AbiCoder.defaultAbiCoder().encode(
      constructorTypes[name],
      constructorValues(name, at, construction),
    )
    const address = await ready.deploy(deployer, artifacts[name], words)
    assert.equal(address, planned[name].toLowerCase())
    return contractAt(address, artifacts[name])
  }
  token = await deploy('InxtToken')
  sale = await deploy('TokenSale')
  ground = await createGround(chain.rpc)
})
after(() => chain.stop())

test('a deployment takes the numbers of the white paper', () => {
  const { sale: terms, capInxt, minter } = production
  assert.equal(minter, 'sale')
  assert.equal(new Date(terms.opensAt * 1000).toISOString(), '2017-09-07T19:00:00.000Z')
  assert.equal(new Date(terms.closesAt * 1000).toISOString(), '2017-09-28T19:00:00.000Z')
  assert.equal(new Date(terms.frozenUntil * 1000).toISOString(), '2018-03-28T19:00:00.000Z')
  assert.equal(terms.rate, 300)
  assert.equal(terms.minimumWei, 500n * one)
  assert.equal(terms.capWei, 150_000n * one)
  assert.equal(terms.capWei * 300n, 45_000_000n * one)
  assert.equal(terms.refundTermS, 14 * day)
  assert.deepEqual([terms.teamPermille, terms.companyPermille], [25, 50])
  assert.equal(terms.bountyInxt, 770_000n * one)
  const [first, second] = terms.tiers
  assert.deepEqual([first.bonusPercent, first.bonusLargePercent], [10, 15])
  assert.deepEqual([second.bonusPercent, second.bonusLargePercent], [5, 10])
  assert.equal(first.endsAtWei * 300n, 6_750_000n * one)
  assert.equal((second.endsAtWei - first.endsAtWei) * 300n, 6_750_000n * one)
  const beside = (45_000_000n * one * 75n) / 1000n + terms.bountyInxt
  assert.equal(beside, 4_145_000n * one)
  const bonuses = (6_750_000n * one * 25n) / 100n
  assert.equal(capInxt, 49_145_000n * one + bonuses)
})

type What = 'buy' | 'claim' | 'refund' | 'settle' | 'release' | 'withdraw' | 'wait'

interface Step {
  readonly what: What
  readonly who: number
  readonly wei: bigint
  readonly seconds: number
}

interface Model {
  raised: bigint
  paid: bigint[]
  owed: bigint[]
  claimed: bigint
  refunded: bigint
  withdrawn: bigint
  settled: boolean
  released: boolean
}

function least(a: bigint, b: bigint): bigint {
  return a > b ? b : a
}

/** By counting through the tiers from above, unlike the contract, which intersects intervals. */
function tokensFor(from: bigint, paid: bigint): bigint {
  const [first, second] = production.sale.tiers
  const large = paid > production.sale.largeWei
  let tokens = 0n
  let at = from
  for (const [end, percent] of [
    [first.endsAtWei, large ? 15n : 10n],
    [second.endsAtWei, large ? 10n : 5n],
    [production.sale.capWei, 0n],
  ] as const) {
    if (at >= end) continue
    const to = least(from + paid, end)
    tokens += (to - at) * 300n + ((to - at) * 300n * percent) / 100n
    at = to
    if (at === from + paid) break
  }
  return tokens
}

/** Changes the model when the call must succeed at this second; false when it must be refused. */
function decide(model: Model, step: Step, at: number): boolean {
  const { capWei, minimumWei } = production.sale
  const successful = (at >= closesAt || model.raised === capWei) && model.raised >= minimumWei
  const refundable = at >= closesAt && at < closesAt + 14 * day && model.raised < minimumWei
  const held = model.raised - model.refunded - model.withdrawn
  switch (step.what) {
    case 'buy': {
      const paid = least(step.wei, capWei - model.raised)
      if (at < opensAt || at >= closesAt || paid === 0n) return false
      model.owed[step.who]! += tokensFor(model.raised, paid)
      model.paid[step.who]! += paid
      model.raised += paid
      return true
    }
    case 'claim':
      if (!successful || model.owed[step.who] === 0n) return false
      model.claimed += model.owed[step.who]!
      model.owed[step.who] = model.paid[step.who] = 0n
      return true
    case 'refund':
      if (!refundable || model.paid[step.who] === 0n) return false
      model.refunded += model.paid[step.who]!
      model.owed[step.who] = model.paid[step.who] = 0n
      return true
    case 'settle':
      if (!successful || model.settled) return false
      return (model.settled = true)
    case 'release':
      if (!model.settled || model.released || at < closesAt + 181 * day) return false
      return (model.released = true)
    case 'withdraw':
      if (!successful && at < closesAt + 14 * day) return false
      model.withdrawn += held
      return true
    case 'wait':
      return false
  }
}

async function check(model: Model): Promise<void> {
  const [raised] = await ground.ask(sale, 'raisedWei')
  assert.equal(raised, model.raised)
  assert.equal(await ground.balance(sale.address), model.raised - model.refunded - model.withdrawn)
  assert.equal(await ground.balance(receivers.company), model.withdrawn)
  for (const [i, person] of people.entries()) {
    const [paid, tokens] = await ground.ask(sale, 'purchases', person)
    assert.deepEqual([paid, tokens], [model.paid[i], model.owed[i]])
  }
  const [supply] = await ground.ask(token, 'totalSupply')
  const beside = model.settled ? (model.raised * 300n * 75n) / 1000n + 770_000n * one : 0n
  const rounding = supply - model.claimed - beside
  assert.ok(rounding <= 0n && rounding >= -2n, `${rounding} INXT wei out of nowhere`)
  const [team] = await ground.ask(token, 'balanceOf', receivers.team)
  assert.equal(team, model.released ? (model.raised * 300n * 25n) / 1000n : 0n)
}

const whats: readonly What[] = ['buy', 'claim', 'refund', 'settle', 'release', 'withdraw', 'wait']
const wei = fc.oneof(fc.bigInt(0n, 150n * one), fc.bigInt(0n, 9_000n * one), fc.bigInt(0n, 160_000n * one))
const stepOf = (what: fc.Arbitrary<What>, secondsMax: number): fc.Arbitrary<Step> =>
  fc.record({ what, who: fc.nat(2), wei, seconds: fc.integer({ min: 1, max: secondsMax }) })
const early = stepOf(fc.constantFrom<What>('buy', 'buy', 'buy', ...whats), 4 * day)
const late = stepOf(
  fc.constantFrom<What>('claim', 'refund', 'settle', 'release', 'wait', ...whats),
  200 * day,
)

test("the sale's accounts are what a model says after any row of calls", async () => {
  const seen = new Set<string>()
  const row = fc.record({
    sold: fc.array(early, { minLength: 4, maxLength: 9 }),
    /** From the opening to the first late step; the sale lasts 21 days. */
    pause: fc.integer({ min: 18 * day, max: 30 * day }),
    after: fc.array(late, { minLength: 6, maxLength: 12 }),
    /** Rows of small purchases stay below the minimum, so that there are refunds. */
    divisor: fc.constantFrom(1n, 1_000n),
  })
  const property = fc.asyncProperty(row, async ({ sold, pause, after, divisor }) => {
    await ground.restore()
    ground.wait(day - 2)
    const model: Model = {
      raised: 0n,
      paid: [0n, 0n, 0n],
      owed: [0n, 0n, 0n],
      claimed: 0n,
      refunded: 0n,
      withdrawn: 0n,
      settled: false,
      released: false,
    }
    for (const [i, drawn] of [...sold, ...after].entries()) {
      const step = { ...drawn, wei: drawn.wei / divisor }
      if (i === sold.length) ground.wait(Math.max(0, opensAt + pause - ground.now()))
      if (step.what === 'wait') {
        ground.wait(step.seconds)
        continue
      }
      const who = people[step.who]!
      const wei = step.what === 'buy' ? step.wei : 0n
      if ((await ground.balance(who)) < wei + one) continue
      const accepted = await ground.send(who, sale, step.what, [], wei)
      assert.equal(accepted, decide(model, step, ground.now()), JSON.stringify({ ...step, wei: `${wei}` }))
      seen.add(`${step.what} ${accepted}`)
    }
    await check(model)
  })
  await fc.assert(property, { numRuns: 70, seed: 5, endOnFailure: true })
  for (const what of ['buy', 'claim', 'refund', 'settle', 'release', 'withdraw']) {
    assert.ok(seen.has(`${what} true`) && seen.has(`${what} false`), `${what} was both accepted and refused`)
  }
})
