import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toHex } from '../base/bytes.ts'
import { peerIdOf } from '../overlay/peer.ts'
import { encodeHolder } from '../overlay/records/values.ts'
import { completeHolders, nearestFirst, nearestKept, servingEdges, tlsPortOf } from './serving.ts'

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

test('who is still fetching a site is none of its holders yet', () => {
  const edges = [1, 2, 3].map(byte => ({ ...entry(byte), peer: member(byte).id }))
  const record = (byte: number, isComplete: boolean) => {
    const publisher = member(byte).id
    return { publisher, value: encodeHolder({ holder: publisher, isComplete }) }
  }
  const records = [record(1, true), record(2, false), record(4, true)]
  assert.deepEqual(
    completeHolders(edges, records).map(({ address }) => address),
    ['127.0.1.1'],
  )
  assert.deepEqual(completeHolders(edges, []), [])
})

test('there is a port of TLS where every edge has it, for each may be named next', () => {
  const portOf = (...ports: number[]): number =>
    tlsPortOf(ports.map((httpsPort, i) => ({ ...entry(i), httpsPort, peer: member(i).id })))
  assert.deepEqual([portOf(), portOf(443), portOf(443, 443)], [0, 443, 443])
  assert.deepEqual([portOf(443, 0), portOf(0, 443), portOf(443, 8443), portOf(0, 0)], [0, 0, 0, 0])
})

test('the nearest come first, and those about as near take turns', () => {
  const rtts = [80, 1, 300, 2, undefined]
  const ordered = (turn: number, countMax: number) =>
    nearestFirst([0, 1, 2, 3, 4], i => rtts[i], turn, countMax)
  assert.deepEqual(ordered(0, 9), [1, 3, 0, 2, 4])
  assert.deepEqual(ordered(1, 9), [3, 1, 0, 2, 4])
  assert.deepEqual(ordered(1, 2), [3, 1])
})

test('who is kept stays among those about as near, and makes way for who is nearer by far', () => {
  const kept = new Set<number>()
  const keep = (rtts: readonly (number | undefined)[]): number[] => {
    const near = nearestKept(
      [...rtts.keys()],
      i => rtts[i],
      i => kept.has(i),
      2,
    )
    kept.clear()
    for (const i of near) kept.add(i)
    return near.sort()
  }
  assert.deepEqual(keep([undefined, 12, 11, 10]), [2, 3])
  for (let turn = 0; turn < 9; turn++) assert.deepEqual(keep([10, 9 + (turn % 3), 12, 11]), [2, 3])
  assert.deepEqual(keep([7, 9, 12, 11]), [0, 3])
  assert.deepEqual(keep([undefined]), [0])
})
