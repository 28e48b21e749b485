// All transports of an edge before one responder, seen by kdig and by Node's TLS.

import assert from 'node:assert/strict'
import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { connect } from 'node:tls'
import { promisify } from 'node:util'
import { pino } from 'pino'
import { isFault } from '../../base/fault.ts'
import { createMeter } from '../../base/meter.ts'
import { assignmentLayer } from '../../config/io/read.ts'
import { settingsFrom } from '../../config/settings.ts'
import { createResponder } from '../../resolver/responder.ts'
import { openTransports } from './dns-transports.ts'

const run = promisify(execFile)
const kdig = 'kdig'
const address = '127.0.92.1'
const [tlsPort, httpsPort] = [5853, 5443]
const folder = await mkdtemp(join(tmpdir(), 'inxt-transports-'))
const [chain, key] = [join(folder, 'chain.pem'), join(folder, 'key.pem')]
const meter = createMeter()
const respond = createResponder({
  suffixes: ['inxt'],
  names: { site: () => ({ contentCid: 'bafy', sequence: 1 }), serial: () => 1 },
  places: { near: () => [{ ipv4: '192.0.2.80' }], servers: () => [] },
  meter,
})

function makeCertificate(name: string, chainFile: string, keyFile: string): void {
  const words = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=${name}`
  execFileSync('openssl', [...words.split(' '), '-keyout', keyFile, '-out', chainFile], { stdio: 'ignore' })
}

/** Opens transports; `words` is told of every line of the log. */
async function open(
  assignments: string[],
  stack: AsyncDisposableStack,
  told = (_: string): void => {},
): Promise<void> {
  const settings = settingsFrom([assignmentLayer([`edge.address=${address}`, 'dns.port=0', ...assignments])])
  const log = pino({ level: 'info' }, { write: told })
  await openTransports({ settings, meter, log, stack }, respond)
}

async function nameAt(port: number, host = address): Promise<string> {
  const socket = connect({ host, port, rejectUnauthorized: false })
  await once(socket, 'secureConnect', { signal: AbortSignal.timeout(5000) })
  const { subject } = socket.getPeerCertificate()
  socket.destroy()
  return `${subject.CN}`
}

describe('the transports of an edge', () => {
  after(() => rm(folder, { recursive: true }))
  makeCertificate('first', chain, key)
  const ports = [`dns.tlsPort=${tlsPort}`, `dns.httpsPort=${httpsPort}`]
  const files = [`dns.certificateFile=${chain}`, `dns.keyFile=${key}`]

  const skip = spawnSync(kdig, ['-V']).error !== undefined && 'kdig is not installed (apt: knot-dnsutils)'
  test('kdig asks over TLS and HTTPS', { skip }, async () => {
    await using stack = new AsyncDisposableStack()
    await open([...ports, ...files], stack)
    for (const words of [`-p ${tlsPort} +tls`, `-p ${httpsPort} +https`, `-p ${httpsPort} +https-get`]) {
      const { stdout } = await run(kdig, [`@${address}`, ...words.split(' '), 'welcome.inxt', 'A'])
      assert.match(stdout, /welcome\.inxt\.\s.*192\.0\.2\.80/, words)
    }
  })

  test('a new certificate is used by both without a restart', async () => {
    await using stack = new AsyncDisposableStack()
    const renewed = Promise.withResolvers<void>()
    await open([...ports, ...files], stack, line => {
      if (line.includes('is read again')) renewed.resolve()
    })
    assert.deepEqual(await Promise.all([tlsPort, httpsPort].map(port => nameAt(port))), ['first', 'first'])
    makeCertificate('second', `${chain}.new`, `${key}.new`)
    await rename(`${chain}.new`, chain)
    await rename(`${key}.new`, key)
    await renewed.promise
    assert.deepEqual(await Promise.all([tlsPort, httpsPort].map(port => nameAt(port))), ['second', 'second'])
  })

  test('all of them at the IPv6 address too, where there is one', async () => {
    await using stack = new AsyncDisposableStack()
    await open([...ports, ...files, 'edge.ipv6=::1'], stack)
    assert.deepEqual(await Promise.all([tlsPort, httpsPort].map(port => nameAt(port, '::1'))), [
      'second',
      'second',
    ])
    await assert.rejects(
      open(['edge.ipv6=2001:db8::1'], stack),
      error => isFault(error, 'config/invalid') && /2001:db8::1/.test(error.message),
    )
  })

  test('without a port nothing is encrypted, and no certificate is asked for', async () => {
    await using stack = new AsyncDisposableStack()
    await open([], stack)
    await assert.rejects(nameAt(tlsPort), /ECONNREFUSED/)
  })

  const mistakes: [what: RegExp, code: 'config/invalid' | 'config/unreadable', assignments: string[]][] = [
    [/dns\.certificateFile names no file/, 'config/invalid', ports],
    [/dns\.keyFile names no file/, 'config/invalid', [ports[1]!, files[0]!]],
    [
      /nowhere: there is no such file/,
      'config/unreadable',
      [...ports, files[0]!, `dns.keyFile=${folder}/nowhere`],
    ],
    [/cannot be used/, 'config/invalid', [...ports, files[0]!, `dns.keyFile=${chain}`]],
  ]
  for (const [what, code, assignments] of mistakes) {
    test(`${what.source.replaceAll('\\', '')}`, async () => {
      await using stack = new AsyncDisposableStack()
      await assert.rejects(
        open(assignments, stack),
        error => isFault(error, code) && what.test(error.message),
      )
    })
  }
})
