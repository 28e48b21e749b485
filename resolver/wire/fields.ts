// The pieces that record data is made of: numbers, names, strings, octets in several spellings.
//
// A field can be taken from a message (checked, names unpacked), spelled for people, and read back from their
// spelling. Record data that the hot path need not look into stays octets in between, which is what is sent,
// signed and compared: no objects are made of a signature only to take it apart again.

import { concatBytes, fromHex, toHex } from '../../base/bytes.ts'
import { addressText, parseIpv4, parseIpv6 } from './address.ts'
import { base32Text, parseBase32 } from './base32.ts'
import { bitmapTypes, typesBitmap } from './bitmap.ts'
import { parseType, typeText } from './code.ts'
import { isLocation, locationText, parseLocation } from './location.ts'
import { type Name, nameOctets, nameText, readName } from './name.ts'
import { malformed, type Reader } from './reader.ts'
import { paramsText, parseParams, takeParams } from './svcparams.ts'
import { quoted, shown, stringOctets, type Words, wrong } from './words.ts'

export interface Field {
  /** Its octets, names unpacked; what goes to the end of the data stops at `end`. Throws Fault `bytes/malformed`. */
  take(reader: Reader, end: number): Uint8Array
  /** How zone files spell `octets`, which were taken before. */
  text(octets: Uint8Array): string
  /** From that spelling. Throws Fault `config/invalid` or `name/invalid`. */
  parse(words: Words): Uint8Array
  /** A name whose case the canonical form folds (RFC 4034 §6.2, RFC 6840 §5.1). */
  readonly folds?: boolean
}

function rest(reader: Reader, end: number): Uint8Array {
  if (end < reader.at) throw malformed('record data runs past its end')
  return reader.take(end - reader.at)
}

function someRest(reader: Reader, end: number): Uint8Array {
  const octets = rest(reader, end)
  if (octets.length === 0) throw malformed('record data ends before its last field')
  return octets
}

function numberIn(octets: Uint8Array): number {
  let sum = 0
  for (const octet of octets) sum = sum * 256 + octet
  return sum
}

function octetsOf(value: number, count: number): Uint8Array {
  const octets = new Uint8Array(count)
  for (let i = count - 1; i >= 0; i--) {
    octets[i] = value & 0xff
    value = Math.floor(value / 256)
  }
  return octets
}

function whole(what: string, count: number): Field {
  return {
    take: reader => reader.take(count),
    text: octets => String(numberIn(octets)),
    parse: words => octetsOf(words.number(what, 256 ** count - 1), count),
  }
}

export const u8 = (what: string): Field => whole(what, 1)
export const u16 = (what: string): Field => whole(what, 2)
export const u32 = (what: string): Field => whole(what, 4)

/** A number that zone files may also spell as a word; it is written as the number. */
function coded(what: string, count: number, words: Readonly<Record<string, number>>): Field {
  const number = whole(what, count)
  return {
    ...number,
    parse(from) {
      const known = words[from.peek()?.toUpperCase() ?? '']
      if (known === undefined) return number.parse(from)
      from.next(what)
      return octetsOf(known, count)
    },
  }
}

/** Mnemonics of IANA "DNS Security Algorithm Numbers" (RFC 4034 §A.1). */
export const algorithm = coded('an algorithm', 1, {
  ...{ RSASHA1: 5, 'NSEC3-RSASHA1': 7, RSASHA256: 8, RSASHA512: 10 },
  ...{ ECDSAP256SHA256: 13, ECDSAP384SHA384: 14, ED25519: 15, ED448: 16 },
})

/** What a CERT record holds (RFC 4398 §2.1). */
export const certificateType = coded('a certificate type', 2, {
  ...{ PKIX: 1, SPKI: 2, PGP: 3, IPKIX: 4, ISPKI: 5, IPGP: 6, ACPKIX: 7, IACPKIX: 8 },
  ...{ URI: 253, OID: 254 },
})

export const typeField: Field = {
  take: reader => reader.take(2),
  text: octets => typeText(numberIn(octets)),
  parse(words) {
    const raw = words.next('a type')
    const type = parseType(raw)
    if (type === undefined) throw wrong(`not a type: ${shown(raw)}`)
    return octetsOf(type, 2)
  },
}

