import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { equalBytes } from '../../base/bytes.ts'
import { isFault } from '../../base/fault.ts'
import { createMeter } from '../../base/meter.ts'
import { seededRandom } from '../../base/random.ts'
import { encodeRecord } from '../records/record.ts'
import { openRecordFile, type RecordFileOptions } from './record-store.ts'
import { numbered } from './testing-record-writer.ts'

const standing = { proofHeight: 7, owner: 'somebody' }
const row = (number: number, round = 0) => ({ row: number, record: numbered(number, round), standing })

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'inxt-records-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

function optionsFor(folder: string, changes: Partial<RecordFileOptions> = {}) {
  const meter = createMeter()
  const broken: string[] = []
  const onBroken = ({ movedTo }: { movedTo: string }): void => void broken.push(movedTo)
  return { folder, bytesMax: 2 ** 24, fsync: false, meter, onBroken, broken, ...changes }
}

for (const fsync of [false, true])
  test(`rows come back as they were, also after a restart, ${fsync ? 'with' : 'without'} fsync`, async t => {
    const options = optionsFor(await folderFor(t), { fsync })
    const store = await openRecordFile(options)
    const rows = [row(1), row(2), row(3), row(4)]
    for (const one of rows) assert.ok(store.write(one))
    assert.ok(store.write(row(2, 1)))
    store.remove([3, 4, 99])
    assert.equal(store.settled() instanceof Promise, fsync)
    await store.settled()
    assert.equal(store.settled(), undefined)
    assert.deepEqual(store.read(2), { ...row(2, 1).record, value: Uint8Array.from(row(2, 1).record.value) })
    assert.equal(store.read(3), undefined)
    await store.close()
    const again = await openRecordFile(options)
    const kept = [...again.load()]
    assert.deepEqual(
      kept.map(({ row, key, sequence, standing }) => [row, key, sequence, standing]),
      [
        [1, 'offer/1', 0, standing],
        [2, 'offer/2', 1, standing],
      ],
    )
    await again.close()
  })

test('a second process is told that the folder is in use', async t => {
  const folder = await folderFor(t)
  const store = await openRecordFile(optionsFor(folder))
  await assert.rejects(openRecordFile(optionsFor(folder)), error => isFault(error, 'state/locked'))
  await store.close()
  await (await openRecordFile(optionsFor(folder))).close()
})

test('a folder that cannot be one is a Fault', async t => {
  const folder = join(await folderFor(t), 'file')
  await writeFile(folder, 'x')
  await assert.rejects(openRecordFile(optionsFor(folder)), error => isFault(error, 'config/unreadable'))
})

test('a full disk refuses, loses nothing, and takes again when there is space', async t => {
  const options = optionsFor(await folderFor(t), { bytesMax: 100 * 4096 })
  const store = await openRecordFile(options)
  let count = 0
  while (store.write(row(count))) count++
  assert.ok(count > 50)
  assert.ok(
    !store.write(row(1, 1 + 1)) || store.read(1)!.sequence === 2,
    'replaced or not, but nothing between',
  )
  for (let i = 2; i < count; i++) assert.deepEqual(store.read(i)?.key, `offer/${i}`)
  assert.ok(options.meter.read()['records.disk.write-failed']! > 0)
  store.remove(Array.from({ length: 10 }, (_, i) => i))
  assert.ok(store.write(row(count)))
  await store.close()
})

/** Where in the file the bytes of a record are. */
async function spoil(path: string, what: string): Promise<void> {
  const at = (await readFile(path)).indexOf(what)
  assert.ok(at > 0)
  const file = await open(path, 'r+')
  await file.write('!', at)
  await file.close()
}

test('a record whose bytes have rotted is left out, the others stay', async t => {
  const options = optionsFor(await folderFor(t))
  const store = await openRecordFile(options)
  for (let i = 1; i < 30; i++) store.write(row(i))
  await store.close()
  await spoil(join(options.folder, 'records.sqlite'), '17 0 xxx')
  const again = await openRecordFile(options)
  assert.equal(again.read(17), undefined)
  assert.equal(again.read(18)?.key, 'offer/18')
  assert.deepEqual(options.meter.read(), { 'records.disk.damaged': 1 })
  assert.deepEqual(options.broken, [])
  await again.close()
})

const damages: [what: string, damage: (bytes: Buffer) => Buffer][] = [
  ['cut short', bytes => bytes.subarray(0, 6000)],
  ['overwritten', bytes => Buffer.alloc(bytes.length, 'garbage')],
  ['scribbled on', bytes => bytes.fill(0xff, 4096, 4096 * 3)],
]
for (const [what, damage] of damages)
  test(`a database that was ${what} is moved aside, and a new one begun`, async t => {
    const options = optionsFor(await folderFor(t))
    const store = await openRecordFile(options)
    for (let i = 1; i < 30; i++) store.write(row(i))
    await store.close()
    const path = join(options.folder, 'records.sqlite')
    await writeFile(path, damage(await readFile(path)))
    const again = await openRecordFile(options)
    assert.deepEqual([...again.load()], [])
    assert.ok(again.write(row(1)))
    assert.deepEqual(options.broken, [`${path}.broken`])
    assert.ok((await readdir(options.folder)).includes('records.sqlite.broken'))
    await again.close()
  })

/** Kills the writer once it has acknowledged about `count` records; the last number it acknowledged. */
async function writeAndKill(folder: string, first: number, fsync: boolean, count: number): Promise<number> {
  const script = join(import.meta.dirname, 'testing-record-writer.ts')
  const child = spawn(process.execPath, [script, folder, `${first}`, fsync ? 'fsync' : ''], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk
    if (Number(text.trimEnd().split('\n').at(-1)) >= first + count) child.kill('SIGKILL')
  })
  const [, signal] = await once(child, 'close')
  assert.equal(signal, 'SIGKILL')
  return Number(text.slice(0, text.lastIndexOf('\n')).split('\n').at(-1))
}

/** Ten here; `INXT_KILLS=200` for more. */
const kills = Number(process.env['INXT_KILLS'] ?? 10)
test(`killed ${kills} times at a random moment, it has every acknowledged record`, async t => {
  const options = optionsFor(await folderFor(t), { bytesMax: 2 ** 30 })
  const random = seededRandom(1)
  const acknowledged: number[] = []
  const check = async (numbers: readonly number[]): Promise<void> => {
    const store = await openRecordFile(options)
    for (const number of numbers) {
      const isRemoved = number % 9 === 0
      const wanted = isRemoved ? undefined : encodeRecord(numbered(number, number % 3 === 0 ? 1 : 0))
      const found = store.read(number)
      assert.ok(
        found && wanted ? equalBytes(encodeRecord(found), wanted) : found === wanted,
        `record ${number}`,
      )
    }
    await store.close()
  }
  for (let kill = 0; kill < kills; kill++) {
    const first = kill * 100_000
    const last = await writeAndKill(
      options.folder,
      first,
      kill % 4 === 3,
      Math.floor(random.next() ** 2 * 300),
    )
    const fresh = Array.from({ length: last - first + 1 }, (_, i) => first + i)
    await check(fresh)
    acknowledged.push(...fresh)
  }
  await check(acknowledged)
  assert.ok(acknowledged.length >= kills)
  assert.deepEqual([options.meter.read(), options.broken], [{}, []])
})
