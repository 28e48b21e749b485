import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { Fault, isFault } from '../base/fault.ts'
import { integerBelow, seededRandom } from '../base/random.ts'
import type { Header, PlacedLog } from './answers.ts'
import type { Log } from './events.ts'
import { childNode } from './label.ts'
import type { Chain } from './quorum.ts'
import { createRegistry, type Registry } from './registry.ts'
import { blockHash, contracts, logOf, registration, registryEvent } from './specimens.ts'
import { createSync, type SyncOptions } from './sync.ts'

/** A chain in memory whose last blocks can be replaced; `before` runs ahead of every answer. */
function createFakeChain(before: () => void = () => {}) {
  const zero = { number: 0, hash: blockHash(0, 0), parentHash: blockHash(0, 99), minedAt: 0 }
  const blocks: { header: Header; logs: Log[] }[] = [{ header: zero, logs: [] }]
  let branch = 0
  let questions = 0
  const placed = (block: (typeof blocks)[number]): PlacedLog[] =>
    block.logs.map((log, blockIndex) => ({
      ...log,
      blockNumber: block.header.number,
      blockHash: block.header.hash,
      blockIndex,
    }))
  const asked = (): void => {
    questions++
    before()
  }
  const view: Chain = {
    url: 'fake',
    chainId: async () => 1,
    codeHash: async () => undefined,
    async block(number) {
      asked()
      return (number === 'latest' ? blocks.at(-1) : blocks[number])?.header
    },
    async logsOf(hash) {
      asked()
      const block = blocks.find(block => block.header.hash === hash)
      if (!block) throw new Fault('chain/unreachable', 'unknown block')
      return placed(block)
    },
    async logsBetween(from, to) {
      asked()
      return blocks.slice(from, to + 1).flatMap(placed)
    },
  }
  return {
    view,
    questions: () => questions,
    height: () => blocks.length - 1,
    mine(logs: Log[] = []) {
      const parent = blocks.at(-1)!.header
      const number = parent.number + 1
      const hash = blockHash(number, branch)
      blocks.push({ header: { number, hash, parentHash: parent.hash, minedAt: 0 }, logs })
    },
    /** Drops the last blocks; what is mined next has other hashes. */
    drop(count: number) {
      blocks.length = Math.max(1, blocks.length - count)
      branch++
    },
    folded(): Registry {
      const registry = createRegistry(contracts)
      for (const { header, logs } of blocks.slice(1)) registry.apply({ ...header, logs })
      return registry
    },
  }
}

type More = Partial<Pick<SyncOptions, 'rangeMax' | 'confirm' | 'onGap'>>

function createSynced(view: Chain, more: More = {}) {
  const registry = createRegistry(contracts)
  const changed: string[] = []
  const sync = createSync({
    chain: view,
    registry,
    confirm: async () => {},
    addresses: Object.values(contracts.contracts),
    deployedAtBlock: 1,
    rangeMax: 10,
    onChanges: ({ labels }) => changed.push(...labels),
    ...more,
  })
  return { registry, sync, changed }
}

function facts(registry: Registry): unknown {
  const names = [...registry.names()].map(name => name.plain()).sort((a, b) => (a.label < b.label ? -1 : 1))
  return { names, roll: registry.roll(), head: registry.head() }
}

const event = registryEvent.map(logOf)
const specimens = fc.sample(event, { numRuns: 300, seed: 6 })

const owner = `0x${'0a'.repeat(20)}`

/** Rounds until level; a chain that stands still must be reached in a few. */
async function untilLevel(sync: ReturnType<typeof createSynced>['sync'], roundsMax: number): Promise<void> {
  for (let round = 0; round < roundsMax; round++) {
    const outcome = await sync.round().catch(error => {
      if (!isFault(error)) throw error
      return 'moved'
    })
    if (outcome === 'level') return
  }
  assert.fail(`not level after ${roundsMax} rounds`)
}

