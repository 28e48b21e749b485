// The certificates of an edge: of a local authority, or of a public one that it asks together with all other edges.
//
//   handshake ─► desk ─► the first live edge by rendezvous orders ─► the others get its certificate in a letter
//                             └─ what it must show lies in the grid, so whichever edge is asked can show it
//
// Authorities count certificates by name, so one edge orders for all. Giving the key to the others gives away nothing:
// each of them could show the challenge and order one, since the name points at it (docs/protocols/certificates.md).

import { createPrivateKey, type KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fromUtf8, utf8 } from '../../base/bytes.ts'
import { Fault, isFault } from '../../base/fault.ts'
import { realRandom } from '../../base/io/chance.ts'
import { delay, realClock } from '../../base/io/clock.ts'
import { Desk, type Paper } from '../../edge/acme/desk.ts'
import { openTalk } from '../../edge/acme/io/talk.ts'
import { thumbprint } from '../../edge/acme/jws.ts'
import { type Challenge, orderCertificate } from '../../edge/acme/order.ts'
import { readWindow } from '../../edge/acme/renewal.ts'
import { createSession, type Session } from '../../edge/acme/session.ts'
import type { Certificate, Certificates } from '../../edge/tls/certificates.ts'
import { decodeCertificate, encodeCertificate } from '../../overlay/records/values.ts'
import { askEdge, certificatesPath, type EdgeStatus } from '../edge-interface.ts'
import { openSealedShelf, type SealedShelf } from '../sealed-shelf.ts'
import type { ServingEdge } from '../serving.ts'
import type { Domains } from './domains.ts'
import type { Ground } from './ground.ts'
import type { Network } from './network.ts'

/** Undefined where nobody vouches. Faults: config/invalid, config/unreadable. */
export async function openCertificates(
  ground: Ground,
  network: Network,
  domains: Pick<Domains, 'labelOf' | 'serves'>,
): Promise<CertificatePart | undefined> {
  const { settings } = ground
  const suffix = settings['edge.suffix']
  const hasContent = (label: string | undefined): boolean => {
    const name = label === undefined ? undefined : network.name(label)
    return name !== undefined && network.rootOf(name) !== undefined
  }
  const underSuffix = (host: string): boolean => {
    const label = host.endsWith(`.${suffix}`) ? host.slice(0, -suffix.length - 1) : undefined
    return hasContent(label)
  }
  switch (settings['certificates.authority']) {
    case 'none':
      if (settings['http.tlsPort'] === 0) return undefined
      throw new Fault('config/invalid', 'http.tlsPort is set, and certificates.authority is none', {
        hint: 'Name an authority, or set certificates.authority to local.',
      })
    case 'local':
      return openLocal(ground, underSuffix)
    default:
      // A suffix of one label is no name of the public DNS: no public authority vouches for it.
      return openAuthority(
        ground,
        network,
        host => hasContent(siteOf(host, domains)) || (suffix.includes('.') && underSuffix(host)),
      )
  }
}

/** Whose site a domain shows at its apex and at `www`: below it are as many names as strangers can make up. */
function siteOf(host: string, { labelOf, serves }: Pick<Domains, 'labelOf' | 'serves'>): string | undefined {
  const label = labelOf(host)
  if (label === undefined) return undefined
  return serves(host, label) || serves(host.replace(/^www\./, ''), label) ? label : undefined
}

/** An authority of this machine, made when the first client wants it: its library takes memory. */
function openLocal({ settings, folder }: Ground, serves: (host: string) => boolean): CertificatePart {
  let opening: Promise<Certificates> | undefined
  const open = async (): Promise<Certificates> => {
    const { openLocalAuthority } = await import('../../edge/io/local-authority.ts')
    return openLocalAuthority({
      folder: settings['certificates.localFolder'] || join(folder, 'authority'),
      suffixes: [settings['edge.suffix']],
      ownNames: [settings['edge.address']],
      clock: realClock,
      serves,
    })
  }
  return {
    find: async name => {
      if (name !== undefined && !serves(name)) return undefined
      return (await (opening ??= open())).find(name)
    },
    shown: async () => undefined,
    async letterFor(host) {
      throw new Fault(
        'certificate/refused',
        `${host}: the certificates of a local authority stay where they are`,
      )
    },
    status: () => ({ held: 0, problems: [] }),
  }
}

