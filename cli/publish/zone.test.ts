// What is told before anything is spent: nothing of the chain is touched here, and there is none.

import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { isFault } from '../../base/fault.ts'
import { quiet } from '../terminal.ts'
import type { OpenChain } from '../wallet/account.ts'
import { type Account, publishZone } from './zone.ts'

describe('a zone that no edge would take is not published', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'inxt-zone-'))
  })
  after(() => rm(folder, { recursive: true }))

  const soa = 'example.com. 300 SOA ns h 1 7200 3600 1209600 300\nexample.com. 300 NS ns.example.\n'
  const rows: [what: string, text: string | undefined, code: string, words: RegExp][] = [
    [
      'too large',
      soa + '; room\n'.repeat(700_000),
      'bytes/too-large',
      /4\.\d MiB of records.*edges take 4\.0 MiB/,
    ],
    ['no zone', '<html>', 'publish/refused', /broken: a published zone begins with its name/],
    [
      'another zone below',
      `${soa}example.org. 300 A 192.0.2.1\n`,
      'publish/refused',
      /3:1: example\.org\. is not in/,
    ],
    ['a file that is not there', undefined, 'config/unreadable', /there is no such file/],
  ]
  for (const [what, text, code, words] of rows) {
    test(what, async () => {
      const zone = join(folder, what)
      if (text !== undefined) await writeFile(zone, text)
      const at = { chain: untouchable<OpenChain>(), account: untouchable<Account>(), live: [], deadlineMs: 1 }
      const publication = publishZone({ zone, places: undefined }, 'name', at, quiet)
      await assert.rejects(
        publication,
        error => isFault(error) && error.code === code && words.test(error.message),
      )
    })
  }
})

function untouchable<T extends object>(): T {
  return new Proxy({} as T, { get: (_, name) => assert.fail(`asked for ${String(name)}`) })
}