/** Seconds: a number, or numbers with units as `1d12h` (which BIND brought and everybody reads). */
export function secondsOf(raw: string): number | undefined {
  if (/^[0-9]{1,10}$/.test(raw)) return Number(raw) <= 0xffff_ffff ? Number(raw) : undefined
  if (!/^([0-9]{1,9}[smhdw])+$/i.test(raw)) return undefined
  const units = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }
  let sum = 0
  for (const [, count, unit] of raw.toLowerCase().matchAll(/([0-9]+)([smhdw])/g)) {
    sum += Number(count) * units[unit as keyof typeof units]
  }
  return sum <= 0xffff_ffff ? sum : undefined
}

export const period = (what: string): Field => ({
  ...u32(what),
  parse(words) {
    const raw = words.next(what)
    const value = secondsOf(raw)
    if (value === undefined) throw wrong(`${what} is a number of seconds, not ${shown(raw)}`)
    return octetsOf(value, 4)
  },
})

/** An instant of RRSIG: `YYYYMMDDHHmmSS` in UTC, or seconds since 1970 (RFC 4034 §3.2). */
export const instant: Field = {
  take: reader => reader.take(4),
  text: octets => new Date(numberIn(octets) * 1000).toISOString().replace(/[-:T]|\.000Z$/g, ''),
  parse(words) {
    const raw = words.next('an instant')
    const [, year, month, day, hour, minute, second] =
      /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(raw) ?? []
    if (year === undefined) {
      const value = /^[0-9]{1,10}$/.test(raw) ? Number(raw) : 2 ** 32
      if (value >= 2 ** 32) throw wrong(`an instant is YYYYMMDDHHmmSS, not ${shown(raw)}`)
      return octetsOf(value, 4)
    }
    const parts = [year, month, day, hour, minute, second].map(Number)
    const ms = Date.UTC(parts[0]!, parts[1]! - 1, parts[2], parts[3], parts[4], parts[5])
    const octets = octetsOf(ms / 1000, 4)
    // Date.UTC carries what is too much into the next field, and only then another text comes out.
    if (parts[2]! > 28 || parts[1]! > 12 || parts[3]! > 23 || parts[4]! > 59 || parts[5]! > 59) {
      if (instant.text(octets) !== raw) throw wrong(`no such instant: ${shown(raw)}`)
    }
    if (ms < 0 || ms >= 2 ** 32 * 1000) throw wrong(`no such instant: ${shown(raw)}`)
    return octets
  },
}

const anyName: Field = {
  take: reader => nameOctets(readName(reader)),
  text: octets => nameText(Buffer.from(octets).toString('latin1', 0, octets.length - 1) as Name),
  parse: words => nameOctets(words.name('a name')),
}
/** A name that the canonical form leaves as it is. */
export const nameAsIs = anyName
export const name: Field = { ...anyName, folds: true }

function lengthBefore(octets: Uint8Array): Uint8Array {
  if (octets.length > 255) throw wrong(`a string of ${octets.length} octets; 255 at most`)
  return concatBytes([Uint8Array.of(octets.length), octets])
}

function takeString(reader: Reader): Uint8Array {
  return lengthBefore(reader.take(reader.u8()))
}

export const string: Field = {
  take: takeString,
  text: octets => quoted(octets.subarray(1)),
  parse: words => lengthBefore(stringOctets(words.next('a string'))),
}

/** One string or more, to the end. */
export const strings: Field = {
  take(reader, end) {
    const parts: Uint8Array[] = []
    do parts.push(takeString(reader))
    while (reader.at < end)
    return concatBytes(parts)
  },
  text(octets) {
    const texts: string[] = []
    for (let at = 0; at < octets.length; at += 1 + octets[at]!) {
      texts.push(quoted(octets.subarray(at + 1, at + 1 + octets[at]!)))
    }
    return texts.join(' ')
  },
  parse(words) {
    const parts: Uint8Array[] = []
    do parts.push(lengthBefore(stringOctets(words.next('a string'))))
    while (words.left > 0)
    return concatBytes(parts)
  },
}

/** All that is left as one string without a length: the value of CAA, the target of URI. */
export const longString: Field = {
  take: rest,
  text: quoted,
  parse: words => stringOctets(words.next('a string')),
}

