// The parameters of SVCB and HTTPS records (RFC 9460 §2.1, §2.2, §14.3.2).
//
//   alpn="h2,h3" port=8443 ipv4hint=192.0.2.1,192.0.2.2
//
// On the wire they are keys in ascending order, each with a length and a value; in a zone file they come in
// any order. A value is octets unless its key has a form here. What is malformed by §2.2 is refused in both
// directions, because clients throw the whole record away.

import { concatBytes } from '../../base/bytes.ts'
import { addressText, parseIpv4, parseIpv6 } from './address.ts'
import { malformed, Reader } from './reader.ts'
import { quoted, shown, stringOctets, type Words, wrong } from './words.ts'

/** How one key's value is spelled and checked. */
interface Form {
  readonly word: string
  parse(value: Uint8Array): Uint8Array
  text(octets: Uint8Array): string
  good(octets: Uint8Array): boolean
}

const latin1 = (octets: Uint8Array): string => Buffer.from(octets).toString('latin1')
const octets16 = (value: number): Uint8Array => Uint8Array.of(value >>> 8, value & 0xff)
const none = new Uint8Array(0)

function hints(word: string, length: number, parse: (text: string) => Uint8Array | undefined): Form {
  return {
    word,
    parse: value =>
      concatBytes(
        latin1(value)
          .split(',')
          .map(text => {
            const octets = parse(text)
            if (octets === undefined) throw wrong(`${word}: not an address: ${shown(text)}`)
            return octets
          }),
      ),
    text: octets => chunks(octets, length).map(addressText).join(','),
    good: octets => octets.length > 0 && octets.length % length === 0,
  }
}

function chunks(octets: Uint8Array, length: number): Uint8Array[] {
  return Array.from({ length: octets.length / length }, (_, i) =>
    octets.subarray(i * length, (i + 1) * length),
  )
}

/** A key that is its own whole value. */
function flag(word: string): Form {
  return {
    word,
    parse(value) {
      if (value.length > 0) throw wrong(`${word} has no value`)
      return none
    },
    text: () => '',
    good: octets => octets.length === 0,
  }
}

const forms = new Map<number, Form>([
  [
    0,
    {
      word: 'mandatory',
      parse(value) {
        const keys = latin1(value).split(',').map(keyOf)
        return concatBytes(keys.sort((a, b) => a - b).map(octets16))
      },
      text: octets => keysIn(octets).map(keyText).join(','),
      good(octets) {
        const keys = keysIn(octets)
        // Nobody lists `mandatory` itself, and each key once (RFC 9460 §8).
        return (
          octets.length > 0 && octets.length % 2 === 0 && keys.every((key, i) => key > (keys[i - 1] ?? 0))
        )
      },
    },
  ],
  [
    1,
    {
      word: 'alpn',
      parse: value =>
        concatBytes(
          listItems(latin1(value)).flatMap(item => {
            if (item.length < 1 || item.length > 255) throw wrong('alpn: a protocol has 1 to 255 octets')
            return [Uint8Array.of(item.length), Buffer.from(item, 'latin1')]
          }),
        ),
      text: octets => quoted(Buffer.from(protocols(octets)!.map(listItemText).join(','), 'latin1')),
      good: octets => (protocols(octets)?.length ?? 0) > 0,
    },
  ],
  [2, flag('no-default-alpn')],
  [
    3,
    {
      word: 'port',
      parse(value) {
        const text = latin1(value)
        const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : 65_536
        if (port > 65_535) throw wrong(`port: not a port: ${shown(text)}`)
        return octets16(port)
      },
      text: octets => String((octets[0]! << 8) | octets[1]!),
      good: octets => octets.length === 2,
    },
  ],
  [4, hints('ipv4hint', 4, parseIpv4)],
  [
    5,
    {
      word: 'ech',
      parse(value) {
        const octets = Buffer.from(latin1(value), 'base64')
        if (octets.toString('base64') !== latin1(value)) throw wrong('ech: not base64')
        return octets
      },
      text: octets => quoted(Buffer.from(Buffer.from(octets).toString('base64'))),
      good: octets => octets.length > 0,
    },
  ],
  [6, hints('ipv6hint', 16, parseIpv6)],
  [7, { word: 'dohpath', parse: value => value, text: quoted, good: octets => octets.length > 0 }],
  [8, flag('ohttp')],
])
const keyByWord = new Map([...forms].map(([key, { word }]) => [word, key]))

