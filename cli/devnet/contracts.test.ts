import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { readAddresses } from '../../registry-contract/io/addresses.ts'
import { startAnvil } from '../../registry-contract/io/anvil.ts'
import { compiled } from '../../registry-contract/io/devchain.ts'
import { foundRegistry, replacementLine } from './contracts.ts'

test('contracts that had to be made anew are told with what went with them, and only then', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'inxt-contracts-'))
  t.after(() => rm(folder, { recursive: true }))
  let anvil = await startAnvil({ port: 0 })
  t.after(() => anvil.stop())
  const addressesFile = join(folder, 'addresses.json')
  const found = async (): Promise<string | undefined> =>
    replacementLine(await foundRegistry({ addressesFile, members: [] }, anvil.url, await compiled(), 'inxt'))

  assert.equal(await found(), undefined, 'a new folder')
  const first = (await readAddresses(addressesFile))!
  assert.equal(await found(), undefined, 'what was kept')
  assert.deepEqual(await readAddresses(addressesFile), first)

  // As a folder is that the NameRegistry of another version was made in: what depends on it goes with it.
  const { NameRegistry } = first.contracts
  const older = { ...NameRegistry, creationHash: '0'.repeat(64) }
  await writeFile(
    addressesFile,
    JSON.stringify({ ...first, contracts: { ...first.contracts, NameRegistry: older } }),
  )
  const names = 'gone with the old ones: all names (publish yours again)'
  assert.equal(await found(), `contracts made anew: NameRegistry, NameRegistrar; ${names}`)
  const second = (await readAddresses(addressesFile))!
  assert.notEqual(second.contracts.NameRegistry.address, NameRegistry.address)
  assert.equal(second.contracts.EdgeRegistry.address, first.contracts.EdgeRegistry.address)
  assert.equal(await found(), undefined, 'told once')

  // A chain that forgot everything gets them at the same addresses, and they are new all the same.
  await anvil.stop()
  anvil = await startAnvil({ port: 0 })
  await writeFile(addressesFile, JSON.stringify(first))
  assert.match((await found())!, /InxtToken, .*DomainClaims, EdgeRegistry, .*balances, all names .*, stakes$/)
  const third = (await readAddresses(addressesFile))!
  assert.equal(third.contracts.NameRegistry.address, NameRegistry.address)
})
