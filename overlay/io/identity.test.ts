import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { isFault } from '../../base/fault.ts'
import { createVerify } from '../signature.ts'
import { openIdentity } from './identity.ts'

describe('identity on disk', () => {
  let folder = ''
  before(async () => void (folder = await mkdtemp(join(tmpdir(), 'inxt-identity-'))))
  after(() => rm(folder, { recursive: true }))

  test('is made once, readable by its owner alone, and the same for libp2p and for us', async () => {
    const path = join(folder, 'a', 'peer.key')
    const [first, second] = await Promise.all([openIdentity(path), openIdentity(path)])
    const again = await openIdentity(path)
    assert.equal(first.id, second.id)
    assert.equal(first.id, again.id)
    assert.equal(peerIdFromPrivateKey(again.privateKey).toString(), again.id)
    assert.equal((await stat(path)).mode & 0o777, 0o600)
    assert.deepEqual(await readdir(join(folder, 'a')), ['peer.key'])
    const bytes = Uint8Array.of(1, 2, 3)
    assert.ok(createVerify()(again.publicKey, bytes, first.sign(bytes)))
  })

  for (const [what, content] of [
    ['empty', ''],
    ['cut', '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2Vw'],
    ['large', 'x'.repeat(5000)],
  ] as const)
    test(`a file that is ${what} is named and left alone`, async () => {
      const path = join(folder, `${what}.key`)
      await writeFile(path, content)
      await assert.rejects(
        openIdentity(path),
        error => isFault(error, 'state/broken') && error.message.includes(path),
      )
      assert.equal(await readFile(path, 'utf8'), content)
    })

  test('a path that cannot be read says so', async () => {
    await assert.rejects(openIdentity(folder), error => isFault(error, 'config/unreadable'))
  })
})