export interface CertificatePart extends Certificates {
  /** What an authority wants to read at `/.well-known/acme-challenge/<token>` of a host (RFC 8555 §8.3). */
  shown(host: string, token: string): Promise<string | undefined>
  /** The certificate of a host in a letter for another edge. Fault `certificate/refused` when there is none. */
  letterFor(host: string, peer: string): Promise<{ letter: string }>
  status(): EdgeStatus['certificates']
}

/** Asked in this order; who comes first orders. */
const orderersMax = 3
const turnMs = 60_000
const totalMs = 120_000
/** No order lasts longer; that of an edge which died in the middle must not stand in anybody's way. */
const recordLifeMs = 2 * totalMs
/** An edge that asks waits longer than a handshake does, and less than answers may take (edge/io/limits.ts). */
const letterWaitMs = 25_000
const problemsMax = 50
const accountName = 'account'

/** Loaded where certificates are ordered: the library behind it is large. */
async function openPapers() {
  const { belongs, challengeCertificate, newKey, readIssued, requestFor } = await import(
    '../../edge/acme/papers.ts'
  )
  return { belongs, challengeCertificate, newKey, readIssued, requestFor }
}

type Papers = Awaited<ReturnType<typeof openPapers>>

/** `mayServe` is the gate: hosts that are served here, lower case, without a final dot. */
async function openAuthority(
  ground: Ground,
  network: Network,
  mayServe: (host: string) => boolean,
): Promise<CertificatePart> {
  const papers = await openPapers()
  const seal = {
    seal: (text: Uint8Array, about: string) => network.overlay.letterTo(network.overlay.peer, text, about),
    open: network.overlay.openLetter,
  }
  const shelf = openSealedShelf(join(ground.folder, 'certificates'), seal, ground.log)
  const office = new Office(ground, network, papers, shelf)
  const { settings, meter, log, stack } = ground
  const desk: Desk = new Desk({
    ...{ mayServe, meter, random: realRandom, now: realClock.now, date: Date.now, after: realClock.after },
    obtain: (host, old, begin) => office.obtain(host, old, begin),
    windowOf: paper => office.windowOf(paper),
    challenge: host => office.proof(host),
    keep: paper => shelf.write(paper.host, { chain: paper.chain, key: paper.key }),
    forget: host => shelf.remove(host),
    onFailed: (host, error) => log.warn({ host, what: error.message }, 'no certificate'),
    ordersPerHourMax: settings['certificates.ordersPerHour'],
    waitMs: settings['certificates.waitMs'],
  })
  desk.adopt(await office.open())
  const turn = (): void => {
    desk.turn()
    cancel = realClock.after(turnMs, turn)
  }
  let cancel = realClock.after(turnMs, turn)
  stack.defer(async () => {
    cancel()
    office.close()
  })
  return {
    find: name => desk.find(name),
    challenge: name => desk.challenge(name),
    shown: async (host, token) => (mayServe(host) ? office.shown(host, token) : undefined),
    status: () => ({ held: desk.counts().papers, problems: desk.problems(problemsMax) }),
    async letterFor(host, peer) {
      const edge = network.serving().find(other => other.peer === peer)
      const found = edge && (await desk.find(host, letterWaitMs))
      if (edge === undefined || found === undefined) {
        throw new Fault('certificate/refused', `no certificate of ${host} for ${peer.slice(-8)}`)
      }
      const text = utf8(JSON.stringify({ chain: found.chain, key: found.key }))
      return { letter: Buffer.from(network.overlay.letterTo(edge.peer, text, host)).toString('base64url') }
    },
  }
}

