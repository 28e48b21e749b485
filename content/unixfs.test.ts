import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromHex, toHex, utf8 } from '../base/bytes.ts'
import { isFault } from '../base/fault.ts'
import { decodeUnixfs, encodeUnixfs, type Unixfs } from './unixfs.ts'

const none = new Uint8Array(0)

test('the bytes are those of kubo and of ipfs-unixfs', () => {
  const rows: [value: Unixfs, hex: string][] = [
    [{ kind: 'directory', data: none, blockSizes: [] }, '0801'],
    [{ kind: 'symlink', data: utf8('a/b'), blockSizes: [] }, '08041203612f62'],
    [{ kind: 'file', data: none, sizeBytes: 0, blockSizes: [] }, '08021800'],
    [{ kind: 'file', data: utf8('hello'), sizeBytes: 5, blockSizes: [] }, '0802120568656c6c6f1805'],
    [
      { kind: 'file', data: none, sizeBytes: 5_000_000_300, blockSizes: [300, 5_000_000_000] },
      '080218ace697d01220ac022080e497d012',
    ],
    [
      { kind: 'shard', data: Uint8Array.of(1, 0, 255), blockSizes: [], hashType: 0x22, fanout: 256 },
      '080512030100ff2822308002',
    ],
  ]
  for (const [value, hex] of rows) {
    const bytes = encodeUnixfs(value)
    assert.equal(toHex(bytes), hex)
    assert.deepEqual(decodeUnixfs(bytes), value)
  }
})

test('packed sizes, mode and mtime are read over', () => {
  assert.deepEqual(
    decodeUnixfs(fromHex('0802' + '2203012c05' + '38a403' + '4202' + '0805')!).blockSizes,
    [1, 44, 5],
  )
})

test('what is no UnixFS is refused', () => {
  const rows: [hex: string, code: string][] = [
    ['', 'bytes/malformed'],
    ['1200', 'bytes/malformed'], // no type
    ['0806', 'bytes/malformed'], // no such type
    ['0803', 'content/unsupported'], // metadata
    ['08', 'bytes/malformed'], // cut
    ['08021205aa', 'bytes/malformed'], // data runs past the end
    ['080218ffffffffffffffffff01', 'bytes/malformed'], // 2^64 - 1
    ['080218ffffffffffffffffffff01', 'bytes/malformed'], // eleven bytes
    ['0a00', 'bytes/malformed'], // type as bytes
    ['08020000', 'bytes/malformed'], // field 0
    ['08025b', 'bytes/malformed'], // a group
    ['08025d00', 'bytes/malformed'], // fixed32 cut
    [`0802${'2000'.repeat(16_385)}`, 'bytes/malformed'], // too many sizes
  ]
  for (const [hex, code] of rows) {
    assert.throws(
      () => decodeUnixfs(fromHex(hex)!),
      (e: unknown) => isFault(e) && e.code === code,
      hex.slice(0, 40),
    )
  }
})
