// A process that orders one certificate as an edge does, journal and all, for a test that ends it in the middle:
// folder, directory, file with who vouches for that, port of HTTP-01, host. Prints what earlier runs had begun, then
// the certificate.

import { createPrivateKey } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { pino } from 'pino'
import { openSealedShelf } from '../../cli/daemon/sealed-shelf.ts'
import { Orders } from '../../cli/parts/certificate-orders.ts'
import { openTalk } from '../../edge/acme/io/talk.ts'
import { thumbprint } from '../../edge/acme/jws.ts'
import { createSession } from '../../edge/acme/session.ts'
import { openLetter, sealLetter } from '../../overlay/io/letter.ts'

const [folder, directoryUrl, trustFile, httpPort, host] = process.argv.slice(2) as [
  ...[string, string, string, string, string],
]
const key = createPrivateKey(await readFile(join(folder, 'identity.pem')))
const publicKey = Buffer.from(key.export({ format: 'jwk' }).x!, 'base64url')
const accountKey = createPrivateKey(await readFile(join(folder, 'account.pem')))
const talk = openTalk({ authorities: await readFile(trustFile, 'utf8') })
let shown = ''
const web = createServer((_request, response) => response.end(shown)).listen(Number(httpPort), '127.0.0.1')
await once(web, 'listening')
const orders = new Orders({
  sessions: new Map([
    [directoryUrl, createSession({ directoryUrl, accountKey, ask: talk.ask, contact: [], now: Date.now })],
  ]),
  journal: openSealedShelf(
    join(folder, 'orders'),
    {
      seal: (text, about) => sealLetter(text, publicKey, about),
      open: (letter, about) => openLetter(letter, key, about),
    },
    pino({ level: 'silent' }),
  ),
  thumbprint: thumbprint(accountKey),
  prepare: async ({ keyAuthorization, type }) => {
    shown = type === 'http-01' ? keyAuthorization : ''
    return () => {}
  },
  types: ['http-01'],
  totalMs: 20_000,
})
console.log(JSON.stringify(await orders.open()))
const { chain } = await orders.obtain(host, undefined, () => {})
await orders.stored(host)
console.log(chain)
talk.close()
web.close()
