import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { isFault } from '../../base/fault.ts'
import { silentLog } from '../../base/io/log.ts'
import { readSignature } from '../../resolver/sign/rrsig.ts'
import { types } from '../../resolver/wire/code.ts'
import { type Name, parseName } from '../../resolver/wire/name.ts'
import type { Zone } from '../../resolver/zone/zone.ts'
import { openDesk } from '../commands/zone-desk.ts'
import { ringFor, roll } from '../commands/zone-keys.ts'
import { openOnlineSigning, signingReads } from './online-signing.ts'
import type { ReadZone } from './zone-files.ts'
import { openVersion, parseVersion } from './zone-version.ts'

const apex = parseName('example.com')
const text = '@ 300 SOA ns h 1 7200 3600 1209600 60\n@ 300 NS ns.example.\n'
const read = (async zone => openVersion({ ...parseVersion(text, zone), digest: '' })) satisfies ReadZone
const made = { make: true, split: false, algorithm: 'ed25519', advance: false, json: true }

describe('keys that sign while answering', () => {
  let folder: string
  const desk = { zone: 'example.com', json: true }
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'inxt-online-'))
    await using open = await openDesk({ ...desk, keys: folder })
    await ringFor(open, { ...made, zone: 'example.com' })
  })
  after(() => rm(folder, { recursive: true }))

  const soaTags = (zone: Zone): number[] => {
    const soa = zone.node(apex, apex)!.rrset(types.SOA)
    assert(soa !== undefined && 'data' in soa)
    return soa.signatures.map(data => readSignature(data).tag)
  }
  const keysIn = (zone: Zone): number => {
    const set = zone.node(apex, apex)!.rrset(types.DNSKEY)
    return set !== undefined && 'data' in set ? set.data.length : 0
  }

  test('a zone file signs itself, and another without keys stays as it is', async () => {
    const files = [apex, parseName('example.org')].map((apex: Name) => ({ apex, file: 'zone' }))
    using online = await signingReads(folder, files, read, silentLog)
    const [one, other] = await Promise.all(files.map(file => online.read(file, undefined)))
    assert.equal(soaTags(one!.zone).length, 1)
    assert.equal(other!.zone.denial, undefined)
  })
  test('a folder without keys of any zone is told', async () => {
    const reading = signingReads(folder, [{ apex: parseName('example.org'), file: 'zone' }], read, silentLog)
    await assert.rejects(reading, error => isFault(error, 'config/unreadable') && /--make/.test(error.hint))
  })
  test('keys are not made twice', async () => {
    await using open = await openDesk({ ...desk, keys: folder })
    await assert.rejects(ringFor(open, { ...made, zone: 'example.com' }), error =>
      isFault(error, 'input/invalid'),
    )
  })
  test('a roll on disk is noticed, and answers are made anew with it', async () => {
    const looks: (() => void)[] = []
    const after = (_ms: number, look: () => void): (() => void) => {
      looks.push(look)
      return () => {}
    }
    const clock = { now: () => 0, after }
    using signing = await openOnlineSigning(folder, apex, silentLog, clock)
    const { zone: plain } = await read({ apex, file: 'zone' })
    const zone = signing!.sign(plain)
    const version = signing!.version()
    assert.equal(keysIn(zone), 1)
    {
      await using open = await openDesk({ ...desk, keys: folder })
      await roll(open, { ...desk, dsSeen: false })
    }
    {
      await using open = await openDesk({ ...desk, keys: folder })
      await ringFor(open, { ...made, zone: 'example.com', make: false, advance: true })
    }
    looks.pop()!()
    while (looks.length === 0) await new Promise(resolve => setImmediate(resolve))
    assert.equal(keysIn(zone), 2)
    assert.notEqual(signing!.version(), version)
  })
})
