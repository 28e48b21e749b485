import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fromHex } from '../../base/bytes.ts'
import { isFault } from '../../base/fault.ts'
import { createLightClient, type LightClient, periodOf } from './lightclient.ts'
import { createRehearsal, rehearsalConfig, type UpdateWish } from './rehearsal.ts'
import { readBootstrap, readUpdate } from './update.ts'

const slotsPerPeriod = 32 * 256
const hash = (byte: number): string => `0x${byte.toString(16).padStart(2, '0').repeat(32)}`

/** A period after mainnet's Fulu fork (epoch 411,392), and the one after it. */
const period = 1700
const start = period * slotsPerPeriod
/** Gloas begins 20 epochs into the second of them. */
const gloasSlot = start + slotsPerPeriod + 20 * 32
const eras = [
  ['Fulu', rehearsalConfig()],
  ['Gloas', rehearsalConfig(start / 32 - 32 * 256)],
  ['Fulu becoming Gloas', rehearsalConfig(gloasSlot / 32)],
] as const

const wish = (from: number): UpdateWish => ({
  finalizedSlot: from,
  attestedSlot: from + 64,
  signatureSlot: from + 65,
  executionHash: hash(0x11),
})
const later = start + 10 * slotsPerPeriod

for (const [name, config] of eras) {
  const rehearsal = createRehearsal(config)
  const { root, answer } = rehearsal.bootstrap(start + 32, hash(0xb0))
  const dataOf = (answer: unknown): unknown => (answer as { data: unknown }).data
  const begin = (): LightClient =>
    createLightClient(config, fromHex(root)!, readBootstrap(config, dataOf(answer)))
  const apply = (client: LightClient, given: UpdateWish, slot = later): void =>
    client.apply(readUpdate(config, given.kind ?? 'update', dataOf(rehearsal.update(given))), slot)

  describe(`light client, ${name}`, () => {
    test('begins at the checkpoint, goes with finality from day to day', () => {
      const client = begin()
      assert.deepEqual([client.finalized().executionHash, client.period()], [hash(0xb0), period])
      apply(client, { ...wish(start + 320), kind: 'finality' })
      assert.deepEqual([client.finalized().executionHash, client.period()], [hash(0x11), period])
      apply(client, { ...wish(start + 640), executionHash: hash(0x22) })
      assert.equal(client.period(), period + 1)
      const next = wish(start + slotsPerPeriod + 320)
      apply(client, { ...next, executionHash: hash(0x33), signers: 342 })
      assert.deepEqual([client.finalized().executionHash, client.period()], [hash(0x33), period + 2])
      assert.equal(client.finalized().slot, start + slotsPerPeriod + 320)
    })

    test('an older final block is believed and not gone back to', () => {
      const client = begin()
      apply(client, wish(start + 640))
      apply(client, { ...wish(start + 320), executionHash: hash(0x44) })
      assert.equal(client.finalized().executionHash, hash(0x11))
    })
  })
}

test('a block of Fulu that Gloas shows to be final is believed, by the branch of its own fork', () => {
  const config = eras[2][1]
  const rehearsal = createRehearsal(config)
  const { root, answer } = rehearsal.bootstrap(start + slotsPerPeriod, hash(0xb0))
  const client = createLightClient(
    config,
    fromHex(root)!,
    readBootstrap(config, (answer as { data: unknown }).data),
  )
  const update = rehearsal.update(wish(gloasSlot - 32))
  assert.equal(update.version, 'gloas')
  client.apply(readUpdate(config, 'update', update.data), later)
  assert.deepEqual([client.finalized().executionHash, client.finalized().slot], [hash(0x11), gloasSlot - 32])
  client.apply(readUpdate(config, 'update', rehearsal.update(wish(gloasSlot + 32)).data), later)
  assert.equal(client.finalized().slot, gloasSlot + 32)
})

test('an update that brings no committee brings finality all the same', () => {
  const config = eras[0][1]
  const rehearsal = createRehearsal(config)
  const { root, answer } = rehearsal.bootstrap(start + 32, hash(0xb0))
  const client = createLightClient(
    config,
    fromHex(root)!,
    readBootstrap(config, (answer as { data: unknown }).data),
  )
  const branch = Array.from({ length: 6 }, () => hash(0))
  const data = { ...(rehearsal.update(wish(start + 320)).data as object), next_sync_committee_branch: branch }
  client.apply(readUpdate(config, 'update', data), later)
  assert.deepEqual([client.finalized().executionHash, client.period()], [hash(0x11), period])
})

describe('the light client refuses', () => {
  const config = eras[0][1]
  const rehearsal = createRehearsal(config)
  const { root, answer } = rehearsal.bootstrap(start + 32, hash(0xb0))
  const bootstrap = readBootstrap(config, (answer as { data: unknown }).data)

  test('a checkpoint that is another than the trusted one', () => {
    assert.throws(
      () => createLightClient(config, fromHex(hash(1))!, bootstrap),
      error => isFault(error, 'proof/invalid'),
    )
  })

  const far = start + slotsPerPeriod + 320
  const rows: [why: string, given: UpdateWish, slot: number, says: RegExp][] = [
    ['one signature fewer than two thirds', { ...wish(start + 320), signers: 341 }, later, /only 341 of 512/],
    ['nobody', { ...wish(start + 320), signers: 0 }, later, /signature/],
    ['another committee', { ...wish(start + 320), signedBy: period + 1 }, later, /signature/],
    ['a committee it has not met', wish(far), later, /not known/],
    ['the future', wish(start + 320), start + 384, /future/],
    [
      'a signature before what is signed',
      { ...wish(start + 320), signatureSlot: start + 384 },
      later,
      /order/,
    ],
    [
      'finality after the block that shows it',
      { ...wish(start + 320), attestedSlot: start + 319 },
      later,
      /order/,
    ],
  ]
  for (const [why, given, slot, says] of rows) {
    test(why, () => {
      const client = createLightClient(config, fromHex(root)!, bootstrap)
      const before = client.finalized()
      const update = readUpdate(config, 'update', rehearsal.update(given).data)
      assert.throws(
        () => client.apply(update, slot),
        error => isFault(error, 'proof/invalid') && says.test(error.message),
      )
      assert.deepEqual([client.finalized(), client.period()], [before, period])
    })
  }

  test('periods are 27 hours', () => assert.equal(periodOf(start + slotsPerPeriod - 1), period))
})
