import { test } from 'node:test'
import fc from 'fast-check'
import { Fault } from '../base/fault.ts'
import { createRegistry } from './registry.ts'
import { blockHash, contracts, log } from './specimens.ts'

test('arbitrary values: only Fault comes out', () => {
  const registry = createRegistry(contracts)
  const logs = fc.sample(log, { numRuns: 40, seed: 8 })
  registry.apply({ number: 1, hash: blockHash(1, 0), parentHash: '', logs })
  const good = registry.checkpoint() as unknown as Record<string, unknown>
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(good)), fc.jsonValue(), fc.boolean(), (key, value, whole) => {
      try {
        createRegistry(contracts).restore(whole ? value : { ...good, [key]: value })
      } catch (error) {
        if (!(error instanceof Fault)) throw error
      }
    }),
    { numRuns: 400, seed: 5 },
  )
})
