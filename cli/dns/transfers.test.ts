import assert from 'node:assert/strict'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { silentLog } from '../../base/io/log.ts'
import { createOnlineSigner, onlineByDefault } from '../../resolver/sign/online.ts'
import { signOnline } from '../../resolver/sign/online-zone.ts'
import { parseName } from '../../resolver/wire/name.ts'
import { readZone } from '../../resolver/zone/master.ts'
import { createZone } from '../../resolver/zone/snapshot.ts'
import type { Zone } from '../../resolver/zone/zone.ts'
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

test('a zone that has no whole, because it is signed while it is answered, is not given away', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'inxt-transfers-'))
  t.after(() => rm(folder, { recursive: true }))
  const file = join(folder, 'key')
  await writeFile(
    file,
    `key "a" { algorithm hmac-sha256; secret "${Buffer.alloc(32, 5).toString('base64')}"; };\n`,
    { mode: 0o600 },
  )
  const apex = parseName('example.com')
  const text = '@ 300 SOA ns h 1 7200 3600 1209600 60\n@ 300 NS ns.example.\n'
  const plain = createZone(readZone(text, apex).records, apex)
  const signer = createOnlineSigner({ ...onlineByDefault, keys: [] })
  const online = signOnline(plain, {
    ...{ denial: 'compact', signer, keySigner: signer, keySets: [], nowS: () => 0 },
  })
  const open = (zone: Zone) => openTransfers(['example.com=192.0.2.1'], file, () => [zone], silentLog)
  using transfers = await open(plain)
  assert.ok(transfers)
  await assert.rejects(open(online), { code: 'input/invalid', message: /signed while it is answered/ })
})
