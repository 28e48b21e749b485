// Random rows of calls against the contracts and against a model of them in TypeScript: who owns what until when, what
// it names, and where the INXT is. The model decides beforehand which calls are refused.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { compiled, type Devchain, startDevchain } from '../io/devchain.ts'
import { childNode } from '../label.ts'
import { type Contract, contractAt, createGround, type Ground } from './ground.ts'

const day = 86_400
const term = 365 * day
const grace = 90 * day
const one = 10n ** 18n
const zero = `0x${'00'.repeat(20)}`
const secret = `0x${'5e'.repeat(32)}`
const hashes = [
  '0x',
  `0xe30101701220${'a1'.repeat(32)}`,
  `0xe30101551220${'b2'.repeat(32)}`,
  `0x01${'c3'.repeat(60)}`,
]
/** By the devnet's rents: 16, 4 and 1 INXT a year. */
const labels = ['q', 'xyz', 'alpha'] as const
const rents = [16n, 4n, 1n].map(inxt => inxt * one)
const premiumStart = 1000

interface Name {
  owner: string
  delegate: string
  expiresAt: number
  sequence: number
  content: string
}

let chain: Devchain
let ground: Ground
let people: string[]
let registry: Contract
let registrar: Contract
let token: Contract

before(async () => {
  chain = await startDevchain()
  const artifacts = await compiled()
  const at = (name: 'NameRegistry' | 'NameRegistrar' | 'InxtToken'): Contract =>
    contractAt(chain.addresses.contracts[name].address, artifacts[name])
  registry = at('NameRegistry')
  registrar = at('NameRegistrar')
  token = at('InxtToken')
  people = await Promise.all([0, 1, 2].map(async account => (await chain.wallet(account)).address))
  const ready = await createGround(chain.rpc)
  for (const person of people) await ready.send(person, token, 'approve', [registrar.address, 2n ** 255n])
  ground = await createGround(chain.rpc)
})
after(() => chain.stop())

interface Model {
  names: Name[]
}

const node = (which: number): string => childNode(chain.addresses.suffixNode, labels[which]!)
const unborn = (): Name => ({ owner: zero, delegate: zero, expiresAt: 0, sequence: 0, content: '0x' })

/** INXT wei, as a floating-point number: the contract counts in integers, so the two agree to nine digits. */
function premium(expiresAt: number, at: number): number {
  const days = (at - expiresAt - grace) / day
  if (expiresAt === 0 || days >= 21) return 0
  return premiumStart * 1e18 * (2 ** -days - 2 ** -21)
}

interface Step {
  readonly what: 'register' | 'renew' | 'transfer' | 'content' | 'delegate' | 'wait'
  readonly which: number
  readonly who: number
  readonly to: number
  readonly terms: number
  readonly hash: number
  readonly seconds: number
}

/** Whether `step` must succeed at the block's second, and what it changes then; INXT that it costs, about. */
function decide(model: Model, step: Step, at: number): { change: Name; cost: number } | undefined {
  const name = model.names[step.which]!
  const [who, to] = [people[step.who]!, people[step.to]!]
  const held = at < name.expiresAt
  const sequence = name.sequence + 1
  const rent = Number(rents[step.which]!) * step.terms
  const paid = step.terms >= 1 && step.terms <= 10
  switch (step.what) {
    case 'register': {
      if (!paid || (name.expiresAt !== 0 && at < name.expiresAt + grace)) return undefined
      const content = hashes[step.hash]!
      const counted = content === '0x' ? sequence : sequence + 1
      const change = {
        owner: who,
        delegate: zero,
        expiresAt: at + step.terms * term,
        sequence: counted,
        content,
      }
      return { change, cost: rent + premium(name.expiresAt, at) }
    }
    case 'renew': {
      const expiresAt = name.expiresAt + step.terms * term
      if (!paid || name.expiresAt === 0 || at >= name.expiresAt + grace || expiresAt > at + 10 * term)
        return undefined
      return { change: { ...name, expiresAt, sequence }, cost: rent }
    }
    case 'transfer':
      if (!held || name.owner !== who) return undefined
      return { change: { ...name, owner: to, delegate: zero, sequence }, cost: 0 }
    case 'content':
      if (!held || (name.owner !== who && name.delegate !== who)) return undefined
      return { change: { ...name, content: hashes[step.hash]!, sequence }, cost: 0 }
    case 'delegate':
      if (!held || name.owner !== who) return undefined
      return { change: { ...name, delegate: step.hash === 0 ? zero : to, sequence }, cost: 0 }
    case 'wait':
      return undefined
  }
}

