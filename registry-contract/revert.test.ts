import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Interface } from 'ethers/abi'
import fc from 'fast-check'
import { errorTexts } from './calls.ts'
import { decodeRevert } from './revert.ts'

const oracle = new Interface(errorTexts)
const node = `0x${'ab'.repeat(32)}`
const owner = `0x${'0c'.repeat(20)}`

test('every custom error is known by its selector and told with its values', () => {
  const specimens: Record<string, unknown> = {
    address: owner,
    bytes32: node,
    bytes1: '0x41',
    string: 'no\nway',
  }
  for (const fragment of oracle.fragments) {
    if (fragment.type !== 'error') continue
    const selector = oracle.getError(fragment.format('sighash'))!
    const values = selector.inputs.map(({ type }) =>
      type.startsWith('tuple') ? ['0x7f000101', `0x${'00'.repeat(16)}`, 1, 2, 3, 4] : (specimens[type] ?? 7),
    )
    const revert = decodeRevert(oracle.encodeErrorResult(selector, values))
    assert.equal(revert.error, selector.name)
    assert.doesNotMatch(revert.words, /\n|undefined/)
  }
})

test('in words', () => {
  const rows: [name: string, values: unknown[], words: string][] = [
    [
      'NameTaken',
      [node, owner, 1_795_000_000],
      `NameTaken (node ${node}, owner ${owner}, expiresAt 1795000000)`,
    ],
    ['LabelCharacterInvalid', [3, '0x41'], 'LabelCharacterInvalid (position 3, character 0x41)'],
    ['LabelReserved', ['ns'], 'LabelReserved (label ns)'],
    ['SiteZero', [], 'SiteZero'],
    [
      'ERC20InsufficientBalance',
      [owner, 1n, 10n ** 30n],
      `ERC20InsufficientBalance (sender ${owner}, balance 1, needed ${10n ** 30n})`,
    ],
    [
      'EdgeEndpointInvalid',
      [['0x7f000101', `0x${'00'.repeat(16)}`, 0, 80, 0, 4001]],
      `EdgeEndpointInvalid (ipv4 0x7f000101, ipv6 0x${'00'.repeat(16)}, dnsPort 0, httpPort 80, ` +
        'httpsPort 0, overlayPort 4001)',
    ],
  ]
  for (const [name, values, words] of rows)
    assert.equal(decodeRevert(oracle.encodeErrorResult(name, values)).words, words)
  const builtIn = new Interface(['error Error(string message)', 'error Panic(uint256 code)'])
  assert.equal(decodeRevert(builtIn.encodeErrorResult('Error', ['no\nway'])).words, 'Error (message no?way)')
  assert.equal(decodeRevert(builtIn.encodeErrorResult('Panic', [17])).words, 'Panic (code 17)')
  for (const [data, words] of [
    ['0x', /no data/],
    ['0xdeadbeef', /data 0xdeadbeef/],
    ['not hexadecimal', /no reason/],
    ['\n\u{1b}[2J', /^[\x20-\x7e]*$/],
  ] as const)
    assert.match(decodeRevert(data).words, words)
})

test('whatever an endpoint hands over, words come out', () => {
  const selectors = oracle.fragments.flatMap(one =>
    one.type === 'error' ? [oracle.getError(one.format('sighash'))!.selector] : [],
  )
  const data = fc
    .tuple(fc.constantFrom(...selectors, '0x08c379a0'), fc.uint8Array({ maxLength: 200 }))
    .map(([selector, bytes]) => selector + Buffer.from(bytes).toString('hex'))
  fc.assert(
    fc.property(fc.oneof(data, fc.string({ unit: 'binary' })), one => {
      assert.match(decodeRevert(one).words, /^[\x20-\x7e]+$/)
    }),
    { seed: 1, numRuns: 2000 },
  )
})
