// What an owner publishes of a zone, judged as a validator would before any server answers from it.
//
// Two files: the zone as a master file, as `inxt zone sign` writes it and any name server reads it, and beside it the
// signed places of the site (bundle.ts). Judging takes seconds for a large zone and is done on a thread of its own
// (io/judging.ts). Who judges gives the verdict together with the zone as it is answered from, octets in shared memory:
// a thread that answers DNS must not stand still while it takes over what was judged, whatever its size.

import { Fault, isFault } from '../../base/fault.ts'
import { types } from '../wire/code.ts'
import { foldCase, type Name, nameText, parseName } from '../wire/name.ts'
import { dataOctets } from '../wire/rdata.ts'
import type { ResourceRecord } from '../wire/record.ts'
import { readZone } from '../zone/master.ts'
import type { PackedZone } from '../zone/packed.ts'
import { packZone } from '../zone/snapshot.ts'
import { type Bundle, bundleEndsAtS, bundleFindings } from './bundle.ts'
import { decodeBundle } from './bundle-codec.ts'
import { type PublicKey, readDnskey } from './key.ts'
import type { Validity } from './rrsig.ts'
import { judgeZone, spansOf, worstOf } from './verdict.ts'

/** Names of the files in the folder that is published. */
export const zoneFileName = 'zone'
export const placesFileName = 'places'

export interface PublishedFiles {
  readonly zone: Uint8Array
  /** Undefined where the owner signed no places. */
  readonly places: Uint8Array | undefined
}

export interface JudgedZone {
  /** In lower case. */
  readonly apex: Name
  readonly serial: number
  readonly records: number
  readonly isSigned: boolean
  /** Of the signatures that are worst off; empty where nothing is signed. */
  readonly spans: readonly Validity[]
  readonly packed: PackedZone
}

/** Why a publication is not served. */
export type Refusal = JudgedRefusal | 'foreign' | 'older' | 'missing'

type JudgedRefusal = 'broken' | 'expired' | 'early' | 'too large' | 'too slow'

export type Judgement =
  | { readonly zone: JudgedZone }
  | { readonly refusal: JudgedRefusal; readonly why: string }

/** The name of the zone in a published file: its first word. Throws Fault `config/invalid`. */
export function publishedApex(zone: Uint8Array): Name {
  // A name has 255 octets, of which each may be written with four characters.
  const [word = ''] = Buffer.from(zone.subarray(0, 1024)).toString('latin1').split(/\s/, 1)
  if (/^[^;$@"()]+\.$/.test(word)) {
    try {
      return foldCase(parseName(word))
    } catch (error) {
      if (!isFault(error)) throw error
    }
  }
  throw new Fault('config/invalid', 'a published zone begins with its name, written out to the last dot')
}

/** Takes as long as checking every signature does, about a tenth of a millisecond each. Never throws a Fault. */
export function judgePublication({ zone, places }: PublishedFiles, nowS: number): Judgement {
  try {
    const apex = publishedApex(zone)
    const text = Buffer.from(zone.buffer, zone.byteOffset, zone.byteLength).toString('latin1')
    const { records } = readZone(text, apex)
    const packed = packZone(records, apex)
    const bundle = places && decodeBundle(places)
    return verdictOf(records, packed, bundle, nowS)
  } catch (error) {
    if (!isFault(error)) throw error
    const refusal = error.code === 'bytes/too-large' ? 'too large' : 'broken'
    return { refusal, why: error.message.split('\n').slice(0, 3).join('; ') }
  }
}

function verdictOf(
  records: readonly ResourceRecord[],
  packed: PackedZone,
  bundle: Bundle | undefined,
  nowS: number,
): Judgement {
  const { apex } = packed
  const soa = records.find(({ type }) => type === types.SOA)?.data
  const serial = soa?.kind === 'authority' ? soa.serial : 0
  const { isSigned, findings } = judgeZone(records, apex, nowS)
  const spans = [...spansOf(records)]
  const wrong = [...findings]
  if (bundle !== undefined) {
    spans.push({ inceptionAtS: bundle.inceptionAtS, expirationAtS: bundleEndsAtS(bundle) })
    if (bundle.zone !== apex || bundle.serial !== serial) {
      wrong.push(`the places are of ${nameText(bundle.zone)} serial ${bundle.serial}, not of this version`)
    }
    wrong.push(...bundleFindings(bundle, keysOf(records, apex), nowS))
  }
  const timing = timingRefusal(spans, nowS)
  if (timing !== undefined) return timing
  if (wrong.length > 0) return { refusal: 'broken', why: wrong.slice(0, 3).join('; ') }
  return { zone: { apex, serial, records: records.length, isSigned, spans: worstOf(spans, nowS), packed } }
}

/** Told before what else is wrong: such a version may become good again, or have been good. */
function timingRefusal(spans: readonly Validity[], nowS: number): Judgement | undefined {
  const isBefore = (a: number, b: number): boolean => ((a - b) | 0) < 0
  const ended = spans.find(({ expirationAtS }) => isBefore(expirationAtS, nowS))
  if (ended !== undefined)
    return { refusal: 'expired', why: `signatures ended at ${instant(ended.expirationAtS)}` }
  const early = spans.find(({ inceptionAtS }) => isBefore(nowS, inceptionAtS))
  if (early === undefined) return undefined
  return { refusal: 'early', why: `signatures begin at ${instant(early.inceptionAtS)}: is the clock right?` }
}

function instant(atS: number): string {
  return new Date(atS * 1000).toISOString()
}

function keysOf(records: readonly ResourceRecord[], apex: Name): PublicKey[] {
  return records
    .filter(({ name, type }) => type === types.DNSKEY && foldCase(name) === apex)
    .map(({ data }) => readDnskey(apex, dataOctets(data)))
    .filter(key => key !== undefined)
}
