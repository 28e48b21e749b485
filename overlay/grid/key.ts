// Where a record lives: its key as bits, in the same order as the texts, and dense (P-Grid's order-preserving hash).
//
// The bits of raw ASCII would be chains: every holder key begins with the same 14 bytes, and each level of a chain
// costs a leaf of peers that hold nothing. So a key is coded as a fraction, as arithmetic coding does it: each sign
// narrows an interval by as much as it is frequent, and the order of signs is the order of the intervals. In front
// stands the key's realm, three bits. Realms of identifiers are hashed, which keeps no order and needs none: nobody
// asks for a range of content hashes. Rejected: a hash of everything (no prefix or range queries at all).
//
//   000 client/4/   001 client/6/   010 holder/   011 name/inxt/   100 offer/   101 peer/   110 service/   111 trust/
//
// What lies between two realms in the order of texts has a sliver of 1/256 in front of the second one.

import { createHash } from 'node:crypto'
import { type GridKey, keyBitsMax, pathBitsMax } from './path.ts'

/** A half-open part of [0, 2^128). */
type Interval = { readonly low: bigint; readonly width: bigint }
type Coding = 'bits' | 'text' | 'hash'
type Realm = { readonly prefix: string; readonly coding: Coding; readonly interval: Interval }

const whole = 1n << BigInt(keyBitsMax)
const slot = whole / 8n
const sliver = whole / 256n

const prefixes: readonly (readonly [prefix: string, coding: Coding])[] = [
  ['client/4/', 'bits'],
  ['client/6/', 'bits'],
  ['holder/', 'hash'],
  ['name/inxt/', 'text'],
  ['offer/', 'text'],
  ['peer/', 'hash'],
  ['service/', 'text'],
  ['trust/', 'hash'],
]

/** The last one leaves a sliver for what comes after it. */
const realms: readonly Realm[] = prefixes.map(([prefix, coding], i) => ({
  prefix,
  coding,
  interval: { low: slot * BigInt(i) + sliver, width: slot - (i === 7 ? 2n : 1n) * sliver },
}))

/** Signs in their order: the end of the text first, then '!' to '~'; the last entry is the sum. */
function cumulative(weights: { readonly [sign: string]: number }): bigint[] {
  const sums = [0n, 12n] // the end, about as frequent as one sign in eighty
  for (let code = 0x21; code <= 0x7e; code++)
    sums.push(sums.at(-1)! + BigInt(weights[String.fromCharCode(code)] ?? 1))
  return sums
}

// Letters per mille of English text, rounded; digits and hyphens as a guess at what host names have.
const textSums = cumulative({
  ...{
    a: 80,
    b: 16,
    c: 32,
    d: 40,
    e: 110,
    f: 22,
    g: 22,
    h: 44,
    i: 66,
    j: 4,
    k: 11,
    l: 44,
    m: 28,
    n: 64,
    o: 70,
  },
  ...{
    p: 24,
    q: 2,
    r: 58,
    s: 60,
    t: 80,
    u: 27,
    v: 12,
    w: 20,
    x: 4,
    y: 18,
    z: 3,
    '-': 20,
    '.': 16,
    '/': 30,
    _: 4,
  },
  ...{ 0: 12, 1: 12, 2: 12, 3: 8, 4: 8, 5: 8, 6: 8, 7: 8, 8: 8, 9: 8 },
})
// 2^14 each against 104 for all other signs: 1.005 bits for a bit.
const bitSums = cumulative({ 0: 16384, 1: 16384 })

/** 64 to 128 bits, so it falls under exactly one path. `key` is printable ASCII without spaces. Outside the hashed
 *  realms order is kept; texts that agree in about their first 25 signs may share a grid key. */
export function gridKeyOf(key: string): GridKey {
  const realm = realmOf(key)
  if (realm?.coding === 'hash') return bitsWithin(hashed(realm.interval, key.slice(realm.prefix.length)))
  const { low, width } = placeOf(key)
  const sums = sumsOf(realm)
  return bitsWithin({ low, width: (width * sums[1]!) / sums.at(-1)! || 1n })
}

/** The grid keys of all texts that begin with `prefix`, from `from` up to, not including, `to` (none: to the end);
 *  of no others, except that a hashed realm is all or nothing and that long texts may share a grid key. */
export function gridRangeOf(prefix: string): { from: GridKey; to: GridKey | undefined } {
  const isOfMany = realms.some(realm => realm.prefix.startsWith(prefix) && realm.prefix !== prefix)
  const { low, width } = placeOf(prefix)
  const next = successorOf(prefix)
  const end = !isOfMany ? low + width : next === undefined ? whole : placeOf(next).low
  return { from: boundText(low), to: end >= whole ? undefined : boundText(end) }
}

/** The interval of all texts that begin with `text`; of the whole realm when that is hashed. */
function placeOf(text: string): Interval {
  const realm = realmOf(text)
  if (realm?.coding === 'hash') return realm.interval
  if (realm) return narrowed(realm.interval, text.slice(realm.prefix.length), sumsOf(realm))
  const behind = realms.findIndex(({ prefix }) => text < prefix)
  const low = behind < 0 ? whole - sliver : slot * BigInt(behind)
  return narrowed({ low, width: sliver }, text, textSums)
}

function narrowed(interval: Interval, text: string, sums: readonly bigint[]): Interval {
  let { low, width } = interval
  const sum = sums.at(-1)!
  for (let i = 0; i < text.length && width >= sum; i++) {
    const sign = text.charCodeAt(i) - 0x20
    const end = (width * sums[sign + 1]!) / sum
    const start = (width * sums[sign]!) / sum
    low += start
    width = end - start
  }
  return { low, width }
}

function hashed({ low, width }: Interval, text: string): Interval {
  const hash = createHash('sha256').update(text).digest().readBigUInt64BE()
  return { low: low + ((width * hash) >> 64n), width: width >> 64n }
}

function realmOf(text: string): Realm | undefined {
  return realms.find(({ prefix }) => text.startsWith(prefix))
}

function sumsOf(realm: Realm | undefined): readonly bigint[] {
  return realm?.coding === 'bits' ? bitSums : textSums
}

/** The least text that is greater than all that begin with `prefix`. */
function successorOf(prefix: string): string | undefined {
  const kept = prefix.replace(/~+$/, '')
  if (kept === '') return undefined
  return kept.slice(0, -1) + String.fromCharCode(kept.charCodeAt(kept.length - 1) + 1)
}

/** The shortest fraction in the interval, though not shorter than any path may be. */
function bitsWithin({ low, width }: Interval): GridKey {
  for (let bits = pathBitsMax; bits < keyBitsMax; bits += 8) {
    const unit = BigInt(keyBitsMax - bits)
    const up = (low + (1n << unit) - 1n) >> unit
    if (up << unit < low + width) return up.toString(2).padStart(bits, '0')
  }
  return low.toString(2).padStart(keyBitsMax, '0')
}

/** Without zeros at the end: as text, a bound is then not after the keys that equal it as numbers. */
function boundText(bound: bigint): GridKey {
  return bound.toString(2).padStart(keyBitsMax, '0').replace(/0+$/, '')
}
