// Small changes to an input: of octets in general, of what DNS messages are made of, and of text.
//
// Octets changed by chance rarely get past a length field. So some changes know what a message looks like: counts of
// the header, words that may be lengths, labels, compression pointers, whole records put at the end and counted.

import { integerBelow, type Random } from '../../base/random.ts'

/** Changes `bytes` in place or gives others; `donor` is another good input. */
export type Mutator = (bytes: Uint8Array, random: Random, donor: Uint8Array) => Uint8Array

export const inputBytesMax = 4096

export function pick<T>(random: Random, items: readonly T[]): T {
  return items[integerBelow(random, items.length)]!
}

/** `bytes` with `count` octets at `at` replaced by `part`. */
function spliced(bytes: Uint8Array, at: number, count: number, part: Uint8Array): Uint8Array {
  const whole = Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(at + count)])
  return new Uint8Array(whole.subarray(0, inputBytesMax))
}

function put16(bytes: Uint8Array, at: number, value: number): Uint8Array {
  if (at + 1 < bytes.length) bytes.set([(value >>> 8) & 0xff, value & 0xff], at)
  return bytes
}

const oddOctets = [0, 1, 2, 7, 0x1f, 0x20, 0x2e, 0x3f, 0x40, 0x5c, 0x7f, 0x80, 0xbf, 0xc0, 0xfe, 0xff]

export const octetMutators: readonly Mutator[] = [
  (bytes, random) => {
    if (bytes.length > 0) bytes[integerBelow(random, bytes.length)]! ^= 1 << integerBelow(random, 8)
    return bytes
  },
  (bytes, random) => {
    if (bytes.length > 0) bytes[integerBelow(random, bytes.length)] = pick(random, oddOctets)
    return bytes
  },
  (bytes, random) => {
    if (bytes.length > 0) bytes[integerBelow(random, bytes.length)] = integerBelow(random, 256)
    return bytes
  },
  (bytes, random) => {
    const part = Uint8Array.from({ length: 1 + integerBelow(random, 8) }, () => integerBelow(random, 256))
    return spliced(bytes, integerBelow(random, bytes.length + 1), 0, part)
  },
  (bytes, random) => {
    const at = integerBelow(random, bytes.length + 1)
    return spliced(bytes, at, 1 + integerBelow(random, 8), new Uint8Array(0))
  },
  (bytes, random) => bytes.slice(0, integerBelow(random, bytes.length + 1)),
  (bytes, random, donor) => {
    const from = integerBelow(random, donor.length + 1)
    const part = donor.subarray(from, from + 1 + integerBelow(random, 40))
    const at = integerBelow(random, bytes.length + 1)
    return spliced(bytes, at, random.next() < 0.5 ? part.length : 0, part)
  },
  (bytes, random) => {
    const from = integerBelow(random, bytes.length + 1)
    const part = bytes.slice(from, from + 1 + integerBelow(random, 64))
    return spliced(bytes, integerBelow(random, bytes.length + 1), 0, part)
  },
]

const headerBytes = 12
/** Types whose data is looked into, and some that are for messages. */
const typeCodes = [
  ...[1, 2, 5, 6, 12, 13, 14, 15, 16, 17, 18, 21, 28, 29, 33, 35, 36, 37, 39, 41, 43, 44, 46, 47, 48, 49],
  ...[
    50, 51, 52, 53, 59, 60, 61, 62, 63, 64, 65, 99, 108, 109, 128, 249, 250, 251, 252, 255, 256, 257, 65280,
  ],
]
/** ECS, NSID, cookie, keepalive, padding, extended error, and one that nobody knows. */
const optionCodes = [8, 3, 10, 11, 12, 15, 65001]

function bump(bytes: Uint8Array, at: number): void {
  if (bytes.length >= headerBytes) put16(bytes, at, ((bytes[at]! << 8) | bytes[at + 1]!) + 1)
}

function chance(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => integerBelow(random, 256))
}

/** Wholes of 8 and 16 octets, subnets and the like begin to be right. */
function option(random: Random): Uint8Array {
  const code = pick(random, optionCodes)
  const data =
    code === 8
      ? Buffer.from([0, pick(random, [1, 2]), pick(random, [0, 20, 24, 32, 56, 128]), 0, 192, 0, 2])
      : chance(random, pick(random, [0, 1, 2, 8, 16, 24, 40]))
  return Buffer.concat([Uint8Array.of(0, code & 0xff, 0, data.length), data])
}

