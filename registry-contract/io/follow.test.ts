import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { after, before, describe, test } from 'node:test'
import { Interface } from 'ethers/abi'
import { type Fault, isFault } from '../../base/fault.ts'
import { delay } from '../../base/io/clock.ts'
import { eventTexts, sources } from '../signatures.ts'
import { startAnvil } from './anvil.ts'
import { compiled, type Devchain, startDevchain } from './devchain.ts'
import { type Follower, type FollowOptions, followChain } from './follow.ts'
import type { Registrar } from './registrar.ts'
import { createRpc } from './rpc.ts'

const [first, second, third] = ['a1', 'b2', 'c3'].map(byte => `0xe30101701220${byte.repeat(32)}`) as [
  string,
  string,
  string,
]
let folder: string
let chain: Devchain
let alice: Registrar
let stateFile: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inxt-follow-'))
  stateFile = join(folder, 'chain.json')
  chain = await startDevchain({ stateFile, stateIntervalMs: 50 })
  alice = await chain.registrar(0)
})
after(async () => {
  await chain.stop()
  await rm(folder, { recursive: true })
})

async function until(
  holds: () => boolean | Promise<boolean>,
  what: string,
  deadlineMs = 5_000,
): Promise<void> {
  const late = AbortSignal.timeout(deadlineMs)
  while (!(await holds())) {
    assert.ok(!late.aborted, what)
    await delay(10)
  }
}

function follow(more: Partial<FollowOptions> = {}): Promise<Follower> {
  return followChain({ rpc: chain.rpc, addresses: chain.addresses, pollMs: 20, backoffMaxMs: 50, ...more })
}

function holds(follower: Follower, label: string, contenthash?: string): boolean {
  const name = follower.registry.lookup(label, 0)
  return name !== undefined && (contenthash === undefined || name.contenthash === contenthash)
}

const edge = {
  peerKey: `0x${'e1'.repeat(32)}`,
  address: '127.0.1.1',
  dnsPort: 5300,
  httpPort: 8080,
  overlayPort: 9000,
}

test('the events are those of the compiled contracts; the others are left out on purpose', async () => {
  const artifacts = await compiled()
  const leftOut: Record<string, string[]> = {
    NameRegistry: [],
    NameRegistrar: ['Approval', 'ApprovalForAll', 'Committed', 'NameRenewed', 'RentCollected', 'Transfer'],
    EdgeRegistry: ['RewardCollected'],
    DomainClaims: [],
  }
  for (const source of sources) {
    const compiledEvents = new Interface(JSON.stringify(artifacts[source].abi)).fragments
      .filter(fragment => fragment.type === 'event')
      .map(fragment => fragment.format('full'))
    const ours: readonly string[] = eventTexts[source]
    for (const text of ours) assert.ok(compiledEvents.includes(text), text)
    const others = compiledEvents
      .filter(text => !ours.includes(text))
      .map(text => /^event (\w+)/.exec(text)![1])
    assert.deepEqual(others.sort(), leftOut[source])
  }
})

