// From a bare connection to an encrypted one: TLS 1.2 and 1.3, chosen by name, on terms that no scanner objects to.
//
// Forward secrecy and authenticated encryption only, no renegotiation (it lets a client buy handshakes for nothing),
// a protocol that both know or none. Unknown names hear `unrecognized_name` before any key is touched. Tickets are
// sealed with keys that all contexts of the process share and that change twice a day: who steals one later reads
// no more than half a day of resumed connections.

import { constants, randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls'
import { Rates } from '../rates.ts'
import type { Certificate, Certificates } from '../tls/certificates.ts'
import { alert, helloBytesMax, readHello } from '../tls/hello.ts'
import { clientOf } from './connections.ts'
import type { Context } from './exchange.ts'

export interface SecureOptions {
  readonly certificates: Certificates
  /** From the server's flight to the client's Finished: a round trip that the client cannot make shorter. */
  readonly onHandshake?: (client: string, rttMs: number) => void
}

const exchanges = ['ECDHE-ECDSA', 'ECDHE-RSA']
const aead = ['AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'CHACHA20-POLY1305']
const ciphers = [
  'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256',
  ...exchanges.flatMap(exchange => aead.map(cipher => `${exchange}-${cipher}`)),
].join(':')
const signatures = [
  'ecdsa_secp256r1_sha256:ecdsa_secp384r1_sha384:ed25519',
  'rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:rsa_pkcs1_sha256:rsa_pkcs1_sha384',
].join(':')
const ticketKeysForMs = 12 * 60 * 60 * 1000
const challengeProtocol = 'acme-tls/1'
const protocols = ['h2', 'http/1.1']

export class Doorman {
  readonly #context: Context
  readonly #options: SecureOptions
  readonly #handshakes: Rates
  #contexts = new WeakMap<Certificate, SecureContext>()
  #ticketKeys: Buffer = randomBytes(48)
  #ticketKeysSince: number

  constructor(context: Context, options: SecureOptions) {
    const { limits, clock } = context
    this.#context = context
    this.#options = options
    const rate = { perS: limits.handshakesPerClientPerS, burst: limits.handshakesPerClientBurst }
    this.#handshakes = new Rates({ ...rate, clientsMax: 65_536 })
    this.#ticketKeysSince = clock.now()
  }

  /** Calls `welcome` once the connection is encrypted; otherwise it is closed, in time. */
  admit(socket: Socket, welcome: (secured: TLSSocket) => void): void {
    const { clock, limits, meter } = this.#context
    const late = (): void => {
      meter.count('http.tls.slow')
      socket.destroy()
    }
    const cancel = clock.after(limits.headTimeoutMs, late)
    socket.once('close', cancel)
    if (!this.#handshakes.take(clientOf(socket.remoteAddress ?? ''), clock.now())) {
      meter.count('http.tls.hurried')
      socket.destroy()
      return
    }
    let held: Buffer = Buffer.alloc(0)
    const onData = (bytes: Buffer): void => {
      held = held.length === 0 ? bytes : Buffer.concat([held, bytes])
      const hello = readHello(held)
      if (hello === 'more' && held.length <= helloBytesMax) return
      socket.off('data', onData).pause()
      if (hello === 'more' || hello === 'other') {
        this.#refuse(socket, 'decodeError')
        return
      }
      socket.unshift(held)
      void this.#greet(socket, hello, secured => {
        cancel()
        welcome(secured)
      })
    }
    socket.on('data', onData)
  }

  /** Never rejects. */
  async #greet(
    socket: Socket,
    { serverName, protocols: offered }: { serverName: string | undefined; protocols: readonly string[] },
    welcome: (secured: TLSSocket) => void,
  ): Promise<void> {
    const { certificates } = this.#options
    const isChallenge = offered.includes(challengeProtocol)
    try {
      const certificate = isChallenge
        ? await certificates.challenge?.(serverName ?? '')
        : await certificates.find(serverName)
      if (socket.destroyed) return
      if (certificate === undefined) this.#refuse(socket, 'unrecognizedName')
      else
        this.#secure(
          socket,
          this.#contextOf(certificate),
          isChallenge ? [challengeProtocol] : protocols,
          welcome,
        )
    } catch (error) {
      this.#context.log.error({ err: error, serverName }, 'a certificate cannot be used')
      this.#refuse(socket, 'internalError')
    }
  }

  #secure(
    socket: Socket,
    secureContext: SecureContext,
    ALPNProtocols: string[],
    welcome: (secured: TLSSocket) => void,
  ): void {
    const { clock, meter } = this.#context
    const client = socket.remoteAddress ?? ''
    const secured = new TLSSocket(socket, { isServer: true, secureContext, ALPNProtocols })
    let flightAt = clock.now()
    // The library answers the ClientHello within this turn of the loop, signature included.
    setImmediate(() => {
      flightAt = clock.now()
    })
    secured.on('error', () => {})
    secured.once('close', () => socket.destroy())
    let done = false
    secured.once('secure', () => {
      done = true
      this.#options.onHandshake?.(client, clock.now() - flightAt)
      // RFC 8737 §3: a challenge is over with its handshake.
      if (secured.alpnProtocol === challengeProtocol) secured.end()
      else welcome(secured)
    })
    secured.once('close', () => {
      if (!done) meter.count('http.tls.failed')
    })
  }

  #refuse(socket: Socket, why: Parameters<typeof alert>[0]): void {
    this.#context.meter.count(`http.tls.${why}`)
    socket.end(alert(why), () => socket.destroySoon())
  }

  #contextOf(certificate: Certificate): SecureContext {
    const now = this.#context.clock.now()
    if (now - this.#ticketKeysSince > ticketKeysForMs) {
      this.#ticketKeys = randomBytes(48)
      this.#ticketKeysSince = now
      this.#contexts = new WeakMap()
    }
    const kept = this.#contexts.get(certificate)
    if (kept !== undefined) return kept
    const made = createSecureContext({
      cert: certificate.chain,
      key: certificate.key,
      minVersion: 'TLSv1.2',
      ciphers,
      sigalgs: signatures,
      ecdhCurve: 'X25519MLKEM768:X25519:P-256:P-384',
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_CIPHER_SERVER_PREFERENCE,
      ticketKeys: this.#ticketKeys,
      sessionIdContext: 'inxt',
    })
    this.#contexts.set(certificate, made)
    return made
  }
}
