// Every length in a message at its limits: the least and the most it may be, one beyond, and what it promises missing.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isFault } from '../../base/fault.ts'
import { types } from './code.ts'
import { decodeMessage, encodeMessage } from './message.ts'
import { readName } from './name.ts'
import { messageText } from './presentation.ts'
import { dataOctets, readData } from './rdata.ts'
import { Reader } from './reader.ts'

type Word = keyof typeof types

/** `count` octets `octet`, in hexadecimal. */
const fill = (count: number, octet = '61'): string => octet.repeat(count)
const u8 = (value: number): string => value.toString(16).padStart(2, '0')
const u16 = (value: number): string => value.toString(16).padStart(4, '0')
/** A character-string or label. */
const string = (count: number): string => u8(count) + fill(count)
/** Labels that make a name of `count` octets in all. */
function name(count: number): string {
  let hex = ''
  for (let left = count - 1; left > 0; ) {
    // A label of one octet would leave none for its content.
    const octets = left === 65 ? 32 : Math.min(64, left)
    hex += string(octets - 1)
    left -= octets
  }
  return `${hex}00`
}

describe('a name', () => {
  const at12 = (hex: string): number => {
    const reader = new Reader(Buffer.from(fill(12, '00') + hex, 'hex'))
    reader.at = 12
    return readName(reader).length + 1
  }
  const good: [what: string, hex: string, octets: number][] = [
    ['a label of 63 octets', `${string(63)}00`, 65],
    ['127 labels', `${string(1).repeat(127)}00`, 255],
    ['255 octets', name(255), 255],
  ]
  for (const [what, hex, octets] of good) test(what, () => assert.equal(at12(hex), octets))
  const bad: [what: string, hex: string][] = [
    ['a label of 64', `${string(64)}00`],
    ['a label that lacks an octet', u8(63) + fill(62)],
    ['128 labels', `${string(1).repeat(128)}00`],
    ['256 octets', name(256)],
    ['two pointers to each other', 'c00ec00c'],
    ['a label, and a pointer to it', '0161c00c'],
    ['a pointer beyond the message', 'ffff'],
  ]
  for (const [what, hex] of bad) {
    test(`refuses ${what}`, () => assert.throws(() => at12(hex), isMalformed))
  }
  test('a pointer may make it 255 octets long, not 256', () => {
    const reader = new Reader(Buffer.from(`${fill(12, '00')}${name(253)}0161c00c026161c00c`, 'hex'))
    reader.at = 12 + 253
    assert.equal(readName(reader).length + 1, 255)
    assert.throws(() => readName(reader), isMalformed)
  })
})

function isMalformed(error: unknown): boolean {
  return isFault(error, 'bytes/malformed')
}

