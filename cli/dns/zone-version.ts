// From a master file to a zone that can be served, with every complaint under the name of its file.
//
// Apart from zone-files.ts, so that keeping files and reading them can be tested one without the other. What a thread
// reads it sends as it is: octets in shared memory and a few words, so that whoever serves does not stop to take it.

import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { Fault, isFault } from '../../base/fault.ts'
import { unreadable } from '../../base/io/file.ts'
import type { Validity } from '../../resolver/sign/rrsig.ts'
import { lifeOf, spansOf, worstOf } from '../../resolver/sign/verdict.ts'
import { types } from '../../resolver/wire/code.ts'
import { complaintText, readZone } from '../../resolver/zone/master.ts'
import { openZone, type PackedZone } from '../../resolver/zone/packed.ts'
import { packZone } from '../../resolver/zone/snapshot.ts'
import type { ZoneFile, ZoneVersion } from './zone-files.ts'

/** A version as it crosses from one thread to another. */
export interface PackedVersion extends Omit<ZoneVersion, 'zone' | 'life'> {
  readonly packed: PackedZone
  /** Of the signatures that are worst off. */
  readonly spans: readonly Validity[]
}

/** A master file of a million records has some 60 MB. */
const fileBytesMax = 256 * 1024 * 1024

/**
 * The zone in its file now, undefined when that has the digest `known`. Faults: config/unreadable, bytes/too-large, and
 * config/invalid with a line `FILE:LINE:COLUMN: WHAT` for each error.
 */
export function readVersion(zone: ZoneFile, known: string | undefined): PackedVersion | undefined {
  const bytes = contentOf(zone.file)
  const digest = createHash('sha256').update(bytes).digest('base64')
  // Zone files are octets: Latin-1 keeps each as one character, as RFC 1035 §5.1 escapes count them.
  return digest === known ? undefined : { ...parseVersion(bytes.toString('latin1'), zone), digest }
}

/** `text` has one character for each octet. Throws Fault `config/invalid` as `readVersion` does. */
export function parseVersion(text: string, { apex, file }: ZoneFile): Omit<PackedVersion, 'digest'> {
  try {
    const { records, warnings } = readZone(text, apex)
    const packed = packZone(records, apex)
    const soa = records.find(({ type }) => type === types.SOA)?.data
    return {
      packed,
      serial: soa?.kind === 'authority' ? soa.serial : 0,
      records: records.length,
      spans: worstOf(spansOf(records), Date.now() / 1000),
      warnings: warnings.map(warning => `${file}:${complaintText(warning)}`),
    }
  } catch (error) {
    if (!isFault(error, 'config/invalid')) throw error
    throw new Fault('config/invalid', error.message.replaceAll(/^/gm, `${file}:`), { cause: error })
  }
}

/** What serves of it; takes no longer for a larger zone. */
export function openVersion({ packed, spans, ...version }: PackedVersion): ZoneVersion {
  const life = spans.length === 0 ? undefined : (nowS: number) => lifeOf(spans, nowS)
  return { ...version, zone: openZone(packed), life }
}

function contentOf(file: string): Buffer {
  try {
    const { size } = statSync(file)
    if (size > fileBytesMax) {
      throw new Fault('bytes/too-large', `${file}: ${size} octets; a zone file has ${fileBytesMax} at most`)
    }
    return readFileSync(file)
  } catch (error) {
    if (isFault(error)) throw error
    throw unreadable(file, error)
  }
}