/** As `longString`, of at least one octet (RFC 7553 §4.4). */
export const target: Field = {
  take(reader, end) {
    const octets = rest(reader, end)
    if (octets.length === 0) throw malformed('a URI without a target')
    return octets
  },
  text: quoted,
  parse(words) {
    const octets = stringOctets(words.next('a target'))
    if (octets.length === 0) throw wrong('a URI without a target')
    return octets
  },
}

/** The property of a CAA record: letters and digits (RFC 8659 §4.1). */
export const tag: Field = {
  take(reader) {
    const octets = takeString(reader)
    if (!isTag(octets)) throw malformed('a CAA property is letters and digits')
    return octets
  },
  text: octets => Buffer.from(octets.subarray(1)).toString('latin1'),
  parse(words) {
    const octets = lengthBefore(stringOctets(words.next('a property')))
    if (!isTag(octets)) throw wrong('a CAA property is letters and digits')
    return octets
  },
}

function isTag(octets: Uint8Array): boolean {
  return /^[a-zA-Z0-9]+$/.test(tag.text(octets))
}

function parseHex(text: string): Uint8Array {
  const octets = text.startsWith('0x') ? undefined : fromHex(text)
  if (octets === undefined) throw wrong(`not hexadecimal: ${shown(text)}`)
  return octets
}

export const hex: Field = {
  take: someRest,
  text: octets => toHex(octets).toUpperCase(),
  parse: words => parseHex(words.joined('hexadecimal')),
}

export const base64: Field = {
  take: someRest,
  text: octets => Buffer.from(octets).toString('base64'),
  parse(words) {
    const text = words.joined('base64')
    const octets = Uint8Array.from(Buffer.from(text, 'base64'))
    if (base64.text(octets) !== text) throw wrong(`not base64: ${shown(text)}`)
    return octets
  },
}

/** `-` for none (RFC 5155 §3.3). */
export const salt: Field = {
  take: takeString,
  text: octets => (octets.length === 1 ? '-' : toHex(octets.subarray(1)).toUpperCase()),
  parse(words) {
    const raw = words.next('a salt')
    return lengthBefore(raw === '-' ? new Uint8Array(0) : parseHex(raw))
  },
}

export const hash: Field = {
  take(reader) {
    const octets = takeString(reader)
    if (octets.length === 1) throw malformed('a hash of no octets')
    return octets
  },
  text: octets => base32Text(octets.subarray(1)),
  parse(words) {
    const raw = words.next('a hash')
    const octets = parseBase32(raw)
    if (octets === undefined || octets.length === 0) throw wrong(`not base32 of a hash: ${shown(raw)}`)
    return lengthBefore(octets)
  },
}

export const bitmap: Field = {
  take(reader, end) {
    const octets = rest(reader, end)
    bitmapTypes(octets)
    return octets
  },
  text: octets => bitmapTypes(octets).map(typeText).join(' '),
  parse(words) {
    const found: number[] = []
    while (words.left > 0) found.push(numberIn(typeField.parse(words)))
    return typesBitmap(found)
  },
}

function address(count: number, what: string, parse: (text: string) => Uint8Array | undefined): Field {
  return {
    take: reader => reader.take(count),
    text: addressText,
    parse(words) {
      const raw = words.next(what)
      const octets = parse(raw)
      if (octets === undefined) throw wrong(`not ${what}: ${shown(raw)}`)
      return octets
    },
  }
}

export const ipv4 = address(4, 'an IPv4 address', parseIpv4)
export const ipv6 = address(16, 'an IPv6 address', parseIpv6)

/** `00-00-5e-00-53-2a` (RFC 7043). */
export const eui = (count: number): Field => ({
  take: reader => reader.take(count),
  text: octets => [...octets].map(octet => octet.toString(16).padStart(2, '0')).join('-'),
  parse(words) {
    const raw = words.next('an EUI')
    const octets = /^[0-9a-f]{2}(-[0-9a-f]{2})*$/i.test(raw) ? fromHex(raw.replaceAll('-', '')) : undefined
    if (octets?.length !== count) throw wrong(`not an EUI of ${count} octets: ${shown(raw)}`)
    return octets
  },
})

export const location: Field = {
  take(reader) {
    const octets = reader.take(16)
    if (!isLocation(octets)) throw malformed('LOC outside the limits of RFC 1876')
    return octets
  },
  text: locationText,
  parse: parseLocation,
}

export const params: Field = { take: takeParams, text: paramsText, parse: parseParams }
