import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Fault, type FaultCode, isFault } from '../base/fault.ts'
import type { Header, PlacedLog } from './answers.ts'
import { type Chain, createQuorum, type QuorumOptions } from './quorum.ts'
import { blockHash, registration } from './specimens.ts'

const minedAt = 1_000_000

function headerOf(number: number, branch = 0): Header {
  return { number, hash: blockHash(number, branch), parentHash: blockHash(number - 1, branch), minedAt }
}

function logsAt(number: number): PlacedLog[] {
  return registration('first', `0x${'0a'.repeat(20)}`).map((log, blockIndex) => ({
    ...log,
    blockNumber: number,
    blockHash: blockHash(number, 0),
    blockIndex,
  }))
}

const dead = async (): Promise<never> => {
  throw new Fault('chain/unreachable', 'nobody there')
}
const allDead: Partial<Chain> = {
  block: dead,
  chainId: dead,
  codeHash: dead,
  logsOf: dead,
  logsBetween: dead,
}

/** An honest endpoint at a height, with what is given in place of its answers. */
function endpoint(url: string, height: number, more: Partial<Chain> = {}): Chain {
  return {
    url,
    chainId: async () => 1,
    codeHash: async () => '0xc0de',
    async block(number) {
      const wanted = number === 'latest' ? height : number
      return wanted <= height ? headerOf(wanted) : undefined
    },
    logsOf: async () => logsAt(5),
    logsBetween: async () => logsAt(5),
    ...more,
  }
}

function together(endpoints: Chain[], more: Partial<QuorumOptions> = {}) {
  const warnings: string[] = []
  let now = minedAt
  const quorum = createQuorum({
    endpoints,
    now: () => now,
    onWarning: (url, what) => warnings.push(`${url}: ${what}`),
    ...more,
  })
  return {
    quorum,
    warnings,
    pass: (ms: number) => {
      now += ms
    },
    states: () => quorum.endpoints().map(({ state }) => state),
  }
}

/** Lets answers that came too late be looked at. */
async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await undefined
}

test('how new a block may be is judged by the date: a steady clock stands still while the machine sleeps', async () => {
  const asleep = (): number => minedAt - 86_400_000
  const { quorum } = together([endpoint('a', 10)], { now: asleep, date: () => minedAt })
  assert.equal((await quorum.block('latest'))?.number, 10)
  const { quorum: dreaming } = together([endpoint('a', 10)], { now: asleep })
  await assert.rejects(dreaming.block('latest'), /in the future/)
})