export const messageMutators: readonly Mutator[] = [
  // A count of the header.
  (bytes, random) => put16(bytes, 4 + 2 * integerBelow(random, 4), pick(random, [0, 1, 2, 3, 0xffff])),
  // Flags and opcode.
  (bytes, random) =>
    put16(bytes, 2, random.next() < 0.7 ? pick(random, [0, 0x100, 0x2000]) : random.next() * 65536),
  // A word that may be a length, or what is left behind it, or nearly.
  (bytes, random) => {
    const at = headerBytes + integerBelow(random, Math.max(1, bytes.length - headerBytes))
    const left = Math.max(0, bytes.length - at - 2)
    return put16(bytes, at, pick(random, [0, 1, left, left - 1, left + 1, 255, 256, 0xffff]))
  },
  // A pointer: back, to itself, to the next, onwards.
  (bytes, random) => {
    const at = headerBytes + integerBelow(random, Math.max(1, bytes.length - headerBytes))
    const target = pick(random, [headerBytes, at, at - 2, at + 2, integerBelow(random, bytes.length + 1)])
    return put16(bytes, at, 0xc000 | (target & 0x3fff))
  },
  // A label of the greatest length, or one more, or a name of many labels.
  (bytes, random) => {
    const length = pick(random, [62, 63, 64])
    const label = Buffer.concat([Uint8Array.of(length), new Uint8Array(length).fill(0x61)])
    const labels = Buffer.concat(Array.from({ length: 1 + integerBelow(random, 4) }, () => label))
    return spliced(bytes, Math.min(headerBytes, bytes.length), 0, labels)
  },
  // The type of the question.
  (bytes, random) => {
    let at = headerBytes
    while (at < bytes.length && bytes[at] !== 0 && bytes[at]! < 64) at += 1 + bytes[at]!
    return put16(bytes, at + 1, pick(random, typeCodes))
  },
  // An OPT with options at the end.
  (bytes, random) => {
    bump(bytes, 10)
    const options = Buffer.concat(Array.from({ length: integerBelow(random, 4) }, () => option(random)))
    const size = pick(random, [0, 512, 1232, 4096, 0xffff])
    const flags = pick(random, [0, 0x80, 0xc0, 0xff])
    const head = [0, 0, 41, size >>> 8, size & 0xff, 0, random.next() < 0.1 ? 1 : 0, flags, 0]
    return spliced(
      bytes,
      bytes.length,
      0,
      Buffer.concat([Uint8Array.of(...head, 0, options.length), options]),
    )
  },
  // A record of some type, its data by chance or a name, in some section.
  (bytes, random) => {
    bump(bytes, pick(random, [6, 8, 10]))
    const type = pick(random, typeCodes)
    const data =
      random.next() < 0.5 ? Uint8Array.of(0xc0, headerBytes) : chance(random, integerBelow(random, 40))
    const head = [0xc0, headerBytes, type >>> 8, type & 0xff, 0, 1, 0, 0, 0, 5, 0, data.length]
    return spliced(bytes, bytes.length, 0, Buffer.concat([Uint8Array.of(...head), data]))
  },
]

const tokens = [
  ...['@', '*', 'IN', 'CH', '5', '1h', '4294967296', '-1', '\\', '\\.', '\\000', '\\255', '\\256', '"', '""'],
  ...['(', ')', ';', '\\#', '\\# 4 01020304', '\n', '\n ', ' ', '\t', '\r\n', '\0', '\xff', 'a'.repeat(64)],
  ...['$TTL ', '$ORIGIN ', '$INCLUDE ', 'TYPE65280 ', '0x', '1.2.3.4', '::', '::ffff:1.2.3.4', 'AQID', '='],
  ...['SOA', 'NS', 'MX', 'TXT', 'CAA', 'LOC', 'RRSIG', 'NSEC', 'NSEC3', 'HTTPS', 'SVCB', 'NAPTR', 'URI'],
  ...['alpn=', 'alpn="h2,\\\\,"', 'mandatory=', 'port=', 'ipv4hint=', 'ech=', 'key65535=', 'dohpath=', ','],
].map(token => Buffer.from(token, 'latin1'))

export const textMutators: readonly Mutator[] = [
  (bytes, random) => spliced(bytes, integerBelow(random, bytes.length + 1), 0, pick(random, tokens)),
  (bytes, random) => {
    const token = pick(random, tokens)
    return spliced(bytes, integerBelow(random, bytes.length + 1), token.length, token)
  },
  // A word of another input in the place of one of this.
  (bytes, random, donor) => {
    const [at, length] = wordOf(bytes, random)
    const [from, count] = wordOf(donor, random)
    return spliced(bytes, at, length, donor.subarray(from, from + count))
  },
  // A line of another input.
  (bytes, random, donor) => {
    const lines = Buffer.from(donor).toString('latin1').split('\n')
    return spliced(bytes, bytes.length, 0, Buffer.from(`\n${pick(random, lines)}`, 'latin1'))
  },
]

/** Where a word begins, and how long it is. */
function wordOf(bytes: Uint8Array, random: Random): [at: number, length: number] {
  const start = integerBelow(random, bytes.length + 1)
  let [at, end] = [start, start]
  while (at > 0 && bytes[at - 1]! > 0x20) at--
  while (end < bytes.length && bytes[end]! > 0x20) end++
  return [at, end - at]
}
