import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toHex } from '../base/bytes.ts'
import { peerIdOf } from '../overlay/peer.ts'
import { nearestFirst, servingEdges } from './serving.ts'

const key = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)
const entry = (byte: number) => ({
  peerKey: `0x${toHex(key(byte))}`,
  owner: '0x0',
  operatorKey: '0x0',
  address: `127.0.1.${byte}`,
  ipv6: '',
  dnsPort: 53,
  httpPort: 80,
  httpsPort: 0,
  overlayPort: 4001,
  stakeWei: 0n,
  withdrawableAt: 0,
})
const member = (byte: number, port = 4001) => ({ id: peerIdOf(key(byte)), host: `127.0.1.${byte}`, port })

test('an edge serves when the Roll, its life and its own word agree', () => {
  const roll = [entry(1), entry(2), entry(3), entry(4)]
  const live = [member(1), member(3, 4002), { ...member(4), host: '127.0.1.9' }, member(5)]
  assert.deepEqual(
    servingEdges(roll, live).map(({ address }) => address),
    ['127.0.1.1'],
  )
  assert.deepEqual(servingEdges([], live), [])
})

test('the nearest come first, and those about as near take turns', () => {
  const rtts = [80, 1, 300, 2, undefined]
  const ordered = (turn: number, countMax: number) =>
    nearestFirst([0, 1, 2, 3, 4], i => rtts[i], turn, countMax)
  assert.deepEqual(ordered(0, 9), [1, 3, 0, 2, 4])
  assert.deepEqual(ordered(1, 9), [3, 1, 0, 2, 4])
  assert.deepEqual(ordered(1, 2), [3, 1])
})
