// A domain name is its wire form: length octet, label, length octet, label …, without the closing zero, one
// character per octet. `www.inxt` is '\x03www\x04inxt', the root is ''.
//
// So a name is a string: it compares, hashes and slices at machine speed, no octet is special, and folding
// the case of the whole folds only labels, because lengths end at 63 and 'A' is 65. Case is kept as it came
// (RFC 4343, and resolvers that hide entropy in it); look-ups fold first. A list of labels reads nicer and
// costs an object each.
//
// Compression pointers (RFC 1035 §4.1.4) must lead before the piece they stand in, so reading ends; hops
// are bounded besides. Writing compresses against names of the same case only, so that no spelling is lost.

import { Fault } from '../../base/fault.ts'
import { malformed, type Reader } from './reader.ts'
import type { Writer } from './writer.ts'

declare const brand: unique symbol
export type Name = string & { readonly [brand]: 'name' }

export const rootName = '' as Name

const labelBytesMax = 63
/** 255 octets on the wire (RFC 1035 §2.3.4), of which the closing zero is not kept. */
export const nameBytesMax = 255 - 1
/** A name has up to 127 labels, each of which could be a pointer; encoders use two or three. */
const hopsMax = 32
/** Nothing before the first question is a name. */
const headerBytes = 12
const pointerOffsetMax = 0x3fff

/** Reads a name and follows its pointers; the reader goes on after the name's first piece. Throws a Fault. */
export function readName(reader: Reader): Name {
  const { bytes } = reader
  let name = ''
  let start = reader.at // of the piece that is being read
  let at = start
  let resumeAt = -1
  for (let hops = 0; ; ) {
    const length = bytes[at]
    if (length === undefined) throw malformed('a name runs past the end')
    if (length <= labelBytesMax && length > 0) {
      at += 1 + length
      continue
    }
    if (name.length + at - start > nameBytesMax) throw malformed('a name has more than 255 octets')
    name += bytes.toString('latin1', start, at)
    if (length === 0) break
    const low = bytes[at + 1]
    if (length < 0xc0 || low === undefined) throw malformed('a label of unknown kind, or half a pointer')
    if (++hops > hopsMax) throw malformed(`a name with more than ${hopsMax} pointers`)
    if (resumeAt < 0) resumeAt = at + 2
    const target = ((length & 0x3f) << 8) | low
    if (target >= start || target < headerBytes) throw malformed('a pointer that does not lead back')
    start = at = target
  }
  reader.at = resumeAt < 0 ? at + 1 : resumeAt
  return name as Name
}

/** Writes a name; the longest ending that was written before becomes a pointer. */
export function writeName(writer: Writer, name: Name): void {
  for (let rest = name; rest !== rootName; rest = parentOf(rest)) {
    const seenAt = writer.names.get(rest)
    if (seenAt !== undefined) {
      writer.u16(0xc000 | seenAt)
      return
    }
    if (writer.at <= pointerOffsetMax) writer.names.set(rest, writer.at)
    writer.latin1(rest.slice(0, 1 + rest.charCodeAt(0)))
  }
  writer.u8(0)
}

/** The name without its first label; the root's parent is the root. */
export function parentOf(name: Name): Name {
  return name.slice(1 + name.charCodeAt(0)) as Name
}

/**
 * `label` put before `name`. The label must have 1 to 63 characters below U+0100, or a Fault
 * `name/invalid`.
 */
export function childOf(label: string, name: Name): Name {
  if (label.length < 1 || label.length > labelBytesMax) {
    throw new Fault('name/invalid', `a label of ${label.length} octets: "${label.slice(0, 80)}"`)
  }
  const child = String.fromCharCode(label.length) + label + name
  if (child.length > nameBytesMax) throw new Fault('name/invalid', `a name of ${child.length + 1} octets`)
  return child as Name
}

/** A name with its closing zero, as it stands where nothing is compressed. */
export function nameOctets(name: Name): Uint8Array {
  return Uint8Array.from(Buffer.from(`${name}\0`, 'latin1'))
}

