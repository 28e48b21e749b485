// What a record costs an edge: vetting, keeping, reading, opening again, memory: `npm run bench -- record-store`.
//
// Holder records of 40 bytes by a hundred publishers until a leaf of 32 MiB has no room for more, on disk in the
// system's temporary folder. The opening is measured in a process of its own, which has nothing else in memory.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { realClock } from '../../base/io/clock.ts'
import { createMeter } from '../../base/meter.ts'
import { gridKeyOf } from '../grid/key.ts'
import { RecordLeaf } from '../records/leaf.ts'
import { type Record, signRecord } from '../records/record.ts'
import { encodeHolder } from '../records/values.ts'
import { Vetting } from '../records/vetting.ts'
import { createVerify } from '../signature.ts'
import { testKey } from '../testing.ts'
import { openRecordFile } from './record-store.ts'

const now = 1_000_000
const keys = Array.from({ length: 100 }, (_, i) => testKey(i))
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`

function holderRecord(number: number): Record {
  const { id, sign } = keys[number % keys.length]!
  const value = encodeHolder({ holder: id, isComplete: true })
  const key = `holder/bafy${number.toString(36).padStart(55, 'a')}`
  return signRecord({ key, value, publisher: id, sequence: 1, expiresAt: now + 60_000 }, sign)
}

async function openLeaf(folder: string, vetting: Vetting) {
  const options = { folder, bytesMax: 2 ** 26, fsync: false, meter: createMeter() }
  const store = await openRecordFile({
    ...options,
    onBroken: ({ what }) => {
      throw new Error(what)
    },
  })
  const standingOf = vetting.standingOf.bind(vetting)
  return { store, leaf: new RecordLeaf({ bytesMax: 2 ** 25, standingOf, gridKeyOf, store }, now) }
}

/** Runs `action` for each; microseconds for one. */
function time<Item>(what: string, items: readonly Item[], action: (item: Item) => void): void {
  const startedAt = realClock.now()
  let longest = 0
  for (const item of items) {
    const from = realClock.now()
    action(item)
    longest = Math.max(longest, realClock.now() - from)
  }
  const each = ((realClock.now() - startedAt) / items.length) * 1000
  console.log(`${what.padEnd(34)} ${each.toFixed(1).padStart(7)} µs, longest ${longest.toFixed(1)} ms`)
}

async function fill(folder: string): Promise<void> {
  const vetting = new Vetting({ verify: createVerify(), proves: () => false, rememberedMax: 100_000 })
  const { leaf, store } = await openLeaf(folder, vetting)
  const records = Array.from({ length: 45_000 }, (_, i) => holderRecord(i))
  time('vetted for the first time', records, record => void vetting.vet(record, now))
  time('vetted again', records, record => void vetting.vet(record, now))
  time('put (on disk when it returns)', records, record => void leaf.put(record, now))
  const some = records.filter((_, i) => i % 5 === 0)
  time('get', some, ({ key }) => void leaf.get(key, now))
  time('count of a quarter', some, () => void leaf.count('01'))
  time('range of 64 records', some.slice(0, 500), ({ key }) => {
    leaf.range(gridKeyOf(key), undefined, 64, now)
  })
  console.log(`records kept                       ${leaf.usage().records}`)
  await store.close()
}

async function reopen(folder: string): Promise<void> {
  globalThis.gc?.()
  const before = process.memoryUsage()
  const startedAt = realClock.now()
  const vetting = new Vetting({ verify: createVerify(), proves: () => false })
  const { leaf } = await openLeaf(folder, vetting)
  console.log(`opened and indexed in              ${(realClock.now() - startedAt).toFixed(0)} ms`)
  globalThis.gc?.()
  const { heapUsed, rss } = process.memoryUsage()
  const each = (heapUsed - before.heapUsed) / leaf.usage().records
  console.log(`memory for each record             ${each.toFixed(0)} bytes of heap`)
  console.log(`memory of the process              ${megabytes(rss)}, ${megabytes(before.rss)} before`)
}

const opened = process.argv.indexOf('--opened')
if (opened > 0) await reopen(process.argv[opened + 1]!)
else {
  const folder = mkdtempSync(join(tmpdir(), 'inxt-records-'))
  await fill(folder)
  execFileSync(process.execPath, ['--expose-gc', import.meta.filename, '--opened', folder], {
    stdio: 'inherit',
  })
  rmSync(folder, { recursive: true })
}
