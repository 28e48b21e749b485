import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Fault, isFault } from '../base/fault.ts'
import { parseData, parseHeader, parseLogs, parseQuantity } from './answers.ts'

const hash = `0x${'Ab'.repeat(32)}`
const header = { number: '0x10', hash, parentHash: hash, timestamp: '0x20', more: 1 }
const log = {
  address: `0x${'0C'.repeat(20)}`,
  topics: [hash],
  data: '0x00',
  blockNumber: '0x10',
  blockHash: hash,
  logIndex: '0x0',
}

test('well-formed answers are read, in lower case', () => {
  assert.deepEqual(parseHeader(header), {
    number: 16,
    hash: hash.toLowerCase(),
    parentHash: hash.toLowerCase(),
    minedAt: 32_000,
  })
  assert.equal(parseHeader(null), undefined)
  assert.equal(parseLogs([log], 1)[0]!.address, `0x${'0c'.repeat(20)}`)
  assert.equal(parseLogs([log, { ...log, logIndex: '0x1' }], 2).length, 2)
  assert.equal(parseQuantity('0x1fffffffffffff', 'n'), Number.MAX_SAFE_INTEGER)
})

test('a log that is too long is cut, and the others are read', () => {
  const long = { ...log, data: `0x${'ab'.repeat(100_000)}` }
  const [first, second] = parseLogs([long, { ...log, logIndex: '0x1' }], 2)
  assert.equal(first!.data, `0x${'ab'.repeat(4096)}`)
  assert.equal(second!.data, '0x00')
})

test('ill-formed ones are refused', () => {
  const rows: [why: string, parse: () => unknown][] = [
    ['quantity without digits', () => parseQuantity('0x', 'n')],
    ['quantity as number', () => parseQuantity(5, 'n')],
    ['quantity past 2^53', () => parseQuantity('0x20000000000000', 'n')],
    ['odd data', () => parseData('0x0', 'd', { bytesMax: 9 })],
    ['long data', () => parseData('0x0000', 'd', { bytesMax: 1 })],
    ['short data', () => parseData('0x00', 'd', { bytes: 2 })],
    ['no header', () => parseHeader('0x')],
    ['header with a short hash', () => parseHeader({ ...header, hash: '0x12' })],
    ['undefined header', () => parseHeader(undefined)],
    ['logs as an object', () => parseLogs({}, 9)],
    ['five topics', () => parseLogs([{ ...log, topics: Array(5).fill(hash) }], 9)],
    ['header without an instant', () => parseHeader({ ...header, timestamp: undefined })],
    ['header of no year', () => parseHeader({ ...header, timestamp: '0x1fffffffffffff' })],
    ['long data that are none', () => parseLogs([{ ...log, data: `0x${'zz'.repeat(5000)}` }], 9)],
    ['the same log twice', () => parseLogs([log, log], 9)],
    ['falling blocks', () => parseLogs([log, { ...log, blockNumber: '0xf' }], 9)],
    [
      'one block, two hashes',
      () => parseLogs([log, { ...log, logIndex: '0x1', blockHash: `0x${'cd'.repeat(32)}` }], 9),
    ],
  ]
  for (const [why, parse] of rows) assert.throws(parse, error => isFault(error, 'bytes/malformed'), why)
  assert.throws(
    () => parseLogs([log, log], 1),
    error => isFault(error, 'bytes/too-large'),
  )
})

test('anything at all: only Fault comes out', () => {
  const field = fc.constantFrom(...Object.keys({ ...header, ...log }))
  fc.assert(
    fc.property(fc.jsonValue(), field, fc.boolean(), (value, name, whole) => {
      for (const parse of [
        () => parseHeader(whole ? value : { ...header, [name]: value }),
        () => parseLogs(whole ? value : [{ ...log, [name]: value }], 5),
        () => parseQuantity(value, 'n'),
        () => parseData(value, 'd', { bytesMax: 4 }),
      ]) {
        try {
          parse()
        } catch (error) {
          if (!(error instanceof Fault)) throw error
        }
      }
    }),
    { numRuns: 500, seed: 7 },
  )
})