describe('data', () => {
  const key = '00010800'
  const nsec3 = '01000000'
  const good: [what: string, type: Word, hex: string][] = [
    ['an empty string', 'TXT', '00'],
    ['a string of 255 octets', 'TXT', string(255)],
    ['as many as a record holds', 'TXT', string(255).repeat(255) + string(254)],
    ['two empty strings', 'HINFO', '0000'],
    ['a tag of one octet', 'CAA', '000161'],
    ['a tag of 255', 'CAA', `00${string(255)}`],
    ['a target of one octet', 'URI', '0000000061'],
    ['a salt of 255 octets, a hash of 255', 'NSEC3', nsec3 + string(255) + string(255)],
    ['no salt', 'NSEC3PARAM', `${nsec3}00`],
    ['a bitmap of one octet', 'NSEC', '00000101'],
    ['a bitmap of 32', 'NSEC', `000020${fill(32, '01')}`],
    ['the last window', 'NSEC', '00ff2000000000000000000000000000000000000000000000000000000000000000fe'],
    ['no parameters', 'SVCB', '000100'],
    ['a parameter of no octets', 'SVCB', '00010002bc0000'],
    ['a parameter to the end of a record', 'SVCB', `00010002bc${u16(65_528)}${fill(65_528)}`],
    ['an ALPN of 255', 'HTTPS', `00010000010100${string(255)}`],
    ['an option of no octets', 'OPT', '000c0000'],
    ['an option to the end of a record', 'OPT', `000c${u16(65_531)}${fill(65_531)}`],
    ['no options', 'OPT', ''],
    ['the longest record of an unknown type', 'TSIG', fill(65_535)],
  ]
  const read = (type: Word, hex: string): Uint8Array => {
    const octets = Buffer.from(hex, 'hex')
    return dataOctets(readData(new Reader(octets), types[type], 1, octets.length))
  }
  for (const [what, type, hex] of good) {
    test(`${type}: ${what}`, () => assert.equal(Buffer.from(read(type, hex)).toString('hex'), hex))
  }
  const bad: [what: string, type: Word, hex: string][] = [
    ['a string that lacks an octet', 'TXT', u8(255) + fill(254)],
    ['one string of two', 'HINFO', '00'],
    ['no tag', 'CAA', '0000'],
    ['a tag that lacks an octet', 'CAA', u16(2) + fill(1)],
    ['a salt that lacks an octet', 'NSEC3', `${nsec3}ff${fill(254)}`],
    ['no hash', 'NSEC3', `${nsec3}0000`],
    ['a bitmap of no octets', 'NSEC', '000000'],
    ['a bitmap of 33', 'NSEC', `000021${fill(33, '01')}`],
    ['a bitmap that lacks an octet', 'NSEC', `000020${fill(31, '01')}`],
    ['a window twice', 'NSEC', '00000101000101'],
    ['a parameter that lacks an octet', 'SVCB', '00010002bc000261'],
    ['half the length of a parameter', 'SVCB', '00010002bc00'],
    ['a target of none', 'URI', '00000000'],
    ['the parameter that is none', 'SVCB', '000100ffff0000'],
    ['an ALPN that lacks an octet', 'HTTPS', `0001000001${u16(2)}0261`],
    ['a port of one octet', 'HTTPS', '000100000300016b'],
    ['an address of three', 'HTTPS', '00010000040003c00002'],
    ['an option that lacks an octet', 'OPT', '000c000261'],
    ['half the length of an option', 'OPT', '000c00'],
    ['a DNSKEY without an algorithm', 'DNSKEY', key.slice(0, 6)],
    ['a LOC of 15 octets', 'LOC', fill(15, '00')],
    ['an EUI-48 of five', 'EUI48', fill(5)],
    ['an EUI-64 of nine', 'EUI64', fill(9)],
  ]
  for (const [what, type, hex] of bad) {
    test(`${type} refuses ${what}`, () => assert.throws(() => read(type, hex), isMalformed))
  }
})

describe('a message', () => {
  const a = `00000100010000000000047f000001`
  const header = (counts: string): string => `00008000${counts}`
  test('65,535 octets in one record', () => {
    const length = 65_535 - 12 - 11
    const bytes = Buffer.from(
      `${header('0000000100000000')}00ff00000100000000${u16(length)}${fill(length)}`,
      'hex',
    )
    assert.equal(bytes.length, 65_535)
    const message = decodeMessage(bytes)
    assert.equal(Buffer.compare(encodeMessage(message), bytes), 0)
  })
  test('4,367 records, each found, none beyond', () => {
    const count = Math.floor((65_535 - 12) / 15)
    const counted = (claimed: number): Buffer =>
      Buffer.from(header(`0000${u16(claimed)}00000000`) + a.repeat(count), 'hex')
    assert.equal(messageText(decodeMessage(counted(count))).split('\n').length, count + 2)
    for (const wrong of [count - 1, count + 1, 65_535])
      assert.throws(() => decodeMessage(counted(wrong)), isMalformed)
  })
  for (const [section, counts] of Object.entries({
    questions: 'ffff000000000000',
    answers: '0000ffff00000000',
    authorities: '00000000ffff0000',
    additionals: '000000000000ffff',
  })) {
    test(`refuses 65,535 ${section} of which none is there`, () =>
      assert.throws(() => decodeMessage(Buffer.from(header(counts), 'hex')), isMalformed))
  }
})