/** What ordering takes: the account, the talk with each authority, what must be shown meanwhile. */
class Office {
  readonly #ground: Ground
  readonly #network: Network
  readonly #papers: Papers
  readonly #shelf: SealedShelf
  #sessions: readonly Session[] = []
  #close = (): void => {}
  #thumbprint = ''
  /** What is shown for our own orders, by host. */
  readonly #shown = new Map<string, string>()

  constructor(ground: Ground, network: Network, papers: Papers, shelf: SealedShelf) {
    this.#ground = ground
    this.#network = network
    this.#papers = papers
    this.#shelf = shelf
  }

  /** The account, made at the first start, and the certificates that are still there. */
  async open(): Promise<readonly Paper[]> {
    const { settings, log } = this.#ground
    const kept = await this.#shelf.read()
    const accountKey = await this.#account(kept.get(accountName))
    const trustFile = settings['certificates.trustFile']
    const authorities = trustFile === '' ? undefined : await readTrust(trustFile)
    const talk = openTalk(authorities === undefined ? {} : { authorities })
    this.#close = () => talk.close()
    this.#thumbprint = thumbprint(accountKey)
    const contact = settings['certificates.contact']
    const [kid, hmacKey] = settings['certificates.externalAccount'].split(':')
    this.#sessions = settings['certificates.authority'].split(',').map(directoryUrl =>
      createSession({
        ...{ directoryUrl, accountKey, ask: talk.ask, contact: contact === '' ? [] : [contact] },
        ...(kid && hmacKey && { external: { kid, hmacKey } }),
      }),
    )
    const found: Paper[] = []
    for (const [host, value] of kept) {
      if (host === accountName) continue
      try {
        found.push(this.#paperOf(host, value))
      } catch (error) {
        log.warn({ host, what: String(error) }, 'a kept certificate is left out')
      }
    }
    return found
  }

  close(): void {
    this.#close()
  }

  /** From who is first in line: this edge orders, any other is asked for what it has. */
  async obtain(host: string, old: Paper | undefined, begin: () => void): Promise<Paper | undefined> {
    const { overlay } = this.#network
    let failure: unknown
    for (const edge of this.#network.homes(recordKey(host), orderersMax)) {
      try {
        if (edge.peer === overlay.peer) return await this.#order(host, old, begin)
        const paper = await this.#receive(edge, host)
        return old === undefined || paper.notAfter > old.notAfter ? paper : undefined
      } catch (error) {
        // Only who cannot be reached is passed over: whoever refuses has its reasons, and speaks for all.
        if (!isFault(error, 'net/unreachable')) throw error
        failure = error
      }
    }
    throw failure ?? new Fault('net/unreachable', 'no edge serves, this one included')
  }

  async windowOf({ certId }: Paper): Promise<ReturnType<typeof readWindow>> {
    try {
      const url = await this.#sessions[0]?.resource('renewalInfo')
      if (url === undefined || certId === undefined) return undefined
      const { json } = await this.#sessions[0]!.get(`${url}/${certId}`)
      return readWindow(json)
    } catch (error) {
      if (!isFault(error)) throw error
      return undefined
    }
  }

  /** The answer to TLS-ALPN-01, by whichever edge orders. */
  async proof(host: string): Promise<Certificate | undefined> {
    const keyAuthorization = this.#shown.get(host) ?? (await this.#ordersOf(host))[0]
    if (keyAuthorization === undefined) return undefined
    return this.#papers.challengeCertificate({ host, keyAuthorization }, Date.now())
  }

