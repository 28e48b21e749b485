import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Interface } from 'ethers/abi'
import fc from 'fast-check'
import { fromHex, toHex, utf8 } from '../base/bytes.ts'
import { isFault } from '../base/fault.ts'
import { decodeTuple, encodeCall, encodeTuple, signature } from './abi.ts'
import { decodeEdgeEvent, decodeNameEvent, encodeEvent } from './events.ts'
import { decodeRevert } from './revert.ts'
import { edgeCalls, edgeRegistrySignatures, nameCalls, nameRegistrySignatures } from './signatures.ts'
import { edgeEvent, nameEvent } from './specimens.ts'

const oracle = new Interface([...nameRegistrySignatures, ...edgeRegistrySignatures])
const runs = { numRuns: 200, seed: 1 }

test('signatures hash as ethers hashes them', () => {
  for (const text of [...nameRegistrySignatures, ...edgeRegistrySignatures]) {
    if (text.includes('((')) continue // the tuple is only ever decoded by its fields
    const ours = signature(text)
    const contract = new Interface([text])
    const theirs =
      ours.kind === 'event'
        ? contract.getEvent(ours.name)!.topicHash
        : ours.kind === 'error'
          ? contract.getError(ours.name)!.selector
          : contract.getFunction(ours.name)!.selector
    assert.equal(ours.hash.slice(0, theirs.length), theirs, text)
  }
})

test('events are encoded as ethers encodes them, and decoded back', () => {
  fc.assert(
    fc.property(fc.oneof(nameEvent, edgeEvent), event => {
      const fragment = oracle.getEvent(event.event)!
      const values = fragment.inputs.map(input => (event as unknown as Record<string, unknown>)[input.name])
      const theirs = oracle.encodeEventLog(fragment, values)
      const ours = encodeEvent(event)
      assert.equal(ours.data, theirs.data)
      assert.deepEqual(ours.topics, theirs.topics)
      const decode = event.event.startsWith('Edge') ? decodeEdgeEvent : decodeNameEvent
      assert.deepEqual(decode(ours), { ...event })
    }),
    runs,
  )
})

test('calls are encoded as ethers encodes them', () => {
  const key = `0x${'ab'.repeat(32)}`
  const rows: [Map<string, ReturnType<typeof signature>>, string, (string | number)[]][] = [
    [nameCalls, 'setContenthash', [key, '0xe30101701220']],
    [nameCalls, 'transfer', [key, `0x${'0c'.repeat(20)}`]],
    [nameCalls, 'renew', [key]],
    [edgeCalls, 'update', [key, '0x7f000101', 5300, 8080, 9000]],
    [edgeCalls, 'remove', [key]],
  ]
  for (const [calls, name, values] of rows) {
    assert.equal(encodeCall(calls.get(name)!, values), oracle.encodeFunctionData(name, values))
  }
  const names = new Interface(nameRegistrySignatures)
  assert.equal(
    encodeCall(nameCalls.get('register')!, ['welcome']),
    names.encodeFunctionData('register', ['welcome']),
  )
})

test('only the canonical encoding is decoded', () => {
  const good = toHex(encodeTuple(['bytes', 'uint64'], ['0xc0ffee', 7]))
  const at = (word: number, byte: number): number => (word * 32 + byte) * 2
  const changed = (index: number, byte: string): string => good.slice(0, index) + byte + good.slice(index + 2)
  const rows: [why: string, hex: string][] = [
    ['cut off', good.slice(0, -2)],
    ['a byte too many', `${good}00`],
    ['a word too many', good + '00'.repeat(32)],
    ['empty', ''],
    ['offset past its place', changed(at(0, 31), '60')],
    ['offset into the head', changed(at(0, 31), '00')],
    ['offset of 2^256 - 1', 'ff'.repeat(32) + good.slice(64)],
    ['uint64 over its width', changed(at(1, 23), '01')],
    ['uint64 over 2^53', changed(at(1, 24), '01')],
    ['length over the data', changed(at(2, 31), '60')],
    ['length of 2^252', changed(at(2, 0), '10')],
    ['length shorter than the value', changed(at(2, 31), '02')],
    ['padding not zero', changed(at(3, 31), '01')],
  ]
  assert.deepEqual(decodeTuple(['bytes', 'uint64'], fromHex(good)!), ['0xc0ffee', 7])
  for (const [why, hex] of rows) {
    const decode = (): unknown => decodeTuple(['bytes', 'uint64'], fromHex(hex)!)
    assert.throws(decode, error => isFault(error, 'bytes/malformed'), why)
  }
  const badText = encodeTuple(['bytes'], ['0xff'])
  assert.throws(
    () => decodeTuple(['string'], badText),
    error => isFault(error),
  )
})

test('custom errors are told in words', () => {
  const node = `0x${'ab'.repeat(32)}`
  const owner = `0x${'0c'.repeat(20)}`
  const rows: [data: string, words: RegExp, error: string][] = [
    [
      oracle.encodeErrorResult('NameTaken', [node, owner, 1_795_000_000]),
      /^NameTaken \(node 0xabab.*, owner 0x0c0c.*, expiresAt 1795000000\)$/,
      'NameTaken',
    ],
    [
      oracle.encodeErrorResult('LabelCharacterInvalid', [3, '0x41']),
      /position 3, character 0x41/,
      'LabelCharacterInvalid',
    ],
    [`0x08c379a0${toHex(encodeTuple(['string'], ['no\nway']))}`, /^Error \(message no\?way\)$/, 'Error'],
    [`0x4e487b71${toHex(encodeTuple(['uint256'], [17]))}`, /^Panic \(code 17\)$/, 'Panic'],
    ['0x', /no data/, 'unknown'],
    ['0xdeadbeef', /data 0xdeadbeef/, 'unknown'],
    ['not hexadecimal', /no reason/, 'unknown'],
  ]
  for (const [data, words, error] of rows) {
    assert.match(decodeRevert(data).words, words)
    assert.equal(decodeRevert(data).error, error)
  }
})

test('a label that is not UTF-8 in an event is a Fault', () => {
  const event = encodeEvent({
    event: 'NameRegistered',
    node: `0x${'00'.repeat(32)}`,
    label: 'ab',
    owner: `0x${'00'.repeat(20)}`,
    expiresAt: 1,
    sequence: 1,
  })
  const broken = event.data.replace(toHex(utf8('ab')), 'ff62')
  assert.notEqual(broken, event.data)
  assert.throws(
    () => decodeNameEvent({ ...event, data: broken }),
    error => isFault(error, 'bytes/malformed'),
  )
})
