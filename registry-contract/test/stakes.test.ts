// Random rows of calls against stakes and against a model of them in TypeScript: every INXT that went in is still
// there, came back once, was burned, or belongs to a reporter.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { keccak256, SigningKey, sha256 } from 'ethers/crypto'
import fc from 'fast-check'
import { compiled, type Devchain, startDevchain } from '../io/devchain.ts'
import { deploymentPresets } from '../parameters.ts'
import { type Contract, contractAt, createGround, type Ground } from './ground.ts'

const one = 10n ** 18n
const zero = `0x${'00'.repeat(20)}`
const { stakeMin, unbondingS, rewardBips } = deploymentPresets.devnet.edges
const keys = ['e1', 'e2'].map(byte => `0x${byte.repeat(32)}`)
const operator = new SigningKey(`0x${'05'.repeat(32)}`)
const operatorAddress = `0x${keccak256(`0x${operator.publicKey.slice(4)}`).slice(26)}`
const endpoint = ['0x7f000101', `0x${'00'.repeat(16)}`, 53, 80, 0, 4001]
const served = '0x626164'

let chain: Devchain
let ground: Ground
let people: string[]
let edges: Contract
let policy: Contract
let token: Contract

before(async () => {
  chain = await startDevchain()
  const artifacts = await compiled()
  const { EdgeRegistry, SlashPolicy, InxtToken } = chain.addresses.contracts
  edges = contractAt(EdgeRegistry.address, artifacts.EdgeRegistry)
  policy = contractAt(SlashPolicy.address, artifacts.SlashPolicy)
  token = contractAt(InxtToken.address, artifacts.InxtToken)
  people = await Promise.all([0, 1, 2].map(async account => (await chain.wallet(account)).address))
  const ready = await createGround(chain.rpc)
  for (const person of people) await ready.send(person, token, 'approve', [edges.address, 2n ** 255n])
  ground = await createGround(chain.rpc)
})
after(() => chain.stop())

const whats = ['enter', 'add', 'unbond', 'withdraw', 'lie', 'repeat', 'collect', 'wait'] as const

interface Step {
  readonly what: (typeof whats)[number]
  readonly which: number
  readonly who: number
  readonly amount: bigint
  readonly seconds: number
}

interface Edge {
  owner: string
  stake: bigint
  withdrawableAt: number
}

interface Model {
  edges: Edge[]
  rewards: bigint[]
  /** What each person has gained or lost outside the registry. */
  moved: bigint[]
  burned: bigint
}

interface Lie {
  readonly statement: readonly unknown[]
  readonly signature: string
}

async function lieOf(which: number, servedAt: number): Promise<Lie> {
  const statement = [keys[which]!, sha256('0x676f6f64'), keccak256(served), servedAt]
  const [evidence] = await ground.ask(policy, 'evidenceOf', statement)
  return { statement, signature: operator.sign(String(evidence)).serialized }
}

/** Changes the model when the call must succeed at this second; false when it must be refused. */
function decide(model: Model, step: Step, at: number): boolean {
  const edge = model.edges[step.which]!
  const mine = edge.owner === people[step.who]
  switch (step.what) {
    case 'enter':
      if (edge.owner !== zero || step.amount < stakeMin) return false
      model.edges[step.which] = { owner: people[step.who]!, stake: step.amount, withdrawableAt: 0 }
      model.moved[step.who]! -= step.amount
      return true
    case 'add':
      if (!mine || edge.withdrawableAt !== 0 || edge.stake + step.amount < stakeMin) return false
      edge.stake += step.amount
      model.moved[step.who]! -= step.amount
      return true
    case 'unbond':
      if (!mine || edge.withdrawableAt !== 0) return false
      edge.withdrawableAt = at + unbondingS
      return true
    case 'withdraw':
      if (!mine || edge.withdrawableAt === 0 || at < edge.withdrawableAt) return false
      model.moved[step.who]! += edge.stake
      model.edges[step.which] = { owner: zero, stake: 0n, withdrawableAt: 0 }
      return true
    case 'lie': {
      if (edge.stake === 0n) return false
      const reward = (edge.stake * BigInt(rewardBips)) / 10_000n
      model.rewards[step.who]! += reward
      model.burned += edge.stake - reward
      edge.stake = 0n
      return true
    }
    case 'collect':
      model.moved[step.who]! += model.rewards[step.who]!
      model.rewards[step.who] = 0n
      return true
    default:
      return false
  }
}

