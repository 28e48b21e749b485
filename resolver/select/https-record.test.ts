import assert from 'node:assert/strict'
import { test } from 'node:test'
import { types } from '../wire/code.ts'
import { dataText } from '../wire/presentation.ts'
import type { EdgeAddress } from '../zone/servers.ts'
import { httpsData } from './https-record.ts'

const edges: EdgeAddress[] = [
  { ipv4: '192.0.2.2', httpsPort: 443 },
  { ipv4: '192.0.2.1', ipv6: '2001:db8::1', httpsPort: 443 },
  { ipv4: 'nonsense', httpsPort: 443 },
]
const at = (httpsPort: number | undefined): EdgeAddress => ({ ipv4: '192.0.2.9', httpsPort })

const rows: [what: string, given: EdgeAddress[], alpn: string[], text: string][] = [
  [
    'protocols and hints',
    edges,
    ['h2', 'http/1.1'],
    '1 . alpn="h2,http/1.1" ipv4hint=192.0.2.1,192.0.2.2 ipv6hint=2001:db8::1',
  ],
  ['no address of a family', edges.slice(0, 1), ['h2'], '1 . alpn="h2" ipv4hint=192.0.2.2'],
  ['no address', edges.slice(2), ['h2'], '1 . alpn="h2"'],
  ['another port', [at(8443), at(8443)], ['h2'], '1 . alpn="h2" port=8443 ipv4hint=192.0.2.9'],
  ['two ports', [at(443), at(8443)], ['h2'], ''],
  ['an edge without TLS', [at(443), at(0)], ['h2'], ''],
  ['an edge of which nothing is said', [at(undefined)], ['h2'], ''],
  ['no edge', [], ['h2'], ''],
]
for (const [what, given, alpn, text] of rows) {
  test(what, () => {
    const texts = httpsData(given, alpn).map(data => dataText(data, types.HTTPS))
    assert.equal(texts.join().replaceAll('"', ''), text.replaceAll('"', ''))
  })
}
