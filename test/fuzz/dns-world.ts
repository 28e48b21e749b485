// The world that packets are thrown at: one zone five times, not signed, with NSEC, with NSEC3, and signed while it
// answers in both ways; and the questions of the transcripts about it.

import { readdirSync, readFileSync } from 'node:fs'
import { createMeter, type Meter } from '../../base/meter.ts'
import { seededRandom } from '../../base/random.ts'
import { createResponder, type Respond } from '../../resolver/responder.ts'
import { type SigningKey, signingKey } from '../../resolver/sign/key.ts'
import { createOnlineSigner, onlineByDefault } from '../../resolver/sign/online.ts'
import { signOnline } from '../../resolver/sign/online-zone.ts'
import { recordsOf } from '../../resolver/sign/rrsig.ts'
import { planByDefault, signZone } from '../../resolver/sign/signed-zone.ts'
import type { TsigKey } from '../../resolver/transfer/tsig.ts'
import { parseType } from '../../resolver/wire/code.ts'
import { optRecord } from '../../resolver/wire/edns.ts'
import { encodeMessage } from '../../resolver/wire/message.ts'
import { type Name, parseName } from '../../resolver/wire/name.ts'
import { readZone } from '../../resolver/zone/master.ts'
import { createZone } from '../../resolver/zone/snapshot.ts'
import type { Zone } from '../../resolver/zone/zone.ts'

const folder = new URL('../../resolver/transcripts/', import.meta.url)
const files = readdirSync(folder)
const textOf = (file: string): string => readFileSync(new URL(file, folder), 'latin1')

export const nowS = 1_800_000_000
export const zoneTexts: readonly string[] = files.filter(file => file.endsWith('.zone')).map(textOf)
export const fuzzKey: TsigKey = {
  ...{ name: parseName('key'), algorithm: parseName('hmac-sha256'), secret: Buffer.alloc(32, 1) },
}

export interface WorldZone extends Zone {
  readonly key?: SigningKey
}

function keyOf(apex: Name): SigningKey {
  return signingKey(apex, true, 15, new Uint8Array(32).fill(7))
}

const ladder = textOf('ladder.zone')
const plain = (apex: Name): Zone => createZone(readZone(ladder, apex).records, apex)

function signed(apex: Name, denial: 'nsec' | 'nsec3'): WorldZone {
  const key = keyOf(apex)
  const keys = [{ key, isPublished: true, signsKeys: true, signsZone: true, isWanted: false }]
  const plan = { ...planByDefault, apex, keys, denial }
  const sets = signZone(readZone(ladder, apex).records, plan, nowS, seededRandom(1))
  const zone = createZone(
    sets.flatMap(set => recordsOf(set, 1)),
    apex,
  )
  return Object.assign(zone, { key })
}

function online(apex: Name, denial: 'compact' | 'covering'): Zone {
  // Few are kept, or memory would grow by what fuzzing asks for.
  const signer = createOnlineSigner({ ...onlineByDefault, keys: [keyOf(apex)], keptMax: 1000 })
  return signOnline(plain(apex), { denial, signer, keySigner: signer, keySets: [], nowS: () => nowS })
}

const apexes = ['plain', 'nsec', 'nsec3', 'compact', 'covering'].map(parseName)
export const zones: readonly WorldZone[] = [
  plain(apexes[0]!),
  signed(apexes[1]!, 'nsec'),
  signed(apexes[2]!, 'nsec3'),
  online(apexes[3]!, 'compact'),
  online(apexes[4]!, 'covering'),
]

/** The questions of the transcripts, about each zone, with and without DNSSEC. */
export const queries: readonly Uint8Array[] = files
  .filter(file => file.endsWith('.txt'))
  .flatMap(file => [...textOf(file).matchAll(/^\? (\S+) (\S+)(.*)$/gm)])
  .flatMap(([, name, type, words], i) => {
    const apex = ['plain', 'nsec', 'nsec3', 'compact', 'covering'][i % 5]!
    const edns = { udpBytesMax: 1232, version: 0, dnssecOk: i % 2 === 0, rcodeHigh: 0, options: [] }
    const question = {
      name: parseName(name!.replace(/example\.(com\.)?$/i, apex)),
      type: parseType(type!)!,
      class: 1,
    }
    const additionals = /edns/.test(words!) || i % 2 === 0 ? [optRecord(edns)] : []
    return [
      encodeMessage({ id: i, flags: 0, questions: [question], answers: [], authorities: [], additionals }),
    ]
  })

/** Bugs of ours come out of it as exceptions. */
export function responderOf(meter: Meter = createMeter()): Respond {
  const servers = [1, 2, 3].map(i => ({
    name: `e-${i}`,
    address: { ipv4: `10.0.0.${i}`, ipv6: `fd00::${i}`, httpsPort: 443 },
  }))
  return createResponder({
    suffixes: ['inxt'],
    version: () => 0,
    zones: () => zones,
    names: {
      site: label => (label === 'welcome' ? { contentCid: 'bafy', sequence: 1 } : undefined),
      serial: () => 1,
    },
    places: {
      near: () => servers.map(({ address }) => address),
      scopeBits: ({ bits }) => Math.min(bits, 20),
      servers: () => servers,
    },
    meter,
    cookies: { secret: new Uint8Array(16), now: () => nowS * 1000 },
    nsid: Uint8Array.of(1, 2, 3),
    idleTimeoutMs: 10_000,
    alpn: ['h2'],
    readyMax: 2000,
    onBug: error => {
      throw error
    },
  })
}