/** First label first, as one reads it. */
export function labelsOf(name: Name): string[] {
  const labels: string[] = []
  for (let at = 0; at < name.length; at += 1 + name.charCodeAt(at)) {
    labels.push(name.slice(at + 1, at + 1 + name.charCodeAt(at)))
  }
  return labels
}

/** A–Z to a–z and nothing else: `toLowerCase` alone would fold octets above 127 too (RFC 4343 §3). */
export function foldCase(name: Name): Name {
  if (!/[A-Z]/.test(name)) return name
  return name.replace(/[A-Z]+/g, letters => letters.toLowerCase()) as Name
}

/**
 * A string whose order among its like is the canonical order of names (RFC 4034 §6.1): labels from the last
 * to the first, lower case, an absent one before the zero octet.
 */
export function canonicalKey(name: Name): string {
  const labels = labelsOf(foldCase(name)).reverse()
  const key = labels.join('\0')
  // Zero ends a label, so zero and one in labels make room for it: 0 becomes 1 1, 1 becomes 1 2.
  return labels.every(isPlain) ? key : labels.map(escaped).join('\0')
}

function isPlain(label: string): boolean {
  for (let i = 0; i < label.length; i++) if (label.charCodeAt(i) < 2) return false
  return true
}

function escaped(label: string): string {
  return Array.from(label, octet =>
    octet < '\x02' ? `\x01${octet === '\0' ? '\x01' : '\x02'}` : octet,
  ).join('')
}

/** Negative when `a` comes before `b` in canonical order (RFC 4034 §6.1), 0 when they are the same name. */
export function compareNames(a: Name, b: Name): number {
  const left = labelsOf(foldCase(a))
  const right = labelsOf(foldCase(b))
  for (let i = 1; i <= Math.min(left.length, right.length); i++) {
    const one = left[left.length - i]!
    const other = right[right.length - i]!
    // One character is one octet, so strings compare as the octets do.
    if (one !== other) return one < other ? -1 : 1
  }
  return left.length - right.length
}

/** Whether `name` is `ancestor` or below it; both in the same case. */
export function isWithin(name: Name, ancestor: Name): boolean {
  if (!name.endsWith(ancestor)) return false
  let at = 0
  while (at < name.length - ancestor.length) at += 1 + name.charCodeAt(at)
  return at === name.length - ancestor.length
}

/**
 * From presentation: `\DDD` and `\x` as in RFC 1035 §5.1, closing dot optional. Throws Fault
 * `name/invalid`.
 */
export function parseName(text: string): Name {
  if (text === '' || text === '.') return rootName
  if (/^[!-[\]-~]+$/.test(text)) {
    const plain = (text.endsWith('.') ? text.slice(0, -1) : text).split('.')
    return plain.reduceRight<Name>((name, label) => childOf(label, name), rootName)
  }
  const labels: string[] = ['']
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '.') {
      labels.push('')
      continue
    }
    const escaped = text[at] === '\\' ? /^([0-9]{3}|[^0-9])/.exec(text.slice(at + 1, at + 4)) : undefined
    const piece = escaped?.[0]
    const code = piece?.length === 3 ? Number(piece) : (piece ?? text[at]!).charCodeAt(0)
    if (escaped === null || code > 255) {
      throw new Fault('name/invalid', `not a domain name, at character ${at + 1}: "${text.slice(0, 300)}"`)
    }
    labels[labels.length - 1] += String.fromCharCode(code)
    at += piece?.length ?? 0
  }
  if (labels.at(-1) === '') labels.pop()
  return labels.reduceRight<Name>((name, label) => childOf(label, name), rootName)
}

/** To presentation, with the closing dot; what a zone file would misread is escaped. */
export function nameText(name: Name): string {
  if (name === rootName) return '.'
  return labelsOf(name)
    .map(label => `${labelText(label)}.`)
    .join('')
}

/**
 * What a zone file gives a meaning to gets a backslash; what is not printable ASCII, and a space, is
 * `\DDD`.
 */
function labelText(label: string): string {
  let text = ''
  for (const octet of label) {
    const code = octet.charCodeAt(0)
    if (code < 0x21 || code > 0x7e) text += `\\${String(code).padStart(3, '0')}`
    else text += '"$().;@\\'.includes(octet) ? `\\${octet}` : octet
  }
  return text
}
