import assert from 'node:assert/strict'
import { test } from 'node:test'
import { placeOf } from './host.ts'

const rows: [host: string, expected: string][] = [
  ['welcome.inxt', 'welcome'],
  ['welcome.edge.example', 'welcome'],
  ['xn--bcher-kva.inxt', 'xn--bcher-kva'],
  ['inxt', 'unknown'],
  ['a.b.inxt', 'unknown'],
  ['_dnslink.inxt', 'unknown'],
  ['-a.inxt', 'unknown'],
  ['welcome.example', 'foreign'],
  ['inxt.evil', 'foreign'],
  ['evilinxt', 'foreign'],
  ['bound.example', 'bound-site'],
  ['127.0.0.1', 'foreign'],
]

test('hosts and the sites behind them', () => {
  const bound = (host: string): string | undefined => (host === 'bound.example' ? 'bound-site' : undefined)
  for (const [host, expected] of rows) {
    const place = placeOf(host, ['inxt', 'edge.example'], bound)
    assert.equal(place.kind === 'site' ? place.label : place.kind, expected, host)
  }
})
