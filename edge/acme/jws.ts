// What an ACME client says, signed: flattened JWS with ES256 over P-256 (RFC 8555 §6.2, RFC 7515, RFC 7518 §3.4).
//
// Every request but two is a POST whose body is signed by the account's key, over a nonce that the server gave and the
// address it goes to, so that nobody in between can repeat it or send it elsewhere. Node's `sign` does the rest:
// a library for JWS would bring forty algorithms that must never be used here.

import { createHash, createHmac, type KeyObject, sign } from 'node:crypto'
import { utf8 } from '../../base/bytes.ts'

/** Public P-256 key, members in the order of RFC 7638 §3.2. */
export interface Jwk {
  readonly crv: string
  readonly kty: string
  readonly x: string
  readonly y: string
}

export interface Protected {
  readonly nonce: string
  readonly url: string
  /** Address of the account; until there is one, the key itself is sent. */
  readonly kid?: string | undefined
}

/** Key identifier, and HMAC key in base64url, of an authority that knows its customers beforehand (RFC 8555 §7.3.4). */
export interface ExternalAccount {
  readonly kid: string
  readonly hmacKey: string
}

export function jwkOf(key: KeyObject): Jwk {
  const { crv, kty, x, y } = key.export({ format: 'jwk' })
  return { crv: crv!, kty: kty!, x: x!, y: y! }
}

/** RFC 7638: a hash of the key that everybody computes alike; base64url. */
export function thumbprint(key: KeyObject): string {
  return createHash('sha256')
    .update(JSON.stringify(jwkOf(key)))
    .digest('base64url')
}

/** The body of a request. An empty text asks for what is there (POST-as-GET, RFC 8555 §6.3). */
export function signedBody(payload: object | '', key: KeyObject, { nonce, url, kid }: Protected): string {
  const head = { alg: 'ES256', nonce, url, ...(kid === undefined ? { jwk: jwkOf(key) } : { kid }) }
  return flattened(head, payload, input => sign('sha256', input, { key, dsaEncoding: 'ieee-p1363' }))
}

/** That the holder of an external account agrees to this key (RFC 8555 §7.3.4). */
export function binding(key: KeyObject, { kid, hmacKey }: ExternalAccount, url: string): object {
  const secret = Buffer.from(hmacKey, 'base64url')
  const mac = (input: Uint8Array): Buffer => createHmac('sha256', secret).update(input).digest()
  return JSON.parse(flattened({ alg: 'HS256', kid, url }, jwkOf(key), mac))
}

function flattened(head: object, payload: object | '', signer: (input: Uint8Array) => Buffer): string {
  const words = [JSON.stringify(head), payload === '' ? '' : JSON.stringify(payload)]
  const [header, body] = words.map(word => Buffer.from(word).toString('base64url'))
  const signature = signer(utf8(`${header}.${body}`)).toString('base64url')
  return JSON.stringify({ protected: header, payload: body, signature })
}
