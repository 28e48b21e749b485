import assert from 'node:assert/strict'
import { test } from 'node:test'
import { publicNetwork } from './network.ts'
import { prefixText } from './subnet.ts'

test('what is no public address is nobody', () => {
  const rows: [address: string, network: string | undefined][] = [
    ['8.8.8.8', '8.8.8.0/24'],
    ['2606:4700:10::6816:1', '2606:4700:10::/48'],
    ...[
      '127.0.0.1',
      '10.1.2.3',
      '192.168.1.1',
      '172.31.0.1',
      '100.64.0.1',
      '169.254.1.1',
      '224.0.0.1',
      '0.0.0.0',
    ].map((address): [string, undefined] => [address, undefined]),
    ...['::1', 'fe80::1%eth0', 'fd00::1', 'ff02::1', '::ffff:10.0.0.1', '2002:a00:1::', 'nobody', ''].map(
      (address): [string, undefined] => [address, undefined],
    ),
  ]
  for (const [address, network] of rows) {
    const got = publicNetwork(address)
    assert.equal(got && prefixText(got), network, address)
  }
})
