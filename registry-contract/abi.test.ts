import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Interface } from 'ethers/abi'
import fc from 'fast-check'
import { fromHex, toHex, utf8 } from '../base/bytes.ts'
import { isFault } from '../base/fault.ts'
import { decodeTuple, encodeTuple, encodeWord, formOf, signature, type Value } from './abi.ts'
import { decodeEvent, encodeEvent } from './events.ts'
import { eventTexts } from './signatures.ts'
import { registryEvent, sourceOfEvent } from './specimens.ts'

const texts: readonly string[] = Object.values(eventTexts).flat()
const oracle = new Interface(texts)

function forms(...types: string[]): ReturnType<typeof formOf>[] {
  return types.map(formOf)
}

test('signatures hash as ethers hashes them', () => {
  for (const text of texts) {
    const ours = signature(text)
    assert.equal(ours.hash, oracle.getEvent(ours.name)!.topicHash, text)
  }
  for (const text of ['event A(uint8 b', 'error A(uint8 b)', 'event ()']) {
    assert.throws(() => signature(text), /assertion/)
  }
})

test('events are encoded as ethers encodes them, and decoded back', () => {
  fc.assert(
    fc.property(registryEvent, event => {
      const fragment = oracle.getEvent(event.event)!
      const values = fragment.inputs.map(input => (event as unknown as Record<string, unknown>)[input.name])
      const theirs = oracle.encodeEventLog(fragment, values)
      const ours = encodeEvent(event)
      assert.equal(ours.data, theirs.data)
      assert.deepEqual(ours.topics, theirs.topics)
      assert.deepEqual(decodeEvent(sourceOfEvent(event), ours), { ...event })
    }),
    { numRuns: 300, seed: 1 },
  )
})

test('values keep their type: text, number up to 64 bits, bigint past that', () => {
  const types = ['uint64', 'uint96', 'bytes4', 'address', 'string', 'bytes']
  const values: Value[] = [2 ** 53 - 1, 2n ** 96n - 1n, '0x7f000101', `0x${'0c'.repeat(20)}`, 'bücher', '0x']
  assert.deepEqual(decodeTuple(forms(...types), `0x${toHex(encodeTuple(forms(...types), values))}`), values)
  assert.throws(() => encodeWord(formOf('uint8'), 256), /assertion/)
  assert.throws(() => formOf('int8'), /assertion/)
})

test('only the canonical encoding is decoded', () => {
  const types = forms('bytes', 'uint64')
  const good = `0x${toHex(encodeTuple(types, ['0xc0ffee', 7]))}`
  const at = (word: number, byte: number): number => 2 + (word * 32 + byte) * 2
  const changed = (index: number, byte: string): string => good.slice(0, index) + byte + good.slice(index + 2)
  const rows: [why: string, hex: string][] = [
    ['cut off', good.slice(0, -2)],
    ['a byte too many', `${good}00`],
    ['a word too many', good + '00'.repeat(32)],
    ['empty', '0x'],
    ['a head alone', good.slice(0, 130)],
    ['offset past its place', changed(at(0, 31), '60')],
    ['offset into the head', changed(at(0, 31), '00')],
    ['offset of 2^256 - 1', `0x${'ff'.repeat(32)}${good.slice(66)}`],
    ['uint64 over its width', changed(at(1, 23), '01')],
    ['uint64 over 2^53', changed(at(1, 24), '01')],
    ['length over the data', changed(at(2, 31), '60')],
    ['length of 2^252', changed(at(2, 0), '10')],
    ['length shorter than the value', changed(at(2, 31), '02')],
    ['padding not zero', changed(at(3, 31), '01')],
    ['100 kB', `0x${'00'.repeat(100_000)}`],
  ]
  assert.deepEqual(decodeTuple(types, good), ['0xc0ffee', 7])
  for (const [why, hex] of rows) {
    assert.throws(
      () => decodeTuple(types, hex),
      error => isFault(error, 'bytes/malformed'),
      why,
    )
  }
  const badText = `0x${toHex(encodeTuple(forms('bytes'), ['0xff']))}`
  assert.throws(
    () => decodeTuple(forms('string'), badText),
    error => isFault(error),
  )
})

test('a label that is not UTF-8 in an event is a Fault', () => {
  const node = `0x${'00'.repeat(32)}`
  const owner = `0x${'00'.repeat(20)}`
  const facts = { node, owner, expiresAt: 1, sequence: 1, cost: 0n }
  const event = encodeEvent({ event: 'NameRegistered', label: 'ab', ...facts })
  const broken = event.data.replace(toHex(utf8('ab')), 'ff62')
  assert.notEqual(broken, event.data)
  assert.ok(fromHex(broken))
  assert.throws(
    () => decodeEvent('NameRegistrar', { ...event, data: broken }),
    error => isFault(error, 'bytes/malformed'),
  )
})