async function act(step: Step, lies: Lie[]): Promise<boolean> {
  const who = people[step.who]!
  const key = keys[step.which]!
  switch (step.what) {
    case 'enter':
      return ground.send(who, edges, 'register', [key, operatorAddress, endpoint, step.amount])
    case 'add':
      return ground.send(who, edges, 'addStake', [key, step.amount])
    case 'unbond':
      return ground.send(who, edges, 'unbond', [key])
    case 'withdraw':
      return ground.send(who, edges, 'withdraw', [key])
    case 'lie': {
      const lie = await lieOf(step.which, ground.now())
      const accepted = await ground.send(who, policy, 'report', [lie.statement, lie.signature, served])
      if (accepted) lies.push(lie)
      return accepted
    }
    case 'repeat': {
      const lie = lies.at(-1)
      return lie !== undefined && ground.send(who, policy, 'report', [lie.statement, lie.signature, served])
    }
    case 'collect':
      return ground.send(who, edges, 'collect', [])
    case 'wait':
      ground.wait(step.seconds)
      return false
  }
}

const balanceOf = async (who: string): Promise<bigint> => (await ground.ask(token, 'balanceOf', who))[0]

async function check(model: Model, before: readonly bigint[], supply: bigint): Promise<void> {
  let held = 0n
  for (const [which, edge] of model.edges.entries()) {
    const [found] = await ground.ask(edges, 'edge', keys[which]!)
    const plain = {
      owner: String(found.owner).toLowerCase(),
      stake: found.stake,
      withdrawableAt: Number(found.withdrawableAt),
    }
    assert.deepEqual(plain, edge)
    held += edge.stake
  }
  for (const [i, person] of people.entries()) {
    held += model.rewards[i]!
    assert.equal(await balanceOf(person), before[i]! + model.moved[i]!)
  }
  assert.equal(await balanceOf(edges.address), held)
  const [left] = await ground.ask(token, 'totalSupply')
  assert.equal(left, supply - model.burned)
}

const anyStep: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom(...whats, ...(['enter', 'unbond', 'withdraw', 'wait'] as const)),
  which: fc.nat(keys.length - 1),
  who: fc.nat(1),
  amount: fc.oneof(fc.bigInt(0n, 2n * stakeMin), fc.bigInt(stakeMin, stakeMin + one)),
  seconds: fc.integer({ min: 1, max: 2 * unbondingS }),
})

test('stakes are what a model says after any row of calls, and leave by one way only', async () => {
  const seen = new Set<string>()
  const rows = fc.array(anyStep, { minLength: 14, maxLength: 28 })
  const property = fc.asyncProperty(rows, async steps => {
    await ground.restore()
    const before = await Promise.all(people.map(balanceOf))
    const [supply] = await ground.ask(token, 'totalSupply')
    const none = (): Edge => ({ owner: zero, stake: 0n, withdrawableAt: 0 })
    const model: Model = { edges: keys.map(none), rewards: [0n, 0n, 0n], moved: [0n, 0n, 0n], burned: 0n }
    const lies: Lie[] = []
    for (const step of steps) {
      const accepted = await act(step, lies)
      const told = JSON.stringify({ ...step, amount: `${step.amount}` })
      assert.equal(accepted, decide(model, step, ground.now()), told)
      seen.add(`${step.what} ${accepted}`)
    }
    await check(model, before, supply)
  })
  await fc.assert(property, { numRuns: 50, seed: 7, endOnFailure: true })
  for (const what of ['enter', 'add', 'unbond', 'withdraw', 'lie']) {
    assert.ok(seen.has(`${what} true`) && seen.has(`${what} false`), `${what} was both accepted and refused`)
  }
})