  async shown(host: string, token: string): Promise<string | undefined> {
    const isIt = (text: string): boolean => text.startsWith(`${token}.`)
    const own = this.#shown.get(host)
    return own !== undefined && isIt(own) ? own : (await this.#ordersOf(host)).find(isIt)
  }

  /** What edges on the Roll show for `host`; strangers may write records, too, and are not heard. */
  async #ordersOf(host: string): Promise<readonly string[]> {
    const { overlay } = this.#network
    const edges = new Set(this.#network.serving().map(({ peer }) => peer))
    const records = await overlay.records.get(recordKey(host))
    const others = records.filter(({ publisher }) => publisher !== overlay.peer && edges.has(publisher))
    return others.map(({ value }) => decodeCertificate(value)).filter(text => text !== '')
  }

  async #order(host: string, old: Paper | undefined, begin: () => void): Promise<Paper> {
    const { log } = this.#ground
    const { overlay } = this.#network
    if ((await this.#ordersOf(host)).length > 0) {
      throw new Fault('certificate/refused', `another edge is ordering ${host}`)
    }
    begin()
    const key = recordKey(host)
    const prepare = async ({ keyAuthorization }: Challenge): Promise<() => void> => {
      this.#shown.set(host, keyAuthorization)
      await overlay.records.publish(key, encodeCertificate(keyAuthorization), recordLifeMs)
      return () => {
        this.#shown.delete(host)
        overlay.records
          .withdraw(key)
          .catch(error => log.warn({ host, what: String(error) }, 'the end of an order was not said'))
      }
    }
    let failure: unknown
    for (const session of this.#sessions) {
      try {
        const { csr, key: secret } = await this.#papers.requestFor([host])
        const chain = await orderCertificate(session, {
          ...{ names: [host], csr, prepare, thumbprint: this.#thumbprint, types: ['tls-alpn-01', 'http-01'] },
          ...(old?.certId && { replaces: old.certId }),
          ...{ now: realClock.now, pause: delay, totalMs },
        })
        log.info({ host }, 'a certificate is issued')
        return this.#paperOf(host, { chain, key: secret })
      } catch (error) {
        if (!isFault(error)) throw error
        failure = error
      }
    }
    throw failure
  }

  async #receive(edge: ServingEdge, host: string): Promise<Paper> {
    const { overlay } = this.#network
    const path = `${certificatesPath}/${host}?for=${overlay.peer}`
    const { letter } = await askEdge<{ letter: string }>(edge, path, { timeoutMs: totalMs })
    const text = fromUtf8(overlay.openLetter(Buffer.from(`${letter}`, 'base64url'), host))
    try {
      return this.#paperOf(host, JSON.parse(text ?? ''))
    } catch (cause) {
      throw new Fault('certificate/refused', `what ${edge.address} sent for ${host} is no certificate`, {
        cause,
      })
    }
  }

  /** Judged before it is used: for this host, in time, with its key. Fault `certificate/refused`. */
  #paperOf(host: string, value: unknown): Paper {
    const { chain, key } = value as { chain: string; key: string }
    const { names, notBefore, notAfter, certId } = this.#papers.readIssued(`${chain}`)
    if (!names.includes(host) || !this.#papers.belongs(`${chain}`, `${key}`))
      throw new Fault('certificate/refused', `a certificate that is not for ${host}`)
    if (notAfter <= Date.now()) {
      const end = new Date(notAfter).toISOString()
      throw new Fault('certificate/refused', `a certificate for ${host} that ended ${end}`, {
        hint: 'If it was issued just now, the clock of this machine is wrong.',
      })
    }
    return { host, chain, key, notBefore, notAfter, certId }
  }

  async #account(kept: unknown): Promise<KeyObject> {
    const known = (kept as { key?: unknown } | undefined)?.key
    if (typeof known === 'string') return createPrivateKey(known)
    const key = await this.#papers.newKey()
    await this.#shelf.write(accountName, { key })
    return createPrivateKey(key)
  }
}

async function readTrust(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new Fault('config/unreadable', `certificates.trustFile ${file}`, { cause })
  }
}

const recordKey = (host: string): string => `certificate/${host}`
