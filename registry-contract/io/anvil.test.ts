import assert from 'node:assert/strict'
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { isFault } from '../../base/fault.ts'
import { delay } from '../../base/io/clock.ts'
import { startAnvil } from './anvil.ts'
import { artifactsCache, compileContracts, isArtifacts } from './compile.ts'
import { compiled, startDevchain } from './devchain.ts'

let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inxt-anvil-'))
})
after(() => rm(folder, { recursive: true }))

/** Polls until `holds`, with a deadline. */
async function until(holds: () => Promise<boolean>, what: string, deadlineMs = 4_000): Promise<void> {
  const late = AbortSignal.timeout(deadlineMs)
  while (!(await holds())) {
    assert.ok(!late.aborted, what)
    await delay(20)
  }
}

describe('the embedded chain', () => {
  test('comes back after a stop with its blocks, names and contracts', async () => {
    const stateFile = join(folder, 'stop.json')
    const first = await startDevchain({ stateFile })
    const alice = await first.registrar(0)
    const { blockHash, blockNumber } = await alice.register('kept')
    // As Ctrl-C would: written though the interval has not passed.
    await first.stop()
    await first.stop().catch(() => {})
    await first.anvil.exited

    const again = await startAnvil({ port: 0, stateFile })
    const { createRpc } = await import('./rpc.ts')
    const rpc = createRpc({ url: again.url })
    const block = (await rpc.call('eth_getBlockByNumber', [`0x${blockNumber.toString(16)}`, false])) as {
      hash: string
    }
    assert.equal(block.hash, blockHash)
    const logs = await rpc.call('eth_getLogs', [
      { fromBlock: '0x0', address: first.addresses.contracts.NameRegistry.address },
    ])
    assert.equal((logs as unknown[]).length, 1)
    await rpc.close()
    await again.stop()
  })

  test('killed, it loses at most the interval, and its state file is always whole', async () => {
    const stateFile = join(folder, 'kill.json')
    const first = await startDevchain({ stateFile, stateIntervalMs: 50 })
    const alice = await first.registrar(0)
    const { blockNumber } = await alice.register('killed')
    const kept = async (): Promise<boolean> =>
      Number(JSON.parse(await readFile(stateFile, 'utf8')).block.number) >= blockNumber
    await until(kept, 'the state was not written in time')
    process.kill(first.anvil.pid, 'SIGKILL')
    await first.anvil.exited
    await first.stop()

    const again = await startAnvil({ port: 0, stateFile })
    await again.stop()
    assert.ok(await kept())
    assert.deepEqual(
      (await readdir(folder)).filter(file => file.endsWith('.new')),
      [],
    )
  })

  test('says which port is taken and which file is broken, and leaves nothing behind', async () => {
    const chain = await startAnvil({ port: 0 })
    await assert.rejects(startAnvil({ port: chain.port }), error => {
      return isFault(error, 'net/port-taken') && error.message.includes(String(chain.port))
    })
    await chain.stop()
    const stateFile = join(folder, 'broken.json')
    for (const content of ['', '{"block":', '[]', 'null', '{}', '{"block":{},"accounts":{"0x":1}}']) {
      await writeFile(stateFile, content)
      await assert.rejects(
        startAnvil({ port: 0, stateFile }),
        error => isFault(error, 'state/broken') && error.message.includes(stateFile),
        content,
      )
    }
  })

  test('its first block has a state root to prove things against', async () => {
    const chain = await startDevchain()
    const block = (await chain.rpc.call('eth_getBlockByNumber', ['0x1', false])) as { stateRoot: string }
    // keccak256 of the RLP of nothing: the root of an empty trie.
    const empty = '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421'
    assert.notEqual(block.stateRoot, empty)
    await chain.stop()
  })
})

describe('compiling', () => {
  test('the second time comes from the cache; a damaged cache is no cache', async () => {
    const artifacts = await compiled()
    const cache = join(folder, 'artifacts')
    await cp(artifactsCache, cache, { recursive: true })
    for (const file of await readdir(cache))
      await writeFile(join(cache, file), JSON.stringify({ ...artifacts, mark: 1 }))
    assert.deepEqual(await compileContracts(cache), { ...artifacts, mark: 1 })
    for (const damaged of [undefined, null, [], {}, { ...artifacts, InxtToken: { abi: [], bytecode: '' } }])
      assert.equal(isArtifacts(damaged), false)
  })
})
