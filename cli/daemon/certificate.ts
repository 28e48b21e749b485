// The certificate of the encrypted transports: two files, which others renew while we run.
//
// Certificate tools write the chain and the key one after the other, so a pair that does not match is nothing to stop
// for: the old one stays in use until the new one is whole.

import { readFile } from 'node:fs/promises'
import { isFault } from '../../base/fault.ts'
import { unreadable } from '../../base/io/file.ts'
import type { Log } from '../../base/io/log.ts'
import type { Certificate } from '../../resolver/io/tls.ts'
import { watchFiles } from './watch.ts'

/** Paths of PEM files. */
export interface CertificateFiles {
  readonly chainFile: string
  readonly keyFile: string
}

/** Throws Fault `config/unreadable`. */
export async function readCertificate({ chainFile, keyFile }: CertificateFiles): Promise<Certificate> {
  const [chain, key] = await Promise.all([chainFile, keyFile].map(readPem))
  return { chain: chain!, key: key! }
}

async function readPem(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw unreadable(file, error)
  }
}

/** Renews `listening` whenever one of the files changes, and when told to read them `again`; until disposed of. */
export async function followCertificate(
  files: CertificateFiles,
  listening: readonly { renew(certificate: Certificate): void }[],
  log: Log,
): Promise<Disposable & { again(): void }> {
  const renew = async (): Promise<void> => {
    try {
      const certificate = await readCertificate(files)
      for (const one of listening) one.renew(certificate)
      log.info('the TLS certificate is read again')
    } catch (error) {
      if (isFault(error)) log.warn({ why: error.message }, 'the TLS certificate is not renewed')
      else log.error({ err: error }, 'the TLS certificate met a bug')
    }
  }
  const again = (): void => void renew()
  const watching = await watchFiles([files.chainFile, files.keyFile], again, log)
  return { again, [Symbol.dispose]: () => watching[Symbol.dispose]() }
}
