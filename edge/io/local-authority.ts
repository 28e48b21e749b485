// A certificate authority of one machine, for the devnet and for the gateway on a person's own computer.
//
// Made once per data folder, so that a person has to trust it once. It may only vouch for the suffixes of this
// network and for loopback addresses (RFC 5280 §4.2.1.10): whoever steals its key cannot pretend to be a bank.
// Certificates of names are made when first asked for, kept while they are in use, and last three months.

import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'
import * as x509 from '@peculiar/x509'
import { LRUCache } from 'lru-cache'
import type { Clock } from '../../base/io/clock.ts'
import { writeWhole } from '../../base/io/file.ts'
import type { Certificate, Certificates } from '../tls/certificates.ts'

export interface LocalAuthorityOptions {
  /** Where the root lies: `local-authority.pem` (to be trusted) and `local-authority.key`. */
  readonly folder: string
  /** Names under which it may vouch, such as 'inxt'; lower case. */
  readonly suffixes: readonly string[]
  /** What a client gets that sends no name, because it uses an address: names and loopback addresses. */
  readonly ownNames: readonly [string, ...string[]]
  readonly clock: Clock
  /** Whether a name is worth a certificate; others are refused before a key is made. */
  readonly serves: (name: string) => boolean
}

export interface LocalAuthority extends Certificates {
  /** PEM of the root. */
  readonly root: string
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const dayMs = 24 * 60 * 60 * 1000
const rootDays = 3650
const leafDays = 90
/** Scanners warn of a certificate with less than this left. */
const renewDays = 60
/** Some 2 KiB each; one more is a few milliseconds away. */
const leavesMax = 256
/** Clocks of two machines differ. */
const backdateMs = 60 * 60 * 1000

interface Root {
  readonly certificate: x509.X509Certificate
  readonly keys: webcrypto.CryptoKeyPair
}

export async function openLocalAuthority(options: LocalAuthorityOptions): Promise<LocalAuthority> {
  x509.cryptoProvider.set(webcrypto)
  const root = await readRoot(options)
  const { clock, ownNames, suffixes, serves } = options
  const leaves = new LRUCache<string, { made: Promise<Certificate>; untilAt: number }>({ max: leavesMax })
  const leafOf = (names: readonly [string, ...string[]]): Promise<Certificate> => {
    const now = clock.now()
    const key = names.join()
    const kept = leaves.get(key)
    if (kept !== undefined && kept.untilAt > now) return kept.made
    const made = makeLeaf(root, names, now)
    leaves.set(key, { made, untilAt: now + (leafDays - renewDays) * dayMs })
    return made
  }
  const under = (name: string): boolean =>
    suffixes.some(suffix => name === suffix || name.endsWith(`.${suffix}`)) || ownNames.includes(name)
  return {
    root: root.certificate.toString('pem'),
    find(serverName) {
      if (serverName === undefined) return leafOf(ownNames)
      return under(serverName) && serves(serverName) ? leafOf([serverName]) : undefined
    },
  }
}

async function readRoot({ folder, suffixes, clock }: LocalAuthorityOptions): Promise<Root> {
  const [certificateFile, keyFile] = ['pem', 'key'].map(end => join(folder, `local-authority.${end}`)) as [
    string,
    string,
  ]
  try {
    const [certificate, key] = await Promise.all([
      readFile(certificateFile, 'utf8'),
      readFile(keyFile, 'utf8'),
    ])
    const root = await rootOf(certificate, key)
    if (root.certificate.notAfter.getTime() > clock.now() + leafDays * dayMs) return root
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const root = await makeRoot(suffixes, clock.now())
  await writeWhole(keyFile, await keyPem(root.keys.privateKey), { file: 0o600 })
  await writeWhole(certificateFile, root.certificate.toString('pem'), { file: 0o644 })
  return root
}

async function rootOf(certificatePem: string, key: string): Promise<Root> {
  const certificate = new x509.X509Certificate(certificatePem)
  const der = x509.PemConverter.decodeFirst(key)
  const privateKey = await webcrypto.subtle.importKey('pkcs8', der, algorithm, true, ['sign'])
  const publicKey = await certificate.publicKey.export(algorithm, ['verify'])
  return { certificate, keys: { privateKey, publicKey } as webcrypto.CryptoKeyPair }
}

async function keyPem(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair
}

async function makeRoot(suffixes: readonly string[], now: number): Promise<Root> {
  const keys = await newKeys()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=INXT local authority',
    notBefore: new Date(now - backdateMs),
    notAfter: new Date(now + rootDays * dayMs),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      new x509.Extension('2.5.29.30', true, nameConstraints([...suffixes, 'localhost'])),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { certificate, keys }
}

async function makeLeaf(
  root: Root,
  names: readonly [string, ...string[]],
  now: number,
): Promise<Certificate> {
  const keys = await newKeys()
  const certificate = await x509.X509CertificateGenerator.create({
    // Clients look at the names below only. A common name that is an address would be held against the constraints
    // on names by OpenSSL, and fail.
    subject: 'O=INXT edge',
    issuer: root.certificate.subject,
    notBefore: new Date(now - backdateMs),
    notAfter: new Date(now + leafDays * dayMs),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: root.keys.privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map(name => ({ type: isIP(name) === 0 ? ('dns' as const) : ('ip' as const), value: name })),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(root.keys.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { chain: certificate.toString('pem'), key: await keyPem(keys.privateKey) }
}

/** `permittedSubtrees` of these names and of 127.0.0.0/8, in DER; every length here is below 128. */
function nameConstraints(names: readonly string[]): Uint8Array<ArrayBuffer> {
  const wrap = (tag: number, content: Buffer): Buffer =>
    Buffer.concat([Buffer.from([tag, content.length]), content])
  const dns = names.map(name => wrap(0x82, Buffer.from(name, 'latin1')))
  const loopback = wrap(0x87, Buffer.from([127, 0, 0, 0, 255, 0, 0, 0]))
  const subtrees = [...dns, loopback].map(base => wrap(0x30, base))
  return Uint8Array.from(wrap(0x30, wrap(0xa0, Buffer.concat(subtrees))))
}
