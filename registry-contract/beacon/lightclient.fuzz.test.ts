import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fromHex } from '../../base/bytes.ts'
import { isFault } from '../../base/fault.ts'
import { createLightClient } from './lightclient.ts'
import { createRehearsal, rehearsalConfig } from './rehearsal.ts'
import { readBootstrap, readUpdate } from './update.ts'

const start = 1700 * 32 * 256
const later = start + 5000
const honest = `0x${'11'.repeat(32)}`
const config = rehearsalConfig()
const rehearsal = createRehearsal(config)
const { root, answer } = rehearsal.bootstrap(start + 32, `0x${'b0'.repeat(32)}`)
const bootstrap = (answer as { data: unknown }).data
const slots = { finalizedSlot: start + 320, attestedSlot: start + 384, signatureSlot: start + 385 }
const update = rehearsal.update({ ...slots, executionHash: honest }).data

type Path = (string | number)[]

function leaves(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path]
  return Object.entries(value).flatMap(([key, part]) => leaves(part, [...path, key]))
}

/** A copy in which the leaf at `path` is what `change` makes of it. */
function changed(value: unknown, path: Path, change: (leaf: unknown) => unknown): unknown {
  const [key, ...rest] = path
  if (key === undefined) return change(value)
  const copy = structuredClone(value) as Record<string | number, unknown>
  copy[key] = changed(copy[key], rest, change)
  return copy
}

const bump = (leaf: unknown): unknown => {
  const text = String(leaf)
  const last = text.at(-1)!
  return `${text.slice(0, -1)}${last === '0' ? '1' : last === '1' ? '0' : Number.parseInt(last, 16) ^ 1}`
}
const changes = fc.oneof(
  { weight: 4, arbitrary: fc.constant(bump) },
  fc
    .constantFrom<unknown>('', '0x', '-1', '1e9', null, [], {}, 7, '18446744073709551616')
    .map(value => () => value),
  fc.constant((leaf: unknown) => `${leaf}00`),
)
/** As many of the short fields as of the 512 keys. */
const pathIn = (value: unknown) => {
  const all = leaves(value)
  const short = all.filter(path => !path.includes('pubkeys'))
  return fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...short) }, fc.constantFrom(...all))
}

test('a changed update is refused, or says the same', () => {
  const client = () => createLightClient(config, fromHex(root)!, readBootstrap(config, bootstrap))
  const unchanged = client()
  unchanged.apply(readUpdate(config, 'update', update), later)
  assert.equal(unchanged.finalized().executionHash, honest)
  let refused = 0
  fc.assert(
    fc.property(pathIn(update), changes, (path, change) => {
      const one = client()
      try {
        one.apply(readUpdate(config, 'update', changed(update, path, change)), later)
        assert.deepEqual(one.finalized(), unchanged.finalized(), path.join('.'))
      } catch (error) {
        if (!isFault(error)) throw error
        refused++
      }
    }),
    { numRuns: 60, seed: 7 },
  )
  assert(refused > 50, `${refused}`)
})

test('a changed bootstrap is refused, or begins the same', () => {
  fc.assert(
    fc.property(pathIn(bootstrap), changes, (path, change) => {
      try {
        const json = changed(bootstrap, path, change)
        const client = createLightClient(config, fromHex(root)!, readBootstrap(config, json))
        assert.equal(client.finalized().root, root)
        assert.equal(client.finalized().executionHash, `0x${'b0'.repeat(32)}`)
      } catch (error) {
        if (!isFault(error)) throw error
      }
    }),
    { numRuns: 60, seed: 7 },
  )
})

test('anything at all: only Fault comes out', () => {
  fc.assert(
    fc.property(fc.jsonValue(), value => {
      for (const read of [
        () => readUpdate(config, 'update', value),
        () => readUpdate(config, 'finality', { attested_header: { beacon: { slot: `${start}` } }, value }),
        () => readBootstrap(config, value),
        () => readBootstrap(config, { header: { beacon: { slot: '1' } } }),
      ]) {
        assert.throws(read, error => isFault(error))
      }
    }),
    { numRuns: 200, seed: 7 },
  )
})
