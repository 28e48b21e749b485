// Certificates from pebble: each challenge as it is validated there, with a fifth of the nonces refused; and what an
// authority does on bad days.

import assert from 'node:assert/strict'
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo, Server } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { createSecureContext, createServer as createTlsServer, type SecureContext } from 'node:tls'
import { isFault } from '../../base/fault.ts'
import { delay } from '../../base/io/clock.ts'
import { openTalk } from '../../edge/acme/io/talk.ts'
import { thumbprint } from '../../edge/acme/jws.ts'
import { type Challenge, type ChallengeType, dnsValue, orderCertificate } from '../../edge/acme/order.ts'
import { challengeCertificate, readIssued, requestFor } from '../../edge/acme/papers.ts'
import { createSession } from '../../edge/acme/session.ts'
import { toolsMissing } from '../e2e/tools.ts'
import { type Pebble, startPebble } from './pebble.ts'

const missing = toolsMissing({ pebble: 'pebble', openssl: 'openssl', curl: 'curl' })
const skip = missing && { skip: missing }

describe('certificates from an authority', skip || {}, () => {
  const stack = new AsyncDisposableStack()
  let pebble: Pebble
  const shown = new Map<string, Challenge>()
  let proof: SecureContext | undefined

  before(async () => {
    pebble = await startPebble({ badNonces: 20 }, stack)
    const web = createHttpServer((request, response) => {
      const found = shown.get(`${request.headers.host?.split(':')[0]}`)
      const isIt = found && request.url === `/.well-known/acme-challenge/${found.token}`
      response.writeHead(isIt ? 200 : 404).end(isIt ? found.keyAuthorization : '')
    })
    const secure = createTlsServer({
      ALPNProtocols: ['acme-tls/1'],
      SNICallback: (_name, done) => done(null, proof),
    })
    await listen(web, pebble.httpPort, stack)
    await listen(secure, pebble.tlsPort, stack)
  })
  after(() => stack.disposeAsync())

  const prepare = async (challenge: Challenge): Promise<() => void> => {
    const { type, host } = challenge
    if (type === 'dns-01') pebble.txt.set(host, dnsValue(challenge))
    if (type === 'http-01') shown.set(host, challenge)
    if (type === 'tls-alpn-01') {
      const { chain, key } = await challengeCertificate(challenge, Date.now())
      proof = createSecureContext({ cert: chain, key })
    }
    return () => {
      pebble.txt.delete(host)
      shown.delete(host)
      proof = undefined
    }
  }
  const order = async (
    names: string[],
    types: ChallengeType[],
    changes: { prepare?: typeof prepare; totalMs?: number } = {},
  ): Promise<{ chain: string; key: string }> => {
    const accountKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    const { directoryUrl, authorities } = pebble
    const talk = openTalk({ authorities })
    try {
      const session = createSession({ directoryUrl, accountKey, ask: talk.ask, contact: [], now: Date.now })
      const { csr, key } = await requestFor(names)
      const chain = await orderCertificate(session, {
        ...{ names, csr, types, prepare, thumbprint: thumbprint(accountKey) },
        ...{ now: Date.now, pause: delay, totalMs: 20_000, onPlaced: async () => {}, ...changes },
      })
      return { chain, key }
    } finally {
      talk.close()
    }
  }

  const ways: [type: ChallengeType, names: string[]][] = [
    ['http-01', ['web.example.test']],
    ['tls-alpn-01', ['tls.example.test']],
    ['dns-01', ['*.example.test']],
    ['dns-01', ['example.test', 'www.example.test']],
  ]
  for (const [type, names] of ways) {
    test(`${type} for ${names.join(' and ')}`, async () => {
      const { chain, key } = await order(names, [type])
      const certificate = new X509Certificate(chain)
      for (const name of names) assert.ok(certificate.checkHost(name.replace('*', 'any')), name)
      assert.doesNotThrow(() => createSecureContext({ cert: chain, key }))
      const issued = readIssued(chain)
      assert.deepEqual(issued.names.toSorted(), names.toSorted())
      assert.match(issued.certId ?? '', /^[\w-]+\.[\w-]+$/)
      assert.ok(issued.notAfter > Date.now() && issued.notBefore <= Date.now())
      assert.equal(shown.size + pebble.txt.size, 0, 'nothing is left of the challenge')
    })
  }

  test('a challenge that nobody answers is refused with the reason, and taken back', async () => {
    let takenBack = 0
    const silent = async () => () => void takenBack++
    await assert.rejects(
      order(['silent.example.test'], ['http-01'], { prepare: silent }),
      error => isFault(error, 'certificate/refused') && /unauthorized|connection/.test(error.message),
    )
    assert.equal(takenBack, 1)
  })

  test('an authority that goes away in mid-order is unreachable, and the challenge is taken back', async () => {
    await using own = new AsyncDisposableStack()
    const other = await startPebble({ badNonces: 0 }, own)
    const keep = pebble
    pebble = other
    let takenBack = 0
    try {
      const stopping = async () => {
        await other.stop()
        return () => void takenBack++
      }
      await assert.rejects(order(['a.example.test'], ['http-01'], { prepare: stopping }), error =>
        isFault(error, 'net/unreachable'),
      )
    } finally {
      pebble = keep
    }
    assert.equal(takenBack, 1)
  })
})

async function listen(server: Server, port: number, stack: AsyncDisposableStack): Promise<void> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  assert.equal((server.address() as AddressInfo).port, port)
  stack.defer(() => new Promise(resolve => server.close(() => resolve())))
}
