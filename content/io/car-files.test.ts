import assert from 'node:assert/strict'
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { concatBytes, equalBytes, utf8 } from '../../base/bytes.ts'
import { isFault } from '../../base/fault.ts'
import { writeCar } from '../car.ts'
import { cidOf, parseCid, rawCodec } from '../identifier.ts'
import { gather, grow, noise } from '../specimen.ts'
import { openCarFiles } from './car-files.ts'

const world = await grow({ 'a.bin': noise(1, 300_000), 'b.txt': 'b', sub: { 'c.txt': 'c' } }, 100_000)
const car = await gather(writeCar([world.root], world.blocks.values()))
let folder = ''

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inxt-car-files-'))
})
after(() => rm(folder, { recursive: true, force: true }))

async function written(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, bytes)
  return path
}

/** The pragma, and a header that says where the version 1 inside begins and how long it is. */
function version2(inside: Uint8Array): Uint8Array {
  const pragma = Buffer.from('0aa16776657273696f6e02', 'hex')
  const header = Buffer.alloc(40)
  const gapBytes = 13
  header.writeBigUInt64LE(BigInt(pragma.length + header.length + gapBytes), 16)
  header.writeBigUInt64LE(BigInt(inside.length), 24)
  return concatBytes([pragma, header, Buffer.alloc(gapBytes), inside, utf8('an index that nobody reads')])
}

test('every block of several files, and no other', async () => {
  const other = await grow('elsewhere')
  const second = await gather(writeCar([other.root], other.blocks.values()))
  const cars = await openCarFiles([await written('one.car', car), await written('two.car', version2(second))])
  assert.deepEqual(cars.roots.map(String), [world.root, other.root].map(String))
  assert.equal(cars.blocks, world.blocks.size + other.blocks.size)
  for (const { cid, bytes } of [...world.blocks.values(), ...other.blocks.values()]) {
    assert.ok(cars.has(cid))
    assert.ok(equalBytes((await cars.get(cid))!, bytes))
  }
  assert.equal(await cars.get(cidOf(rawCodec, utf8('none'))), undefined)
  assert.deepEqual(await cars.get(parseCid('bafkqaaa')), new Uint8Array(0))
  await cars.close()
})

test('a block that rots while it is served is not given', async () => {
  const path = await written('rots.car', car)
  const cars = await openCarFiles([path])
  const [{ cid, bytes }] = [...world.blocks.values()] as [{ cid: typeof world.root; bytes: Uint8Array }]
  const file = await open(path, 'r+')
  await file.write(Buffer.from([bytes[9]! ^ 1]), 0, 1, Buffer.from(car).indexOf(bytes) + 9)
  await file.close()
  assert.equal(await cars.get(cid), undefined)
  assert.ok(cars.has(world.root) && (await cars.get(world.root)) !== undefined)
  await cars.close()
})

test('what is no CAR, or not all of one, is refused with the name of the file', async () => {
  for (const [name, bytes] of [
    ['empty.car', new Uint8Array(0)],
    ['text.car', utf8('this is no CAR at all, whatever its name says')],
    ['short.car', car.subarray(0, car.length - 5)],
    ['padded.car', concatBytes([car, new Uint8Array(9)])],
    ['long-head.car', Uint8Array.from([0xff, 0xff, 0xff, 0x7f, 0xa2])],
  ] as const) {
    const path = await written(name, bytes)
    await assert.rejects(openCarFiles([path]), error => isFault(error) && error.message.includes(name), name)
  }
  await assert.rejects(openCarFiles([join(folder, 'none')]), error => isFault(error, 'config/unreadable'))
})

test('any damage is a Fault, or blocks that have their hashes', async () => {
  const small = await grow({ 'b.txt': 'b', sub: { 'c.txt': 'c' } })
  const bytes = await gather(writeCar([small.root], small.blocks.values()))
  const damage = fc.record({ at: fc.nat(bytes.length - 1), to: fc.nat(255), cut: fc.nat(bytes.length) })
  const property = fc.asyncProperty(damage, async ({ at, to, cut }) => {
    const path = await written('damaged.car', bytes.with(at, to).subarray(0, Math.max(cut, at)))
    try {
      const cars = await openCarFiles([path])
      for (const { cid, bytes } of small.blocks.values()) {
        const got = await cars.get(cid)
        assert.ok(got === undefined || equalBytes(got, bytes))
      }
      await cars.close()
    } catch (error) {
      assert.ok(isFault(error), String(error))
    }
  })
  await fc.assert(property, { numRuns: 200, seed: 1 })
})
