import assert from 'node:assert/strict'
import { test } from 'node:test'
import { types } from '../wire/code.ts'
import { dataText } from '../wire/presentation.ts'
import { httpsData } from './https-record.ts'

const edges = [{ ipv4: '192.0.2.1', ipv6: '2001:db8::1' }, { ipv4: '192.0.2.2' }, { ipv4: 'nonsense' }]

const rows: [what: string, given: typeof edges, alpn: string[], text: string][] = [
  [
    'protocols and hints',
    edges,
    ['h2', 'http/1.1'],
    '1 . alpn="h2,http/1.1" ipv4hint=192.0.2.1,192.0.2.2 ipv6hint=2001:db8::1',
  ],
  ['no address of a family', edges.slice(1), ['h2'], '1 . alpn="h2" ipv4hint=192.0.2.2'],
  ['no address', [], ['h2'], '1 . alpn="h2"'],
]
for (const [what, given, alpn, text] of rows) {
  test(what, () => {
    assert.equal(dataText(httpsData(given, alpn), types.HTTPS).replaceAll('"', ''), text.replaceAll('"', ''))
  })
}