describe('sync', () => {
  test('a chain that moves at every question: once it stands still, the table is exact', async () => {
    for (let seed = 0; seed < 16; seed++) {
      const random = seededRandom(seed)
      const some = (): Log[] =>
        Array.from(
          { length: integerBelow(random, 3) },
          () => specimens[integerBelow(random, specimens.length)]!,
        )
      let restless = false
      const chain = createFakeChain(() => {
        if (!restless) return
        if (random.next() < 0.2) chain.drop(1 + integerBelow(random, random.next() < 0.1 ? 90 : 5))
        for (let i = integerBelow(random, 4); i > 0; i--) chain.mine(some())
      })
      for (let i = 0; i < 150; i++) chain.mine(some())
      const { registry, sync } = createSynced(chain.view)
      for (let story = 0; story < 4; story++) {
        restless = true
        for (let round = 0; round < 4; round++)
          await sync.round().catch(error => assert.ok(isFault(error), error))
        restless = false
        await untilLevel(sync, 6)
        assert.deepEqual(facts(registry), facts(chain.folded()), `seed ${seed}, story ${story}`)
      }
    }
  })

  test('what is asked: one question when nothing happened, two for a new block', async () => {
    const chain = createFakeChain()
    for (let i = 0; i < 100; i++) chain.mine()
    const { sync } = createSynced(chain.view)
    await untilLevel(sync, 1)
    const rows: [act: () => void, questions: number][] = [
      [() => {}, 1],
      [() => chain.mine(), 2],
      [() => [1, 2, 3].map(() => chain.mine()), 1 + 1 + 2 + 3],
    ]
    for (const [act, questions] of rows) {
      act()
      const before = chain.questions()
      assert.equal(await sync.round(), 'level')
      assert.equal(chain.questions() - before, questions)
    }
  })

  test('the old table serves until the new one is complete; a wrong chain never replaces it', async () => {
    const chain = createFakeChain()
    for (let i = 0; i < 100; i++) chain.mine(i === 10 ? registration('old', owner) : [])
    let ours = true
    const { registry, sync, changed } = createSynced(chain.view, {
      confirm: async () => {
        if (!ours) throw new Fault('chain/mismatch', 'not ours')
      },
    })
    await untilLevel(sync, 1)
    const before = facts(registry)
    const changes = changed.length
    chain.drop(100)
    for (let i = 0; i < 120; i++) chain.mine()
    ours = false
    await assert.rejects(sync.round(), error => isFault(error, 'chain/mismatch'))
    assert.deepEqual(facts(registry), before)
    ours = true
    await untilLevel(sync, 1)
    assert.deepEqual(facts(registry), facts(chain.folded()))
    assert.equal([...registry.names()].length, 0)
    assert.ok(changed.length >= changes)
  })

  test('a range whose answer is too large is halved', async () => {
    const chain = createFakeChain()
    for (let i = 0; i < 300; i++) chain.mine([specimens[i]!])
    const view: Chain = {
      ...chain.view,
      async logsBetween(from, to, addresses) {
        if (to - from >= 7) throw new Fault('bytes/too-large', 'too large')
        return chain.view.logsBetween(from, to, addresses)
      },
    }
    const { registry, sync } = createSynced(view, { rangeMax: 100 })
    await untilLevel(sync, 4)
    assert.deepEqual(facts(registry), facts(chain.folded()))
  })

  test('a deep re-organisation between two ranges leaves nothing of the old chain', async () => {
    for (const when of ['before the answer', 'after the answer', 'before the next range']) {
      const chain = createFakeChain()
      for (let i = 0; i < 200; i++) chain.mine([specimens[i]!])
      let answers = 0
      const replace = (): void => {
        chain.drop(198)
        for (let i = 0; i < 198; i++) chain.mine([specimens[299 - i]!])
      }
      const view: Chain = {
        ...chain.view,
        async block(number) {
          // The fifth range of ten blocks begins by asking for its last one.
          if (number === 50 && answers === 4 && when === 'before the next range') replace()
          return chain.view.block(number)
        },
        async logsBetween(from, to, addresses) {
          const last = ++answers === 4
          if (last && when === 'before the answer') replace()
          const logs = await chain.view.logsBetween(from, to, addresses)
          if (last && when === 'after the answer') replace()
          return logs
        },
      }
      const { registry, sync } = createSynced(view)
      await untilLevel(sync, 3)
      assert.deepEqual(facts(registry), facts(chain.folded()), when)
    }
  })

  describe('logs that are missing', () => {
    const node = childNode(contracts.suffixNode, 'gappy')
    const change = (sequence: number): Log =>
      logOf({ event: 'NameExtended', node, expiresAt: 5_000 + sequence, sequence })

    /** A chain whose endpoint leaves out the logs of block `hole` for the first `times` times it is asked. */
    function createHoleChain(hole: number, times: number) {
      const chain = createFakeChain()
      let left = times
      const withHole = (logs: PlacedLog[]): PlacedLog[] => {
        const found = logs.some(log => log.blockNumber === hole)
        return found && left-- > 0 ? logs.filter(log => log.blockNumber !== hole) : logs
      }
      const view: Chain = {
        ...chain.view,
        logsOf: async (hash, addresses) => withHole(await chain.view.logsOf(hash, addresses)),
        logsBetween: async (...of) => withHole(await chain.view.logsBetween(...of)),
      }
      for (let i = 1; i <= 200; i++) {
        if (i === 10) chain.mine(registration('gappy', owner))
        else if (i % 40 === 0) chain.mine([change(1 + i / 40)])
        else chain.mine()
      }
      return { ...chain, view }
    }

    test('a late index: the last blocks are read again, and nothing is missing', async () => {
      for (const hole of [160, 200]) {
        const chain = createHoleChain(hole, 1)
        const faults: Fault[] = []
        const { registry, sync } = createSynced(chain.view, { onGap: fault => faults.push(fault) })
        await untilLevel(sync, 4)
        chain.mine([change(7)])
        await untilLevel(sync, 4)
        assert.deepEqual(facts(registry), facts(chain.folded()), `hole ${hole}`)
        assert.deepEqual(faults, [])
      }
    })

    test('a hole far back: everything is read again', async () => {
      const chain = createHoleChain(40, 1)
      const faults: Fault[] = []
      const { registry, sync } = createSynced(chain.view, { onGap: fault => faults.push(fault) })
      await untilLevel(sync, 6)
      assert.deepEqual(facts(registry), facts(chain.folded()))
      assert.deepEqual(faults, [])
    })

    test('a registration of which only half arrived is read again as well', async () => {
      const chain = createFakeChain()
      chain.mine()
      chain.mine(registration('half', owner))
      let halves = 1
      const view: Chain = {
        ...chain.view,
        async logsOf(hash, addresses) {
          const logs = await chain.view.logsOf(hash, addresses)
          return logs.length === 2 && halves-- > 0 ? logs.slice(0, 1) : logs
        },
      }
      const { registry, sync } = createSynced(view)
      await untilLevel(sync, 4)
      assert.equal(registry.lookup('half', 0)?.owner, owner)
    })

    test('an endpoint that never tells: newer facts are kept, it is said aloud, nobody is hammered', async () => {
      const chain = createHoleChain(160, Number.POSITIVE_INFINITY)
      const faults: Fault[] = []
      const { registry, sync } = createSynced(chain.view, { onGap: fault => faults.push(fault) })
      await untilLevel(sync, 6)
      assert.equal(registry.lookup('gappy', 0)?.sequence, 6)
      assert.equal(faults.length, 1)
      assert.match(faults[0]!.message, /Logs are missing in 1 places/)
      assert.equal(await sync.round(), 'level')

      const before = chain.questions()
      chain.mine([change(8)])
      await untilLevel(sync, 3)
      assert.equal(faults.length, 2)
      assert.ok(chain.questions() - before < 400, 'not everything was read again within the same day')
    })
  })

  test('an endpoint that answers anything: only Fault comes out', async () => {
    for (let seed = 0; seed < 100; seed++) {
      const random = seededRandom(seed)
      const number = (): number => integerBelow(random, 100)
      const hash = (): string => blockHash(number(), integerBelow(random, 2))
      const header = async (): Promise<Header | undefined> =>
        random.next() < 0.1 ? undefined : { number: number(), hash: hash(), parentHash: hash(), minedAt: 0 }
      const logs = async (): Promise<PlacedLog[]> => {
        const where = { blockNumber: number(), blockHash: hash(), blockIndex: 0 }
        return random.next() < 0.6 ? [] : [{ ...specimens[number()]!, ...where }]
      }
      const { view } = createFakeChain()
      const { sync } = createSynced({ ...view, block: header, logsOf: logs, logsBetween: logs })
      for (let round = 0; round < 10; round++) {
        await sync.round().catch(error => assert.ok(isFault(error), error))
      }
    }
  })
})
