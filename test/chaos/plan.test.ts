import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FaultKind, faultKinds, harbour, lasting, planFaults } from './plan.ts'

const options = { seed: 1, edges: 8, spanMs: 600_000 }
const { liars, faults } = planFaults(options)

test('the same seed gives the same faults, another seed others', () => {
  assert.deepEqual(planFaults(options), { liars, faults })
  assert.notDeepEqual(planFaults({ ...options, seed: 2 }).faults, faults)
})

test('ten minutes have every kind several times', () => {
  for (const kind of Object.keys(faultKinds) as FaultKind[])
    assert(faults.filter(fault => fault.kind === kind).length >= 5, kind)
})

test('an edge has one fault at a time', () => {
  for (const [i, { edge, atMs, durationMs }] of faults.entries()) {
    const next = faults.slice(i + 1).find(later => later.edge === edge)
    assert(next === undefined || next.atMs > atMs + durationMs)
  }
})

test('only liars lie, the edge that lasts is never killed, the harbour suffers nothing', () => {
  for (const { kind, edge } of faults) {
    assert.notEqual(edge, harbour)
    if (kind === 'lie') assert(liars.includes(edge))
    if (kind === 'kill' || kind === 'loss') assert.notEqual(edge, lasting)
  }
})