describe('three endpoints', () => {
  type Answer = (quorum: Chain) => Promise<unknown>
  const latest: Answer = quorum => quorum.block('latest')
  const logs: Answer = quorum => quorum.logsOf(blockHash(5, 0), [])
  const range: Answer = quorum => quorum.logsBetween(1, 9, [])
  const forged = logsAt(5).map(log => ({ ...log, data: `${log.data.slice(0, -1)}f` }))
  const rows: [why: string, third: Partial<Chain>, ask: Answer, answer: unknown, warning: RegExp][] = [
    ['one on another chain', { chainId: async () => 5 }, q => q.chainId(), 1, /c: .*the chain id/],
    [
      'one without code',
      { codeHash: async () => undefined },
      q => q.codeHash('0x'),
      '0xc0de',
      /c: .*the code/,
    ],
    [
      'one with other code',
      { codeHash: async () => '0xbad' },
      q => q.codeHash('0x'),
      '0xc0de',
      /c: .*the code/,
    ],
    ['one that forges a log', { logsOf: async () => forged }, logs, logsAt(5), /c: .*the logs of block/],
    ['one that leaves logs out', { logsOf: async () => [] }, logs, logsAt(5), /c: .*the logs of block/],
    [
      'one that adds a log',
      { logsBetween: async () => [...logsAt(5), ...logsAt(6)] },
      range,
      logsAt(5),
      /1 to 9/,
    ],
    ['one on a fork', { block: async () => headerOf(10, 1) }, q => q.block(10), headerOf(10), /block 10/],
    [
      'one that answers another block',
      { block: async () => headerOf(7) },
      q => q.block(10),
      headerOf(10),
      /block 7 for 10/,
    ],
    ['one far behind', { block: async () => headerOf(2) }, latest, headerOf(10), /c: it is 8 blocks behind/],
    [
      'one far ahead',
      { block: async () => headerOf(10 ** 9) },
      latest,
      headerOf(10),
      /c: it is \d+ blocks ahead/,
    ],
    [
      'one of the future',
      { block: async () => ({ ...headerOf(11), minedAt: 9 * minedAt }) },
      latest,
      headerOf(10),
      /8000 s in the future/,
    ],
    ['one that is dead', allDead, latest, headerOf(10), /nobody there/],
  ]
  for (const [why, third, ask, answer, warning] of rows) {
    test(`${why} is outvoted and named, wherever it stands`, async () => {
      for (const place of [0, 1, 2]) {
        const endpoints = [endpoint('a', 10), endpoint('b', 10)]
        endpoints.splice(place, 0, endpoint('c', 10, third))
        const { quorum, warnings, states } = together(endpoints)
        assert.deepEqual(await ask(quorum), answer)
        await settled()
        assert.equal(warnings.length, 1, String(warnings))
        assert.match(warnings[0]!, warning)
        const others = states().filter((_, i) => i !== place)
        assert.ok(!others.includes('lying') && !others.includes('silent') && !others.includes('lagging'))
        assert.notEqual(states()[place], 'good')
      }
    })
  }

  test('one that hangs holds nobody up, and is not asked without end', async () => {
    let asked = 0
    const hangs = (): Promise<never> => {
      asked++
      return new Promise(() => {})
    }
    let first = true
    const third = endpoint('c', 10, {
      block: async () => {
        if (!first) return hangs()
        first = false
        return headerOf(10)
      },
      logsOf: hangs,
    })
    const { quorum } = together([third, endpoint('a', 10), endpoint('b', 10)])
    for (let i = 0; i < 100; i++) {
      assert.deepEqual(await quorum.block('latest'), headerOf(10))
      assert.deepEqual(await quorum.logsOf(blockHash(5, 0), []), logsAt(5))
    }
    assert.equal(asked, 32)
  })

  test('one that dies is asked again after growing rests, and is welcome back', async () => {
    let asked = 0
    let alive = false
    const third = endpoint('c', 10, {
      async chainId() {
        asked++
        return alive ? 1 : dead()
      },
    })
    const { quorum, pass, states } = together([endpoint('a', 10), endpoint('b', 10), third])
    const askedAt: number[] = []
    for (let second = 0; second < 120; second++) {
      const before = asked
      assert.equal(await quorum.chainId(), 1)
      await settled()
      if (asked > before) askedAt.push(second)
      pass(1_000)
    }
    assert.deepEqual(askedAt, [0, 1, 2, 4, 8, 16, 32, 62, 92])
    assert.equal(states()[2], 'silent')
    alive = true
    pass(30_000)
    await quorum.chainId()
    await settled()
    assert.equal(states()[2], 'good')
  })

  test('a liar is warned of once a minute, and keeps its bad name as long', async () => {
    let lies = true
    const third = endpoint('c', 10, { chainId: async () => (lies ? 5 : 1) })
    const { quorum, warnings, pass, states } = together([endpoint('a', 10), endpoint('b', 10), third])
    for (let second = 0; second < 150; second++) {
      await quorum.chainId()
      await quorum.codeHash('0x')
      await settled()
      pass(1_000)
    }
    assert.equal(warnings.length, 3)
    lies = false
    await quorum.chainId()
    await settled()
    assert.equal(states()[2], 'lying')
    pass(60_000)
    await quorum.chainId()
    await settled()
    assert.equal(states()[2], 'good')
  })

  test('the head is what two have reached, and does not step back to one that lags a block', async () => {
    const heights = [10, 11, 12]
    const moving = heights.map((_, i) =>
      endpoint('abc'[i]!, 0, {
        async block(number) {
          const wanted = number === 'latest' ? heights[i]! : number
          return wanted <= heights[i]! ? headerOf(wanted) : undefined
        },
      }),
    )
    const { quorum, warnings } = together(moving)
    assert.deepEqual(await quorum.block('latest'), headerOf(11), 'at first all are waited for')
    heights.splice(0, 3, 13, 12, 13)
    assert.deepEqual(await quorum.block('latest'), headerOf(12), 'then the first two are enough')
    heights.splice(0, 3, 11, 13, 13)
    assert.deepEqual(await quorum.block('latest'), headerOf(13), 'the third is waited for')
    assert.deepEqual(warnings, [])
  })

  test('on three forks: what they have in common', async () => {
    const forked = [1, 2, 3].map(branch =>
      endpoint(`${branch}`, 10, {
        block: async number =>
          headerOf(number === 'latest' ? 10 : number, number === 'latest' || number > 8 ? branch : 0),
      }),
    )
    const { quorum } = together(forked)
    assert.deepEqual(await quorum.block('latest'), headerOf(8))
  })
})

