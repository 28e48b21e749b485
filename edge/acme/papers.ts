// The papers of a certificate: key, request, the proof of TLS-ALPN-01, and what renewal must know of an issued one.
//
// X.509 is @peculiar/x509's (node-forge knows no elliptic curves). It is a large library for something that happens
// every few weeks, so who imports this file does it when it is needed.

import 'reflect-metadata'
import { createHash, createPrivateKey, webcrypto, X509Certificate } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import { Fault } from '../../base/fault.ts'
import type { Certificate } from '../tls/certificates.ts'
import type { Challenge } from './order.ts'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
/** id-pe-acmeIdentifier, RFC 8737 §3. */
const acmeIdentifier = '1.3.6.1.5.5.7.1.31'
const dayMs = 24 * 3600 * 1000

export interface Request {
  /** PKCS #10, DER. */
  readonly csr: Uint8Array
  /** PKCS #8, PEM. */
  readonly key: string
}

/** A new P-256 key and the request for `names`. */
export async function requestFor(names: readonly string[]): Promise<Request> {
  const keys = await generate()
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    keys,
    signingAlgorithm: algorithm,
    extensions: [new x509.SubjectAlternativeNameExtension(names.map(value => ({ type: 'dns', value })))],
  })
  return { csr: new Uint8Array(request.rawData), key: await pem(keys) }
}

/** The self-signed certificate that shows a TLS-ALPN-01 challenge (RFC 8737 §3). */
export async function challengeCertificate(
  { host, keyAuthorization }: Pick<Challenge, 'host' | 'keyAuthorization'>,
  now: number,
): Promise<Certificate> {
  const keys = await generate()
  const digest = createHash('sha256').update(keyAuthorization).digest()
  // An OCTET STRING of 32 octets.
  const value = Uint8Array.from([0x04, 0x20, ...digest])
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${host}`.slice(0, 64),
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(now - dayMs),
    notAfter: new Date(now + dayMs),
    extensions: [
      new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: host }]),
      new x509.Extension(acmeIdentifier, true, value),
    ],
  })
  return { chain: certificate.toString('pem'), key: await pem(keys) }
}

export interface Issued {
  readonly notBefore: number
  readonly notAfter: number
  /** What ARI calls it (RFC 9773 §4.1); undefined for a certificate without an authority's key identifier. */
  readonly certId: string | undefined
  /** Lower case. */
  readonly names: readonly string[]
}

/** The first certificate of a chain in PEM; Fault `certificate/refused` when there is none. Instants in ms. */
export function readIssued(chain: string): Issued {
  try {
    const [first] = x509.PemConverter.decode(chain)
    const certificate = new x509.X509Certificate(first!)
    const authority = certificate.getExtension(x509.AuthorityKeyIdentifierExtension)?.keyId
    const names = certificate.getExtension(x509.SubjectAlternativeNameExtension)?.names.toJSON() ?? []
    const serial = Buffer.from(certificate.serialNumber, 'hex').toString('base64url')
    return {
      notBefore: certificate.notBefore.getTime(),
      notAfter: certificate.notAfter.getTime(),
      certId: authority && `${Buffer.from(authority, 'hex').toString('base64url')}.${serial}`,
      names: names.filter(({ type }) => type === 'dns').map(({ value }) => value.toLowerCase()),
    }
  } catch (cause) {
    throw new Fault('certificate/refused', 'what the authority sent is no certificate', { cause })
  }
}

/** Whether `key` (PEM) is the private half of the first certificate. */
export function belongs(chain: string, key: string): boolean {
  return new X509Certificate(chain).checkPrivateKey(createPrivateKey(key))
}

/** P-256, PKCS #8 in PEM. */
export async function newKey(): Promise<string> {
  return pem(await generate())
}

function generate(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
}

async function pem({ privateKey }: webcrypto.CryptoKeyPair): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', privateKey), 'PRIVATE KEY')
}
