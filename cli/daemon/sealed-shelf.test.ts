import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { pino } from 'pino'
import type { Fault } from '../../base/fault.ts'
import { openIdentity } from '../../overlay/io/identity.ts'
import { openLetter, sealLetter } from '../../overlay/io/letter.ts'
import { openSealedShelf, type Seal } from './sealed-shelf.ts'

describe('a sealed shelf', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'inxt-shelf-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  const sealOf = async (name: string): Promise<Seal> => {
    const { key, publicKey } = await openIdentity(join(folder, `${name}.pem`))
    return {
      seal: (text, about) => sealLetter(text, publicKey, about),
      open: (letter, about) => openLetter(letter, key, about),
    }
  }
  const quiet = pino({ level: 'silent' })

  test('gives back what was written, and only to the same identity', async () => {
    const place = join(folder, 'one')
    const shelf = openSealedShelf(place, await sealOf('alice'), quiet)
    assert.equal((await shelf.read()).size, 0, 'before there is a folder')
    await shelf.write('a.example', { key: 'secret words' })
    await shelf.write('a.example', { key: 'newer words' })
    await shelf.write('b.example', [1])
    await shelf.remove('b.example')
    assert.deepEqual([...(await shelf.read())], [['a.example', { key: 'newer words' }]])
    assert.equal((await openSealedShelf(place, await sealOf('eve'), quiet).read()).size, 0)
    assert.deepEqual(await readdir(place), ['a.example.sealed'])
    const bytes = await readFile(join(place, 'a.example.sealed'))
    assert.ok(!bytes.includes('words'), 'nothing in the clear')
    assert.equal((await stat(join(place, 'a.example.sealed'))).mode & 0o777, 0o600)
    assert.equal((await stat(place)).mode & 0o777, 0o700)
  })

  test('leaves out what is damaged, or lies under another name', async () => {
    const place = join(folder, 'two')
    const shelf = openSealedShelf(place, await sealOf('alice'), quiet)
    await shelf.write('a.example', 1)
    const whole = await readFile(join(place, 'a.example.sealed'))
    await writeFile(join(place, 'moved.example.sealed'), whole)
    await writeFile(join(place, 'short.example.sealed'), whole.subarray(0, 40))
    await writeFile(join(place, 'large.example.sealed'), new Uint8Array(100_000))
    assert.deepEqual([...(await shelf.read()).keys()], ['a.example'])
  })

  test('says so when it cannot write', async () => {
    const place = join(folder, 'three')
    await writeFile(place, 'a file where the folder should be')
    const shelf = openSealedShelf(place, await sealOf('alice'), quiet)
    await assert.rejects(shelf.write('a.example', 1), (error: Fault) => error.code === 'state/unwritten')
  })

  test('a folder that cannot be read is not taken for an empty one, where another account would be made', async () => {
    const place = join(folder, 'four')
    await writeFile(place, 'a file where the folder should be')
    const shelf = openSealedShelf(place, await sealOf('alice'), quiet)
    await assert.rejects(shelf.read(), (error: Fault) => error.code === 'config/unreadable')
  })
})
