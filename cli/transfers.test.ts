import assert from 'node:assert/strict'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { silentLog } from '../base/io/log.ts'
import { openTransfers } from './transfers.ts'

test('a key file that others may read is refused, without a word of its secret', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'inxt-transfers-'))
  t.after(() => rm(folder, { recursive: true }))
  const file = join(folder, 'key')
  const secret = Buffer.alloc(32, 5).toString('base64')
  await writeFile(file, `key "a" { algorithm hmac-sha256; secret "${secret}"; };\n`)
  for (const mode of [0o644, 0o640, 0o604]) {
    await chmod(file, mode)
    const message = new RegExp(`may be read by others(?!.*${secret})`)
    const opening = openTransfers([], file, () => [], silentLog)
    await assert.rejects(opening, { code: 'config/unreadable', message })
  }
  await chmod(file, 0o600)
  using transfers = await openTransfers([], file, () => [], silentLog)
  assert.ok(transfers)
})
