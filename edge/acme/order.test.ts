import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { test } from 'node:test'
import { isFault } from '../../base/fault.ts'
import { thumbprint } from './jws.ts'
import { type Challenge, dnsValue, type OrderOptions, orderCertificate } from './order.ts'
import { createSession, type Reply, retryAfterMs } from './session.ts'

const accountKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const home = 'https://ca.example/dir'

interface Asked {
  readonly url: string
  readonly payload: unknown
  readonly head: { nonce: string; url: string; kid?: string; jwk?: object }
}

/** An authority that answers each address from a list of replies, and checks every signature and nonce. */
function authority(
  replies: Record<string, [status: number, json: unknown, headers?: Record<string, string>][]>,
) {
  const asked: Asked[] = []
  const nonces = new Set<string>()
  let count = 0
  const ask = async (question: { url: string; method: string; body?: string }): Promise<Reply> => {
    const { url, method, body } = question
    const nonce = `n${count++}`
    nonces.add(nonce)
    if (body !== undefined) {
      const jws = JSON.parse(body)
      const head = JSON.parse(Buffer.from(jws.protected, 'base64url').toString())
      const text = Buffer.from(jws.payload, 'base64url').toString()
      const signature = Buffer.from(jws.signature, 'base64url')
      const key = createPublicKey(accountKey)
      const input = Buffer.from(`${jws.protected}.${jws.payload}`)
      assert.ok(verify('sha256', input, { key, dsaEncoding: 'ieee-p1363' }, signature), `signature at ${url}`)
      assert.ok(nonces.delete(head.nonce), `nonce at ${url}`)
      assert.equal(head.url, url)
      asked.push({ url, payload: text === '' ? '' : JSON.parse(text), head })
    }
    const [status, json, headers] =
      method === 'HEAD' ? ([200, {}] as const) : (replies[url]!.shift() ?? ([500, {}] as const))
    const text = typeof json === 'string' ? json : JSON.stringify(json)
    return { status, headers: { ...headers, 'replay-nonce': nonce }, body: text }
  }
  return { ask, asked }
}

const directory = {
  newNonce: 'https://ca.example/nonce',
  newAccount: 'https://ca.example/account',
  newOrder: 'https://ca.example/order',
}
const location = (path: string) => ({ location: `https://ca.example/${path}` })
const badNonce = { type: 'urn:ietf:params:acme:error:badNonce', detail: 'try again' }
const challenges = [
  { type: 'dns-01', token: 'tok-d', url: 'https://ca.example/chall/d' },
  { type: 'http-01', token: 'tok-h', url: 'https://ca.example/chall/h' },
]
const pending = { status: 'pending', identifier: { type: 'dns', value: 'a.example' }, challenges }
const order = { authorizations: ['https://ca.example/authz/1'], finalize: 'https://ca.example/fin' }

function usual(): Parameters<typeof authority>[0] {
  return {
    [home]: [[200, directory]],
    'https://ca.example/account': [[201, {}, location('acct/7')]],
    'https://ca.example/order': [[201, { ...order, status: 'pending' }, location('order/1')]],
    'https://ca.example/authz/1': [
      [200, pending],
      [200, pending],
      [200, { ...pending, status: 'valid' }],
    ],
    'https://ca.example/chall/h': [[200, {}]],
    'https://ca.example/order/1': [
      [200, { ...order, status: 'ready' }],
      [200, { ...order, status: 'processing' }, { 'retry-after': '2' }],
      [200, { ...order, status: 'valid', certificate: 'https://ca.example/cert/1' }],
    ],
    'https://ca.example/fin': [[200, { ...order, status: 'processing' }]],
    'https://ca.example/cert/1': [[200, 'CHAIN']],
  }
}

function play(replies: ReturnType<typeof usual>, more: Partial<OrderOptions> = {}) {
  const { ask, asked } = authority(replies)
  let now = 0
  const session = createSession({ directoryUrl: home, accountKey, ask, contact: [], now: () => now })
  const shown: (Challenge | 'taken back')[] = []
  const pauses: number[] = []
  const placed: string[] = []
  const options: OrderOptions = {
    names: ['a.example'],
    csr: new Uint8Array([1, 2, 3]),
    thumbprint: thumbprint(accountKey),
    types: ['tls-alpn-01', 'http-01'],
    prepare: async challenge => {
      shown.push(challenge)
      return () => shown.push('taken back')
    },
    now: () => now,
    pause: async ms => {
      pauses.push(ms)
      now += ms
    },
    totalMs: 60_000,
    onPlaced: async url => void placed.push(url),
    ...more,
  }
  return {
    done: orderCertificate(session, options),
    asked,
    shown,
    pauses,
    placed,
    again: () => orderCertificate(session, options),
    pass: (ms: number) => (now += ms),
  }
}