describe('no quorum', () => {
  const rows: [why: string, endpoints: Chain[], code: FaultCode, says: RegExp][] = [
    ['one, and it is dead', [endpoint('a', 1, allDead)], 'chain/unreachable', /nobody there/],
    [
      'two, and one is dead',
      [endpoint('a', 1), endpoint('b', 1, allDead)],
      'chain/unreachable',
      /2 endpoints must agree/,
    ],
    [
      'two, and they differ',
      [endpoint('a', 1), endpoint('b', 1, { chainId: async () => 2 })],
      'chain/unreachable',
      /2 different ways/,
    ],
    [
      'three different ones',
      [1, 2, 3].map(id => endpoint(`${id}`, 1, { chainId: async () => id })),
      'chain/unreachable',
      /3 different ways/,
    ],
  ]
  for (const [why, endpoints, code, says] of rows) {
    test(why, async () => {
      const { quorum } = together(endpoints)
      await assert.rejects(quorum.chainId(), error => isFault(error, code) && says.test(error.message))
    })
  }

  test('an answer that is too large for them is a matter of asking for less', async () => {
    const tooLarge = async (): Promise<never> => {
      throw new Fault('bytes/too-large', 'too much')
    }
    const bounded = endpoint('c', 10, { logsBetween: tooLarge })
    const { quorum, warnings } = together([bounded, { ...bounded, url: 'd' }, endpoint('e', 10)])
    await assert.rejects(quorum.logsBetween(1, 9, []), error => isFault(error, 'bytes/too-large'))
    assert.deepEqual(warnings, [])
  })

  test('a quorum that cannot be had is an error at once', () => {
    for (const [count, need] of [
      [0, 1],
      [1, 2],
      [3, 0],
      [3, 1.5],
    ] as const) {
      const endpoints = Array.from({ length: count }, (_, i) => endpoint(`${i}`, 1))
      assert.throws(
        () => together(endpoints, { need }),
        error => isFault(error, 'config/invalid'),
      )
    }
  })

  test('a bug is not a vote', async () => {
    const broken = async (): Promise<never> => {
      throw new TypeError('bug')
    }
    const { quorum } = together([endpoint('a', 1, { chainId: broken })])
    await assert.rejects(quorum.chainId(), TypeError)
  })
})

test('one endpoint is asked once for each answer', async () => {
  let asked = 0
  const counted = endpoint('a', 10, {
    async block(number) {
      asked++
      return headerOf(number === 'latest' ? 10 : number)
    },
  })
  const { quorum, states } = together([counted])
  assert.deepEqual(await quorum.block('latest'), headerOf(10))
  assert.deepEqual(await quorum.block(3), headerOf(3))
  assert.equal(asked, 2)
  assert.deepEqual(states(), ['good'])
  assert.equal(quorum.endpoints()[0]?.height, 10)
})