async function act(step: Step): Promise<boolean> {
  const [who, to] = [people[step.who]!, people[step.to]!]
  const label = labels[step.which]!
  switch (step.what) {
    case 'register': {
      const words = [label, who, step.terms, secret, hashes[step.hash]!]
      const [commitment] = await ground.ask(registrar, 'commitmentOf', ...words)
      await ground.send(who, registrar, 'commit', [commitment])
      return ground.send(who, registrar, 'register', words)
    }
    case 'renew':
      return ground.send(who, registrar, 'renew', [label, step.terms])
    case 'transfer':
      return ground.send(who, registrar, 'transferFrom', [who, to, node(step.which)])
    case 'content':
      return ground.send(who, registry, 'setContenthash', [node(step.which), hashes[step.hash]!])
    case 'delegate':
      return ground.send(who, registry, 'setDelegate', [node(step.which), step.hash === 0 ? zero : to])
    case 'wait':
      ground.wait(step.seconds)
      return false
  }
}

async function check(model: Model): Promise<void> {
  for (const [which, name] of model.names.entries()) {
    const record = await ground.ask(registry, 'record', node(which))
    const found = {
      owner: String(record[0]).toLowerCase(),
      delegate: String(record[1]).toLowerCase(),
      expiresAt: Number(record[2]),
      sequence: Number(record[3]),
      content: String(record[4]),
    }
    assert.deepEqual(found, name, labels[which])
  }
  for (const person of people) {
    const [count] = await ground.ask(registrar, 'balanceOf', person)
    assert.equal(Number(count), model.names.filter(name => name.owner === person).length)
  }
}

const index = fc.nat(2)
const anyStep: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom('register', 'register', 'renew', 'transfer', 'content', 'delegate', 'wait'),
  which: index,
  who: index,
  to: index,
  terms: fc.nat(11),
  hash: fc.nat(hashes.length - 1),
  seconds: fc.oneof(fc.integer({ min: 1, max: 2 * day }), fc.integer({ min: 1, max: 3 * term })),
})

test('names, tokens and rent are what a model says after any row of calls', async () => {
  const seen = new Set<string>()
  const rows = fc.array(anyStep, { minLength: 12, maxLength: 24 })
  const property = fc.asyncProperty(rows, async steps => {
    await ground.restore()
    const model: Model = { names: labels.map(unborn) }
    for (const step of steps) {
      const [before] = await ground.ask(token, 'balanceOf', registrar.address)
      const accepted = await act(step)
      const decided = decide(model, step, ground.now())
      assert.equal(accepted, decided !== undefined, JSON.stringify(step))
      seen.add(`${step.what} ${accepted}`)
      const [after] = await ground.ask(token, 'balanceOf', registrar.address)
      const cost = Number(after - before)
      assert.ok(
        Math.abs(cost - (decided?.cost ?? 0)) <= 1e-9 * cost,
        `${cost} INXT wei for ${JSON.stringify(step)}`,
      )
      if (decided) model.names[step.which] = decided.change
    }
    await check(model)
  })
  await fc.assert(property, { numRuns: 16, seed: 3, endOnFailure: true })
  for (const what of ['register', 'renew', 'transfer', 'content', 'delegate']) {
    assert.ok(seen.has(`${what} true`) && seen.has(`${what} false`), `${what} was both accepted and refused`)
  }
})