test('an order goes from the account to the chain, signed and with fresh nonces', async () => {
  const { done, asked, shown, pauses } = play(usual())
  assert.equal(await done, 'CHAIN')
  const paths = asked.map(({ url }) => url.slice('https://ca.example/'.length))
  assert.deepEqual(paths, [
    ...['account', 'order', 'authz/1', 'chall/h', 'authz/1', 'authz/1'],
    ...['order/1', 'fin', 'order/1', 'order/1', 'cert/1'],
  ])
  assert.ok(asked[0]!.head.jwk && !asked[0]!.head.kid)
  assert.ok(asked.slice(1).every(({ head }) => head.kid === 'https://ca.example/acct/7'))
  assert.deepEqual(asked[1]!.payload, { identifiers: [{ type: 'dns', value: 'a.example' }] })
  assert.deepEqual(asked[7]!.payload, { csr: 'AQID' })
  const challenge = { type: 'http-01', host: 'a.example', token: 'tok-h' }
  assert.deepEqual(shown, [
    { ...challenge, keyAuthorization: `tok-h.${thumbprint(accountKey)}` },
    'taken back',
  ])
  assert.deepEqual(pauses, [100, 2000])
})

test('an order of an earlier run is taken up where it stands', async () => {
  const stands: [status: string, paths: string[]][] = [
    [
      'pending',
      ['order/1', 'authz/1', 'chall/h', 'authz/1', 'authz/1', 'order/1', 'fin', 'order/1', 'cert/1'],
    ],
    ['ready', ['order/1', 'order/1', 'fin', 'order/1', 'cert/1']],
    ['processing', ['order/1', 'order/1', 'order/1', 'cert/1']],
    ['valid', ['order/1', 'order/1', 'order/1', 'cert/1']],
  ]
  const url = 'https://ca.example/order/1'
  const valid = { ...order, status: 'valid', certificate: 'https://ca.example/cert/1' }
  for (const [status, paths] of stands) {
    const replies = usual()
    const ready = { ...order, status: 'ready' }
    const then = status === 'pending' || status === 'ready' ? [ready, valid] : [valid, valid]
    replies[url] = [{ ...order, status }, ...then].map(json => [200, json])
    const { done, asked, placed } = play(replies, { placed: url })
    assert.equal(await done, 'CHAIN')
    assert.deepEqual(
      asked.slice(1).map(one => one.url.slice('https://ca.example/'.length)),
      paths,
      status,
    )
    assert.deepEqual(placed, [])
  }
  const gone = usual()
  gone[url] = [[404, { type: 'malformed', detail: 'no such order' }]]
  await assert.rejects(play(gone, { placed: url }).done, /404 malformed: no such order/)
})

test('a renewal names what it replaces, and does without where the authority minds', async () => {
  const ways: [replies: [number, unknown, Record<string, string>?][], orders: unknown[]][] = [
    [[], ['aki.serial']],
    [[[409, { type: 'alreadyReplaced' }]], ['aki.serial', undefined]],
  ]
  for (const [refusals, orders] of ways) {
    const replies = usual()
    replies['https://ca.example/order']!.unshift(...refusals)
    const { done, asked, placed } = play(replies, { replaces: 'aki.serial' })
    assert.equal(await done, 'CHAIN')
    const sent = asked.filter(({ url }) => url.endsWith('/order')).map(({ payload }) => payload as object)
    assert.deepEqual(
      sent.map(payload => ('replaces' in payload ? payload.replaces : undefined)),
      orders,
    )
    assert.deepEqual(placed, ['https://ca.example/order/1'])
  }
})

test('an authority that wants to be left alone is, as long as it says and a day at most', async () => {
  for (const [seconds, restMs] of [
    ['3600', 3_600_000],
    ['999999999', 86_400_000],
  ] as const) {
    const replies = usual()
    replies['https://ca.example/order']!.unshift([429, { type: 'rateLimited' }, { 'retry-after': seconds }])
    const { done, asked, again, pass } = play(replies)
    await assert.rejects(done, /429 rateLimited/)
    const before = asked.length
    pass(restMs - 1)
    await assert.rejects(again(), /no requests for another 1 s/)
    assert.equal(asked.length, before)
    pass(1)
    assert.equal(await again(), 'CHAIN')
  }
})