/** The key that is invalid (RFC 9460 §14.3.2). */
const reservedKey = 65_535

function keyText(key: number): string {
  return forms.get(key)?.word ?? `key${key}`
}

function keyOf(word: string): number {
  const known = keyByWord.get(word)
  if (known !== undefined) return known
  const number = /^key(0|[1-9][0-9]{0,4})$/.exec(word)?.[1]
  if (number === undefined || Number(number) >= reservedKey)
    throw wrong(`not a parameter of SVCB: ${shown(word)}`)
  return Number(number)
}

function keysIn(octets: Uint8Array): number[] {
  return chunks(octets, 2).map(([high, low]) => (high! << 8) | low!)
}

/** Items between commas; `\,` and `\\` stand for themselves (RFC 9460 §A.1). */
function listItems(text: string): string[] {
  const items = ['']
  for (let at = 0; at < text.length; at++) {
    if (text[at] === ',') items.push('')
    else items[items.length - 1] += text[at] === '\\' ? (text[++at] ?? '') : text[at]!
  }
  return items
}

function listItemText(item: string): string {
  return item.replace(/[\\,]/g, character => `\\${character}`)
}

function protocols(octets: Uint8Array): string[] | undefined {
  const found: string[] = []
  for (let at = 0; at < octets.length; at += 1 + octets[at]!) {
    const item = octets.subarray(at + 1, at + 1 + octets[at]!)
    if (item.length === 0 || item.length !== octets[at]) return undefined
    found.push(latin1(item))
  }
  return found
}

/** The octets of `key=value` words. Throws Fault `config/invalid`. */
export function parseParams(words: Words): Uint8Array {
  const params = new Map<number, Uint8Array>()
  while (words.left > 0) {
    const raw = words.next('a parameter')
    const equals = raw.indexOf('=')
    const key = keyOf(equals < 0 ? raw : raw.slice(0, equals))
    if (params.has(key)) throw wrong(`${keyText(key)} is there twice`)
    const value = equals < 0 ? none : stringOctets(raw.slice(equals + 1))
    const octets = forms.get(key)?.parse(value) ?? value
    if (octets.length > 0xffff) throw wrong(`${keyText(key)} is too long`)
    params.set(key, octets)
  }
  const sorted = [...params].sort(([a], [b]) => a - b)
  const octets = concatBytes(sorted.flatMap(([key, value]) => [octets16(key), octets16(value.length), value]))
  const fault = faultIn(octets)
  if (fault !== undefined) throw wrong(fault)
  return octets
}

/** What makes the parameters malformed (RFC 9460 §2.2, §7, §8), or undefined. */
export function faultIn(octets: Uint8Array): string | undefined {
  const params = new Map<number, Uint8Array>()
  const reader = new Reader(octets)
  let previous = -1
  while (reader.left > 0) {
    if (reader.left < 4) return 'half a parameter'
    const key = reader.u16()
    const length = reader.u16()
    if (length > reader.left) return 'half a parameter'
    if (key === reservedKey) return 'the key 65535, which is none'
    if (key <= previous) return 'parameters that are not in ascending order'
    const value = reader.take(length)
    if (forms.get(key)?.good(value) === false) return `${keyText(key)} of a form that it does not have`
    params.set(key, value)
    previous = key
  }
  if (params.has(2) && !params.has(1)) return 'no-default-alpn without alpn'
  const absent = keysIn(params.get(0) ?? none).find(key => !params.has(key))
  return absent === undefined ? undefined : `${keyText(absent)} is mandatory, but absent`
}

/** Spelled as in a zone file. The octets must be good. */
export function paramsText(octets: Uint8Array): string {
  const reader = new Reader(octets)
  const texts: string[] = []
  while (reader.left > 0) {
    const key = reader.u16()
    const value = reader.take(reader.u16())
    const text = forms.get(key)?.text(value) ?? (value.length > 0 ? quoted(value) : '')
    texts.push(text === '' ? keyText(key) : `${keyText(key)}=${text}`)
  }
  return texts.join(' ')
}

/** The octets up to `end`. Throws Fault `bytes/malformed`. */
export function takeParams(reader: Reader, end: number): Uint8Array {
  if (end < reader.at) throw malformed('record data runs past its end')
  const octets = reader.take(end - reader.at)
  const fault = faultIn(octets)
  if (fault !== undefined) throw malformed(`SVCB: ${fault}`)
  return octets
}
