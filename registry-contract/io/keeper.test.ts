import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createRegistry } from '../registry.ts'
import { blockHash, contracts, registration } from '../specimens.ts'
import { createKeeper } from './keeper.ts'

const owner = `0x${'0a'.repeat(20)}`

test('a disk that does not take it is asked after growing pauses, and it is told when it does', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'inxt-keeper-'))
  t.after(() => rm(folder, { recursive: true }))
  const blocked = join(folder, 'blocked')
  await writeFile(blocked, 'a file where a folder should be')
  let now = 0
  let mended = 0
  const faults: string[] = []
  const options = {
    ...{ file: join(blocked, 'registry.bin'), checkpointMs: 1000, clock: { now: () => now } },
    onFault: ({ code }: { code: string }) => faults.push(code),
    onMended: () => mended++,
  }
  const registry = createRegistry(contracts)
  const logs = registration('first', owner)
  registry.apply({ number: 1, hash: blockHash(1, 0), parentHash: blockHash(0, 0), logs })
  const keeper = createKeeper(options, registry)
  for (const [at, tries] of [
    [999, 0],
    [1000, 1],
    [2999, 1],
    [3000, 2],
    [6999, 2],
    [7000, 3],
  ] as const) {
    now = at
    await keeper.writeIfDue()
    assert.equal(faults.length, tries, `at ${at}`)
  }
  assert.deepEqual(new Set(faults), new Set(['state/unwritten']))
  await rm(blocked)
  await keeper.writeIfDue()
  assert.equal(mended, 0)
  now = 15_000
  await keeper.writeIfDue()
  await keeper.write()
  assert.deepEqual([faults.length, mended], [3, 1])
  // A start reads it.
  const next = createRegistry(contracts)
  await createKeeper(options, next).read()
  assert.equal(next.head()?.hash, blockHash(1, 0))
})
