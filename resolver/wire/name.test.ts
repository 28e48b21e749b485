import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isFault } from '../../base/fault.ts'
import {
  childOf,
  foldCase,
  labelsOf,
  type Name,
  nameText,
  parentOf,
  parseName,
  readName,
  rootName,
  writeName,
} from './name.ts'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

const malformed = (error: unknown): boolean => isFault(error, 'bytes/malformed')
const invalid = (error: unknown): boolean => isFault(error, 'name/invalid')
const header = '\0'.repeat(12)

function read(body: string, at = 12): { name: Name; next: number } {
  const reader = new Reader(Buffer.from(header + body, 'latin1'))
  reader.at = at
  return { name: readName(reader), next: reader.at }
}

describe('presentation', () => {
  const rows: [text: string, wire: string, shown: string][] = [
    ['', '', '.'],
    ['.', '', '.'],
    ['inxt', '\x04inxt', 'inxt.'],
    ['www.inxt.', '\x03www\x04inxt', 'www.inxt.'],
    ['a\\.b.c', '\x03a.b\x01c', 'a\\.b.c.'],
    ['\\000\\255.x', '\x02\x00\xff\x01x', '\\000\\255.x.'],
    ['a b\\\\', '\x04a b\\', 'a\\032b\\\\.'],
    ['\\a\\"\\;@', '\x04a";@', 'a\\"\\;\\@.'],
  ]
  for (const [text, wire, shown] of rows) {
    test(`"${text}"`, () => {
      assert.equal(parseName(text), wire)
      assert.equal(nameText(wire as Name), shown)
      assert.equal(parseName(shown), wire)
    })
  }
  const longest = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(61)}`
  const bad = ['..', '.a', 'a..b', 'a\\', 'a\\25', 'a\\256', 'ü\u0101', 'x'.repeat(64), `${longest}d`]
  for (const text of bad) {
    test(`refuses "${text.slice(0, 20)}"`, () => assert.throws(() => parseName(text), invalid))
  }
  test('255 octets are a name', () => assert.equal(parseName(longest).length, 254))
})

describe('parts', () => {
  test('labels, parent, child', () => {
    const name = parseName('a.b.inxt')
    assert.deepEqual(labelsOf(name), ['a', 'b', 'inxt'])
    assert.equal(parentOf(name), parseName('b.inxt'))
    assert.equal(parentOf(rootName), rootName)
    assert.equal(childOf('x', name), parseName('x.a.b.inxt'))
    assert.throws(() => childOf('', name), invalid)
  })
  test('folding touches A to Z only', () => {
    assert.equal(foldCase(parseName('AZ\\192.InXt')), parseName('az\\192.inxt'))
    // A label of 63 octets, the largest length octet, is just below 'A'.
    const long = parseName('X'.repeat(63))
    assert.equal(foldCase(long), parseName('x'.repeat(63)))
  })
})

describe('wire', () => {
  const rows: [label: string, body: string, at: number, name: string, next: number][] = [
    ['root', '\0', 12, '', 13],
    ['one name', '\x01a\x01b\0', 12, '\x01a\x01b', 17],
    ['a pointer', '\x01b\0\x01a\xc0\x0c', 15, '\x01a\x01b', 19],
    ['a pointer to a pointer', '\x01b\0\x01a\xc0\x0c\x01c\xc0\x0f', 19, '\x01c\x01a\x01b', 23],
    ['a pointer to the root', '\0\xc0\x0c', 13, '', 15],
  ]
  for (const [label, body, at, name, next] of rows) {
    test(`reads ${label}`, () => assert.deepEqual(read(body, at), { name, next }))
  }
  const many = (count: number): string => {
    let chain = '\0'
    for (let i = 0; i < count; i++) chain += i === 0 ? '\xc0\x0c' : `\xc0${String.fromCharCode(11 + 2 * i)}`
    return chain
  }
  const bad: [label: string, body: string, at: number][] = [
    ['no end', '\x01a', 12],
    ['a label past the end', '\x05a', 12],
    ['half a pointer', '\0\xc0', 13],
    ['a pointer to itself', '\xc0\x0c', 12],
    ['a pointer into its own piece', '\x01a\xc0\x0c', 12],
    ['a pointer ahead', '\xc0\x0e\0', 12],
    ['a pointer to the header', '\xc0\x00', 12],
    ['a reserved label', '\x41a\0', 12],
    ['a reserved pointer', '\x80a\0', 12],
    ['256 octets', `${'\x3f'}${'a'.repeat(63)}`.repeat(4).concat('\0'), 12],
    ['more pointers than anybody needs', many(34), 12 + 1 + 2 * 33],
  ]
  for (const [label, body, at] of bad) {
    test(`refuses ${label}`, () => assert.throws(() => read(body, at), malformed))
  }
  test('follows as many pointers as are allowed', () =>
    assert.equal(read(many(32), 12 + 1 + 2 * 31).name, ''))
})

describe('compression', () => {
  function written(...names: string[]): string {
    const writer = new Writer()
    writer.reset(65_535)
    for (const name of names) writeName(writer, parseName(name))
    return Buffer.from(writer.copy()).toString('latin1')
  }
  test('points at the longest ending', () =>
    assert.equal(written('a.inxt', 'b.a.inxt', 'inxt', '.'), '\x01a\x04inxt\0\x01b\xc0\0\xc0\x02\0'))
  test('keeps a different case', () => assert.equal(written('inxt', 'Inxt'), '\x04inxt\0\x04Inxt\0'))
  test('does not point where 14 bits do not reach', () => {
    const writer = new Writer()
    writer.reset(65_535)
    writer.put(new Uint8Array(0x4000))
    writeName(writer, parseName('inxt'))
    writeName(writer, parseName('inxt'))
    assert.equal(writer.at, 0x4000 + 12)
  })
})