describe('following', () => {
  test('names and edges arrive as they are mined, and are told', async () => {
    const labels: string[] = []
    const follower = await follow({ onChanges: changes => labels.push(...changes.labels) })
    await follower.level(5_000)
    await alice.register('live', { contenthash: first })
    const operator = await chain.operator(0)
    await operator.enter(edge)
    await until(() => follower.registry.roll().length === 1, 'the edge did not arrive')
    assert.ok(holds(follower, 'live', first))
    assert.ok(labels.includes('live'))
    const stakeWei = await operator.stakeMin()
    const { address: owner } = operator
    const entry = { ...edge, owner, operatorKey: owner, ipv6: '', httpsPort: 0, stakeWei, withdrawableAt: 0 }
    assert.deepEqual(follower.registry.roll(), [entry])
    const name = follower.registry.lookup('live', 0)!
    assert.deepEqual(
      { ...name.plain(), label: undefined },
      { ...(await alice.record('live')), label: undefined },
    )
    assert.deepEqual(follower.registry.refused(), [])
    const status = follower.status()
    assert.equal(status.endpoint, chain.anvil.url)
    assert.ok(status.healthy && status.height > 0 && status.behindMs < 5_000)
    await follower.stop()
  })

  test('a re-organisation of a few blocks is undone exactly', async () => {
    const follower = await follow()
    await follower.level(5_000)
    const snapshot = await chain.rpc.call('evm_snapshot', [])
    await alice.register('doomed')
    await alice.setContenthash('live', second)
    await until(() => holds(follower, 'doomed') && holds(follower, 'live', second), 'not followed')

    await chain.rpc.call('evm_revert', [snapshot])
    await alice.register('instead')
    await until(() => holds(follower, 'instead') && !holds(follower, 'doomed'), 'not undone')
    assert.ok(holds(follower, 'live', first))

    // The same heights again with other blocks: what was mined in them is gone.
    await alice.setContenthash('instead', third)
    await until(() => holds(follower, 'instead', third), 'not followed')
    await chain.rpc.call('anvil_reorg', [2, []])
    await until(() => !holds(follower, 'instead'), 'not undone')
    await follower.stop()
  })

  test('a re-organisation deeper than the journal is read anew', async () => {
    const follower = await follow({ depthMax: 2, rangeMax: 3 })
    await follower.level(5_000)
    const snapshot = await chain.rpc.call('evm_snapshot', [])
    for (const label of ['deep-0', 'deep-1', 'deep-2', 'deep-3']) await alice.register(label)
    await until(() => holds(follower, 'deep-3'), 'not followed')
    await chain.rpc.call('evm_revert', [snapshot])
    await chain.rpc.call('evm_mine', [])
    await until(() => !holds(follower, 'deep-0'), 'not undone')
    assert.ok(!holds(follower, 'deep-3') && holds(follower, 'live', first))
    await follower.stop()
  })

  test('a checkpoint makes the next start instant; a re-organisation meanwhile is noticed', async () => {
    const checkpointFile = join(folder, 'checkpoint.bin')
    const snapshot = await chain.rpc.call('evm_snapshot', [])
    await alice.register('meanwhile')
    const before = await follow({ checkpointFile })
    await before.level(5_000)
    await before.stop()
    await chain.rpc.call('evm_revert', [snapshot])

    const nowhere = createRpc({ url: 'http://127.0.0.1:9', timeoutMs: 200 })
    const alone = await follow({ checkpointFile, rpc: nowhere })
    assert.ok(holds(alone, 'live', first) && holds(alone, 'meanwhile'))
    assert.equal(alone.registry.roll().length, 1)
    await assert.rejects(alone.level(100), error => isFault(error, 'chain/unreachable'))
    assert.ok(alone.status().behindMs > 0 && !alone.status().healthy)
    await alone.stop()

    const again = await follow({ checkpointFile })
    await again.level(5_000)
    assert.ok(!holds(again, 'meanwhile') && holds(again, 'live', first))
    await again.stop()
    const kept = await follow({ checkpointFile, rpc: nowhere })
    assert.ok(holds(kept, 'live', first) && !holds(kept, 'meanwhile'))
    await kept.stop()
    await nowhere.close()
  })

  test('a checkpoint that is broken, or of other contracts, is rebuilt', async () => {
    const checkpointFile = join(folder, 'broken.bin')
    for (const content of ['', '{"version":1}', 'x'.repeat(10_000)]) {
      await writeFile(checkpointFile, content)
      const faults: Fault[] = []
      const follower = await follow({ checkpointFile, onFault: fault => faults.push(fault) })
      await follower.level(5_000)
      assert.ok(holds(follower, 'live', first))
      assert.deepEqual(
        faults.map(fault => fault.code),
        ['state/broken'],
      )
      await follower.stop()
    }
  })
})

describe('a chain that goes away', () => {
  test('killed: the table serves on; back with its state: it is followed on', async () => {
    const { port } = chain.anvil
    const follower = await follow()
    await follower.level(5_000)
    const { blockNumber } = await alice.register('before-kill')
    await until(() => holds(follower, 'before-kill'), 'not followed')
    const kept = async (): Promise<boolean> =>
      Number(JSON.parse(await readFile(stateFile, 'utf8')).block.number) >= blockNumber
    await until(kept, 'the state was not kept')
    process.kill(chain.anvil.pid, 'SIGKILL')
    await chain.anvil.exited
    await until(() => !follower.status().healthy, 'the failure went unnoticed')
    assert.ok(isFault(follower.status().fault, 'chain/unreachable'))
    assert.ok(holds(follower, 'live', first))

    // Two blocks older than what was followed: like a re-organisation.
    const older = await startAnvil({ port, stateFile })
    await until(() => follower.status().healthy, 'not followed again')
    await alice.register('after-kill')
    await until(() => holds(follower, 'after-kill') && holds(follower, 'before-kill'), 'not followed on')
    await older.stop()

    // Another genesis on the same port is not our chain, and does not touch the table.
    const stranger = await startAnvil({ port })
    await until(() => isFault(follower.status().fault, 'chain/mismatch'), 'the stranger was not noticed')
    assert.ok(holds(follower, 'after-kill'))
    await assert.rejects(
      follow().then(async other => {
        try {
          await other.level(2_000)
        } finally {
          await other.stop()
        }
      }),
      error => isFault(error, 'chain/mismatch'),
    )
    await stranger.stop()
    await follower.stop()
  })
})

