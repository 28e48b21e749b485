import assert from 'node:assert/strict'
import { test } from 'node:test'
import { integerBelow, seededRandom } from '../base/random.ts'
import { Heap } from './heap.ts'

test('events come out by time, and within one instant in the order they went in', () => {
  const random = seededRandom(1)
  const heap = new Heap()
  const wanted: [number, number][] = []
  for (let i = 0; i < 500; i++) {
    const at = integerBelow(random, 50)
    wanted.push([at, i])
    heap.push(at, () => {})
  }
  wanted.sort((a, b) => a[0] - b[0] || a[1] - b[1])
  for (const [at, order] of wanted) {
    assert.equal(heap.nextAt(), at)
    assert.equal(heap.pop()!.order, order)
  }
  assert.equal(heap.pop(), undefined)
  assert.equal(heap.nextAt(), Number.POSITIVE_INFINITY)
})