test('a refused nonce is tried anew, eight times at most', async () => {
  const once = usual()
  once['https://ca.example/order']!.unshift([400, badNonce], [400, badNonce])
  assert.equal(await play(once).done, 'CHAIN')
  const always = usual()
  always['https://ca.example/order'] = Array.from({ length: 9 }, () => [400, badNonce])
  await assert.rejects(play(always).done, error => isFault(error, 'certificate/refused'))
  assert.equal(always['https://ca.example/order'].length, 1)
})

const flaws: [what: string, change: (replies: ReturnType<typeof usual>) => void, words: RegExp][] = [
  ['no directory', r => (r[home] = [[200, 'html']]), /dir: 200/],
  [
    'a rate limit',
    r => (r['https://ca.example/order'] = [[429, { type: 'rateLimited', detail: 'too many' }]]),
    /429 rateLimited: too many/,
  ],
  [
    'a failed validation',
    r => {
      const error = { type: 'dns', detail: 'no such name' }
      r['https://ca.example/authz/1']![1] = [200, { ...pending, status: 'invalid', challenges: [{ error }] }]
    },
    /dns: no such name/,
  ],
  [
    'another name than asked for',
    r => (r['https://ca.example/authz/1']![0] = [200, { ...pending, identifier: { value: 'b.example' } }]),
    /authz/,
  ],
  [
    'no challenge that can be met',
    r => (r['https://ca.example/authz/1']![0] = [200, { ...pending, challenges: [challenges[0]] }]),
    /dns-01/,
  ],
  [
    'a token that is a path',
    r => {
      const bad = [{ ...challenges[1], token: '../../etc' }]
      r['https://ca.example/authz/1']![0] = [200, { ...pending, challenges: bad }]
    },
    /no challenge/,
  ],
  [
    'an address of another scheme',
    r => {
      const json = { ...order, authorizations: ['file:///etc/passwd'], status: 'pending' }
      r['https://ca.example/order'] = [[201, json, location('order/1')]]
    },
    /address that is none/,
  ],
  [
    'a status that is no text',
    r => (r['https://ca.example/order/1'] = [[200, { ...order, status: { toString: 1 } }]]),
    /order\/1/,
  ],
  [
    'an authorization that is no text',
    r => {
      const json = { ...order, authorizations: [{ toString: 1 }], status: 'pending' }
      r['https://ca.example/order'] = [[201, json, location('order/1')]]
    },
    /order\/1/,
  ],
  [
    'more authorizations than names',
    r => {
      const json = {
        ...order,
        authorizations: Array(9).fill('https://ca.example/authz/1'),
        status: 'pending',
      }
      r['https://ca.example/order'] = [[201, json, location('order/1')]]
    },
    /more than it was asked for/,
  ],
]

test('what an authority may do wrong ends in a Fault with its words, and the challenge is taken back', async () => {
  for (const [what, change, words] of flaws) {
    const replies = usual()
    change(replies)
    const { done, shown } = play(replies)
    await assert.rejects(
      done,
      error => isFault(error, 'certificate/refused') && words.test(error.message),
      what,
    )
    assert.equal(shown.length % 2, 0, what)
  }
})

test('an authority that never decides is left at the deadline', async () => {
  const replies = usual()
  replies['https://ca.example/authz/1'] = Array.from({ length: 200 }, () => [200, pending])
  const { done, shown } = play(replies)
  await assert.rejects(done, error => isFault(error, 'net/unreachable'))
  assert.equal(shown.at(-1), 'taken back')
})

test('Retry-After in seconds, as a date, and as nonsense', () => {
  const at = Date.parse('2026-01-01T00:00:00Z')
  const rows: [string, number | undefined][] = [
    ['3', 3000],
    ['Thu, 01 Jan 2026 00:00:05 GMT', 5000],
    ['99999', 30_000],
    ['soon', undefined],
    ['-1', undefined],
  ]
  for (const [value, ms] of rows) {
    const reply = { status: 200, headers: { 'retry-after': value }, body: '' }
    assert.equal(retryAfterMs(reply, at, 30_000), ms, value)
  }
})

test('the value of DNS-01 is that of RFC 8555', () => {
  // SHA-256 of the empty string, as a check of form.
  assert.equal(dnsValue({ keyAuthorization: '' }), '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU')
})