/** An endpoint that passes questions on to the chain and does what it is told with the answers. */
async function startProxy() {
  type Distort = (method: string, result: unknown) => unknown
  let distort: Distort | undefined = (_, result) => result
  const server = createServer(async (request, response) => {
    const { id, method, params } = (await json(request)) as { id: number; method: string; params: unknown[] }
    if (!distort) {
      request.socket.destroy()
      return
    }
    const result = distort(method, await chain.rpc.call(method, params).catch(() => null))
    response.end(JSON.stringify({ jsonrpc: '2.0', id, result }))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const rpc = createRpc({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, timeoutMs: 500 })
  return {
    rpc,
    behave: (next: Distort | undefined) => {
      distort = next
    },
    async stop() {
      await rpc.close()
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

type Block = { number: string; hash: string; timestamp: string }
const honest = (_: string, result: unknown): unknown => result

describe('three endpoints', () => {
  let proxies: Awaited<ReturnType<typeof startProxy>>[]
  let revived: Awaited<ReturnType<typeof startAnvil>>
  before(async () => {
    revived = await startAnvil({ port: chain.anvil.port, stateFile })
    proxies = await Promise.all([startProxy(), startProxy(), startProxy()])
  })
  after(async () => {
    for (const proxy of proxies) await proxy.stop()
    await revived.stop()
  })

  const isBlock = (method: string, result: unknown): result is Block =>
    method === 'eth_getBlockByNumber' && result !== null
  const rows: [
    why: string,
    distort: ((method: string, result: unknown) => unknown) | undefined,
    warning: RegExp,
  ][] = [
    ['says garbage', () => '<html>', /bad|no /],
    [
      'answers half',
      (_, result) => (typeof result === 'string' ? result.slice(0, 5) : {}),
      /bad|no |the chain id/,
    ],
    ['is another chain', (method, result) => (method === 'eth_chainId' ? '0x1' : result), /the chain id/],
    ['has no code there', (method, result) => (method === 'eth_getCode' ? '0x' : result), /the code at/],
    ['leaves out logs', (method, result) => (method === 'eth_getLogs' ? [] : result), /the logs of/],
    [
      'tells events twice',
      (method, result) => (method === 'eth_getLogs' ? [...(result as []), ...(result as [])] : result),
      /out of order/,
    ],
    [
      'tells events backwards',
      (method, result) => (method === 'eth_getLogs' ? (result as []).toReversed() : result),
      /out of order/,
    ],
    [
      'names blocks of its own',
      (method, result) => (isBlock(method, result) ? { ...result, hash: `0x${'77'.repeat(32)}` } : result),
      /block/,
    ],
    [
      'lives in the future',
      (method, result) => (isBlock(method, result) ? { ...result, timestamp: '0xffffffff' } : result),
      /in the future/,
    ],
    ['is dead', undefined, /does not answer/],
  ]
  for (const [i, [why, distort, warning]] of rows.entries()) {
    test(`one ${why}: the other two go on, and it is named`, async () => {
      const place = i % 3
      for (const [at, proxy] of proxies.entries()) proxy.behave(at === place ? distort : honest)
      const warned = Promise.withResolvers<[string, string]>()
      const follower = await follow({
        rpc: proxies.map(({ rpc }) => rpc),
        futureMsMax: 365 * 86_400_000,
        onWarning: (...warning) => warned.resolve(warning),
      })
      try {
        await follower.level(5_000)
        const [url, what] = await warned.promise
        assert.equal(url, proxies[place]!.rpc.url)
        assert.match(what, warning)
        const label = `quorum-${i}`
        await alice.register(label, { contenthash: second })
        await until(() => holds(follower, label, second), 'the name did not arrive')
        assert.ok(follower.status().healthy)
        const { state } = follower.status().endpoints[place]!
        assert.ok(state === 'lying' || state === 'silent', state)
      } finally {
        await follower.stop()
      }
    })
  }

  test('two die: what is known is served, and how old it is; they come back, and it goes on', async () => {
    for (const proxy of proxies) proxy.behave(honest)
    const follower = await follow({ rpc: proxies.map(({ rpc }) => rpc) })
    await follower.level(5_000)
    for (const proxy of proxies.slice(1)) proxy.behave(undefined)
    await until(() => !follower.status().healthy, 'the failure went unnoticed')
    assert.match(follower.status().fault?.message ?? '', /2 endpoints must agree/)
    assert.ok(holds(follower, 'live', first) && Number.isFinite(follower.status().behindMs))
    await alice.register('after-outage')
    for (const proxy of proxies) proxy.behave(honest)
    await until(() => holds(follower, 'after-outage') && follower.status().healthy, 'not followed on')
    await follower.stop()
  })

  test('one alone that lives in the future is refused with what to do', async () => {
    proxies[0]!.behave((method, result) =>
      isBlock(method, result) ? { ...result, timestamp: '0xffffffff' } : result,
    )
    const seen = Promise.withResolvers<Fault>()
    const follower = await follow({
      rpc: proxies[0]!.rpc,
      futureMsMax: 365 * 86_400_000,
      onFault: seen.resolve,
    })
    const fault = await seen.promise
    assert.match(fault.message, /in the future/)
    assert.match(fault.hint, /clock/)
    assert.equal(follower.status().height, -1)
    await follower.stop()
  })
})
