// Which fields the data of each type has: one table for messages, zone files and the canonical form.
//
// A type that is not here is octets, in messages and, as `\# LENGTH HEX`, in zone files (RFC 3597). Names are
// unpacked when they come compressed, which strict readers must take in the types of RFC 3597 §4 only; to
// take it in all costs nothing and loses nothing, because everything that goes on is unpacked.

import { concatBytes, fromHex, toHex } from '../../base/bytes.ts'
import { types } from './code.ts'
import {
  algorithm,
  base64,
  bitmap,
  certificateType,
  eui,
  type Field,
  hash,
  hex,
  instant,
  ipv4,
  ipv6,
  location,
  longString,
  name,
  nameAsIs,
  params,
  period,
  salt,
  string,
  strings,
  tag,
  target,
  typeField,
  u8,
  u16,
  u32,
} from './fields.ts'
import { Reader } from './reader.ts'
import { shown, type Words, wrong } from './words.ts'

type Layout = readonly Field[]

const host: Layout = [name]
const preferred: Layout = [u16('a preference'), name]
const key: Layout = [u16('flags'), u8('a protocol'), algorithm, base64]
const digest: Layout = [u16('a key tag'), algorithm, u8('a digest type'), hex]
const certificate: Layout = [u8('a usage'), u8('a selector'), u8('a matching type'), hex]
const service: Layout = [u16('a priority'), nameAsIs, params]
const hashing: Layout = [u8('a hash algorithm'), u8('flags'), u16('iterations'), salt]
const times: Layout = ['refresh', 'retry', 'expire', 'minimum'].map(period)

const layouts = new Map<number, Layout>([
  [types.A, [ipv4]],
  [types.NS, host],
  [types.CNAME, host],
  [types.SOA, [name, name, u32('a serial'), ...times]],
  [types.PTR, host],
  [types.HINFO, [string, string]],
  [types.MINFO, [name, name]],
  [types.MX, preferred],
  [types.TXT, [strings]],
  [types.RP, [name, name]],
  [types.AFSDB, preferred],
  [types.RT, preferred],
  [types.AAAA, [ipv6]],
  [types.LOC, [location]],
  [types.SRV, [u16('a priority'), u16('a weight'), u16('a port'), name]],
  [types.NAPTR, [u16('an order'), u16('a preference'), string, string, string, name]],
  [types.KX, preferred],
  [types.CERT, [certificateType, u16('a key tag'), algorithm, base64]],
  [types.DNAME, host],
  [types.DS, digest],
  [types.SSHFP, [u8('an algorithm'), u8('a fingerprint type'), hex]],
  [
    types.RRSIG,
    [typeField, algorithm, u8('labels'), u32('a TTL'), instant, instant, u16('a key tag'), name, base64],
  ],
  [types.NSEC, [nameAsIs, bitmap]],
  [types.DNSKEY, key],
  [types.DHCID, [base64]],
  [types.NSEC3, [...hashing, hash, bitmap]],
  [types.NSEC3PARAM, hashing],
  [types.TLSA, certificate],
  [types.SMIMEA, certificate],
  [types.CDS, digest],
  [types.CDNSKEY, key],
  [types.OPENPGPKEY, [base64]],
  [types.CSYNC, [u32('a serial'), u16('flags'), bitmap]],
  [types.ZONEMD, [u32('a serial'), u8('a scheme'), u8('a hash algorithm'), hex]],
  [types.SVCB, service],
  [types.HTTPS, service],
  [types.SPF, [strings]],
  [types.EUI48, [eui(6)]],
  [types.EUI64, [eui(8)]],
  [types.URI, [u16('a priority'), u16('a weight'), target]],
  [types.CAA, [u8('flags'), tag, longString]],
])

/**
 * The octets of the data of a type, taken from a message: fields checked, names unpacked. Ends where the
 * last field does, which may be after `end`. Throws Fault `bytes/malformed`.
 */
export function takeOctets(reader: Reader, type: number, end: number): Uint8Array {
  const layout = layouts.get(type)
  if (layout === undefined) return reader.take(end - reader.at)
  return concatBytes(layout.map(field => field.take(reader, end)))
}

/** The fields of `octets` one by one; the octets were taken before. */
function split(layout: Layout, octets: Uint8Array): Uint8Array[] {
  const reader = new Reader(octets)
  return layout.map(field => field.take(reader, octets.length))
}

/** How a zone file spells data of `type`; `octets` were taken, parsed, or made by us. */
export function octetsText(octets: Uint8Array, type: number): string {
  const layout = layouts.get(type)
  if (layout === undefined) return `\\# ${octets.length}${octets.length > 0 ? ` ${toHex(octets)}` : ''}`
  const fields = split(layout, octets)
  return layout
    .map((field, i) => field.text(fields[i]!))
    .filter(text => text !== '')
    .join(' ')
}

/**
 * The inverse: all of `words`, also in the form of RFC 3597 for a type with a layout of its own (then not
 * checked). Throws Fault `config/invalid` or `name/invalid`.
 */
export function parseOctets(words: Words, type: number): Uint8Array {
  const layout = layouts.get(type)
  if (words.peek() !== '\\#' && layout !== undefined) {
    const octets = concatBytes(layout.map(field => field.parse(words)))
    words.end()
    return octets
  }
  const mark = words.next('data')
  if (mark !== '\\#') throw wrong(`data of this type is \\# LENGTH HEX, not ${shown(mark)}`)
  const length = words.number('a length', 0xffff)
  const text = words.left > 0 ? words.joined('hexadecimal') : ''
  const octets = text.startsWith('0x') ? undefined : fromHex(text)
  if (octets?.length !== length) throw wrong(`${length} octets in hexadecimal are needed`)
  return octets
}

/** The canonical form (RFC 4034 §6.2, RFC 6840 §5.1): names of the older types in lower case. */
export function canonicalOctets(octets: Uint8Array, type: number): Uint8Array {
  const layout = layouts.get(type)
  if (layout?.some(({ folds }) => folds) !== true) return octets
  const fields = split(layout, octets)
  return concatBytes(
    // Lengths within a name are below 'A', so folding octets folds letters only.
    fields.map((field, i) => (layout[i]!.folds ? field.map(o => (o >= 65 && o <= 90 ? o + 32 : o)) : field)),
  )
}
