import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Fault, isFault } from '../../base/fault.ts'
import { delay } from '../../base/io/clock.ts'
import { startAnvil } from './anvil.ts'
import { type Devchain, startDevchain } from './devchain.ts'
import { type Follower, type FollowOptions, followChain } from './follow.ts'
import type { Registrar } from './registrar.ts'
import { createRpc } from './rpc.ts'

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

describe('following', () => {
  test('names and edges arrive as they are mined, and are told', async () => {
    const labels: string[] = []
    const follower = await follow({ onChanges: changes => labels.push(...changes.labels) })
    await follower.level(5_000)
    await alice.register('live')
    await alice.setContenthash('live', '0xe301')
    await alice.registerEdge(edge)
    await until(() => follower.registry.roll().length === 1, 'the edge did not arrive')
    assert.ok(holds(follower, 'live', '0xe301'))
    assert.ok(labels.includes('live'))
    assert.deepEqual(follower.registry.roll(), [{ ...edge, owner: alice.address }])
    const name = follower.registry.lookup('live', 0)!
    assert.equal(name.expiresAt, await alice.expiresAt('live'))
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
    await alice.setContenthash('live', '0xdead')
    await until(() => holds(follower, 'doomed') && holds(follower, 'live', '0xdead'), 'not followed')

    await chain.rpc.call('evm_revert', [snapshot])
    await alice.register('instead')
    await until(() => holds(follower, 'instead') && !holds(follower, 'doomed'), 'not undone')
    assert.ok(holds(follower, 'live', '0xe301'))

    // The same heights again with other blocks: what was mined in them is gone.
    await alice.setContenthash('instead', '0xbeef')
    await until(() => holds(follower, 'instead', '0xbeef'), 'not followed')
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
    assert.ok(!holds(follower, 'deep-3') && holds(follower, 'live', '0xe301'))
    await follower.stop()
  })

  test('a checkpoint makes the next start instant; a re-organisation meanwhile is noticed', async () => {
    const checkpointFile = join(folder, 'checkpoint.json')
    const snapshot = await chain.rpc.call('evm_snapshot', [])
    await alice.register('meanwhile')
    const first = await follow({ checkpointFile })
    await first.level(5_000)
    await first.stop()
    await chain.rpc.call('evm_revert', [snapshot])

    const nowhere = createRpc({ url: 'http://127.0.0.1:9', timeoutMs: 200 })
    const alone = await follow({ checkpointFile, rpc: nowhere })
    assert.ok(holds(alone, 'live', '0xe301') && holds(alone, 'meanwhile'))
    assert.equal(alone.registry.roll().length, 1)
    await assert.rejects(alone.level(100), error => isFault(error, 'chain/unreachable'))
    await alone.stop()
    await nowhere.close()

    const again = await follow({ checkpointFile })
    await again.level(5_000)
    assert.ok(!holds(again, 'meanwhile') && holds(again, 'live', '0xe301'))
    await again.stop()
    const kept = JSON.parse(await readFile(checkpointFile, 'utf8')) as { names: { label: string }[] }
    const labels = kept.names.map(name => name.label)
    assert.ok(labels.includes('live') && !labels.includes('meanwhile'))
  })

  test('a checkpoint that is broken, or of other contracts, is rebuilt', async () => {
    const checkpointFile = join(folder, 'broken.json')
    for (const content of ['{"version":', '{"version":1}', 'null']) {
      await writeFile(checkpointFile, content)
      const faults: Fault[] = []
      const follower = await follow({ checkpointFile, onFault: fault => faults.push(fault) })
      await follower.level(5_000)
      assert.ok(holds(follower, 'live', '0xe301'))
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
    assert.ok(holds(follower, 'live', '0xe301'))

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
