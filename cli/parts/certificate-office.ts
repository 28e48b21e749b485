// Who orders a certificate, and how the others come by it: the account, the talk with each authority, what is shown.
//
// Edges agree by rendezvous hashing who orders a name. What the grid says of it (`certificate/<host>`) is the challenge
// while the order is under way, so that whichever edge the authority asks can show it, and afterwards that there is a
// certificate: an edge whose turn came meanwhile asks for that before it orders another. Who imports this file loads
// a large library for X.509.

import { createPrivateKey, type KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fromUtf8 } from '../../base/bytes.ts'
import { Fault, isFault } from '../../base/fault.ts'
import { rendezvous } from '../../base/hash.ts'
import type { Attempt, Paper } from '../../edge/acme/desk.ts'
import { openTalk } from '../../edge/acme/io/talk.ts'
import { thumbprint } from '../../edge/acme/jws.ts'
import type { Challenge } from '../../edge/acme/order.ts'
import { belongs, challengeCertificate, newKey, readIssued } from '../../edge/acme/papers.ts'
import { type Proposal, proposalFrom } from '../../edge/acme/renewal.ts'
import { createSession, type Session } from '../../edge/acme/session.ts'
import type { Certificate } from '../../edge/tls/certificates.ts'
import { decodeCertificate, encodeCertificate } from '../../overlay/records/values.ts'
import type { SealedShelf } from '../daemon/sealed-shelf.ts'
import { askEdge, certificatesPath } from '../edge-interface.ts'
import type { ServingEdge } from '../serving.ts'
import type { Answer, Letters } from './certificate-letters.ts'
import { Orders } from './certificate-orders.ts'
import type { Ground } from './ground.ts'
import type { Network } from './network.ts'

/** Asked in this order; who comes first orders. */
const orderersMax = 3
const totalMs = 120_000
/** Past what the other waits for its own order (`letterWaitMs` in certificates.ts). */
const letterMs = 30_000
/** No order lasts longer; that of an edge which died in the middle must not stand in anybody's way. */
const orderingLifeMs = 2 * totalMs
/** What the grid says of a host instead of a challenge, once this edge has its certificate. */
const ordered = ''
const dayMs = 24 * 3_600_000
const accountName = 'account'

export interface OfficeOptions {
  readonly ground: Ground
  readonly network: Network
  /** Account and certificates. */
  readonly shelf: SealedShelf
  /** Orders. */
  readonly journal: SealedShelf
  readonly letters: Letters
  /** Those that serve now to which readers of `host` may come. */
  readonly edgesOf: (host: string) => readonly ServingEdge[]
}

/** What ordering takes: the account, the talk with each authority, what must be shown meanwhile. */
export class Office {
  readonly #options: OfficeOptions
  #sessions: ReadonlyMap<string, Session> = new Map()
  #orders: Orders | undefined
  #close = (): void => {}
  /** What is shown for our own orders, by host. */
  readonly #shown = new Map<string, string>()

  constructor(options: OfficeOptions) {
    this.#options = options
  }

  /** The account, made at the first start; certificates and orders of earlier runs. */
  async open(): Promise<{ papers: readonly Paper[]; attempts: readonly Attempt[] }> {
    const { settings, log } = this.#options.ground
    const kept = await this.#options.shelf.read()
    const accountKey = await this.#account(kept.get(accountName))
    const trustFile = settings['certificates.trustFile']
    const authorities = trustFile === '' ? undefined : await readTrust(trustFile)
    const talk = openTalk(authorities === undefined ? {} : { authorities })
    this.#close = () => talk.close()
    const contact = settings['certificates.contact']
    const [kid, hmacKey] = settings['certificates.externalAccount'].split(':')
    this.#sessions = new Map(
      settings['certificates.authority'].split(',').map(directoryUrl => [
        directoryUrl,
        createSession({
          ...{ directoryUrl, accountKey, ask: talk.ask, contact: contact === '' ? [] : [contact] },
          ...(kid && hmacKey && { external: { kid, hmacKey } }),
          now: Date.now,
        }),
      ]),
    )
    this.#orders = new Orders({
      ...{
        sessions: this.#sessions,
        journal: this.#options.journal,
        thumbprint: thumbprint(accountKey),
        totalMs,
      },
      prepare: challenge => this.#show(challenge),
      types: ['tls-alpn-01', 'http-01'],
    })
    const found: Paper[] = []
    for (const [host, value] of kept) {
      if (host === accountName) continue
      try {
        found.push(this.#paperOf(host, value))
      } catch (error) {
        log.warn({ host, what: String(error) }, 'a kept certificate is left out')
      }
    }
    return { papers: found, attempts: await this.#orders.open() }
  }

  close(): void {
    this.#close()
  }

  /** From who is first in line: this edge orders, any other is asked for what it has. */
  async obtain(host: string, old: Paper | undefined, begin: () => void): Promise<Paper | undefined> {
    const { network, edgesOf } = this.#options
    const edges = new Map(edgesOf(host).map(edge => [edge.peer, edge]))
    let failure: unknown
    for (const peer of rendezvous(recordKey(host), [...edges.keys()], orderersMax)) {
      try {
        if (peer === network.overlay.peer) return await this.#order(host, old, begin)
        const paper = await this.#receive(edges.get(peer)!, host)
        return old === undefined || paper.notAfter > old.notAfter ? paper : undefined
      } catch (error) {
        // Only who cannot be reached is passed over: whoever refuses has its reasons, and speaks for all.
        if (!isFault(error, 'net/unreachable')) throw error
        failure = error
      }
    }
    throw failure ?? new Fault('net/unreachable', `no edge serves ${host}, this one included`)
  }

  /** Of whichever authority knows the certificate. */
  async proposalFor({ certId }: Paper): Promise<Proposal | undefined> {
    for (const session of this.#sessions.values()) {
      const proposal = await proposalFrom(session, certId, Date.now)
      if (proposal !== undefined) return proposal
    }
    return undefined
  }

  /** The answer to TLS-ALPN-01, by whichever edge orders. */
  async proof(host: string): Promise<Certificate | undefined> {
    const keyAuthorization = await this.#challengeOf(host, () => true)
    if (keyAuthorization === undefined) return undefined
    return challengeCertificate({ host, keyAuthorization }, Date.now())
  }

  /** The answer to HTTP-01, likewise. */
  shown(host: string, token: string): Promise<string | undefined> {
    return this.#challengeOf(host, text => text.startsWith(`${token}.`))
  }

  /** What the authority is to be shown for `host`, of our own order or of another edge's. */
  async #challengeOf(host: string, isIt: (keyAuthorization: string) => boolean): Promise<string | undefined> {
    const own = this.#shown.get(host)
    const isOwn = own !== undefined && isIt(own)
    const found = isOwn ? own : (await this.#ordersOf(host)).find(isIt)
    if (found !== undefined)
      this.#options.ground.meter.count(isOwn ? 'certificates.shown' : 'certificates.shownForOthers')
    return found
  }

  /** What edges of `host` say of it; strangers may write records, too, and are not heard. */
  async #saidOf(host: string): Promise<readonly { edge: ServingEdge; text: string }[]> {
    const { network, edgesOf } = this.#options
    const { overlay } = network
    const edges = new Map(edgesOf(host).map(edge => [edge.peer, edge]))
    return (await overlay.records.get(recordKey(host))).flatMap(({ publisher, value }) => {
      const edge = publisher === overlay.peer ? undefined : edges.get(publisher)
      return edge === undefined ? [] : { edge, text: decodeCertificate(value) }
    })
  }

  /** What the authority must be shown for orders of others. */
  async #ordersOf(host: string): Promise<readonly string[]> {
    return (await this.#saidOf(host)).flatMap(({ text }) => (text === ordered ? [] : text))
  }

  /** Says no more of `host` in the grid. Never rejects. */
  async takeBack(host: string): Promise<void> {
    try {
      await this.#options.network.overlay.records.withdraw(recordKey(host))
    } catch (error) {
      this.#options.ground.log.warn(
        { host, what: String(error) },
        'a record of a certificate was not taken back',
      )
    }
  }

  /** Unless another edge is ordering it, or did so when it was that one's turn. */
  async #order(host: string, old: Paper | undefined, begin: () => void): Promise<Paper> {
    const { records } = this.#options.network.overlay
    const said = await this.#saidOf(host)
    if (said.some(({ text }) => text !== ordered))
      throw new Fault('certificate/refused', `another edge is ordering ${host}`)
    for (const { edge } of old === undefined ? said : []) {
      try {
        return await this.#receive(edge, host)
      } catch (error) {
        if (!isFault(error)) throw error
      }
    }
    try {
      const issue = await this.#orders!.obtain(host, old?.certId, begin)
      const paper = judged(this.#paperOf(host, issue))
      this.#options.ground.log.info({ host }, 'a certificate is issued')
      await records.publish(recordKey(host), encodeCertificate(ordered), dayMs)
      return paper
    } catch (error) {
      await this.takeBack(host)
      throw error
    }
  }

  async #show({ host, keyAuthorization }: Challenge): Promise<() => void> {
    const { records } = this.#options.network.overlay
    this.#shown.set(host, keyAuthorization)
    await records.publish(recordKey(host), encodeCertificate(keyAuthorization), orderingLifeMs)
    return () => void this.#shown.delete(host)
  }

  async #receive(edge: ServingEdge, host: string): Promise<Paper> {
    const { letters } = this.#options
    const question = letters.question(host, edge.peer)
    const answer = await askEdge<Partial<Answer> | null>(
      edge,
      `${certificatesPath}/${host}?for=${question}`,
      {
        timeoutMs: letterMs,
      },
    )
    const text = fromUtf8(letters.read(host, edge.peer, question, answer))
    try {
      return judged(this.#paperOf(host, JSON.parse(text ?? '')))
    } catch (cause) {
      throw new Fault('certificate/refused', `what ${edge.address} sent for ${host} is no certificate`, {
        cause,
      })
    }
  }

  /** Stored, and told in the journal. Faults: `config/unreadable`. */
  async keep({ host, chain, key }: Paper): Promise<void> {
    await this.#options.shelf.write(host, { chain, key })
    await this.#orders!.stored(host)
  }

  /** Never rejects. */
  async forget(host: string): Promise<void> {
    try {
      await this.#options.shelf.remove(host)
      await this.#orders!.forget(host)
    } catch (error) {
      this.#options.ground.log.warn({ host, what: `${error}` }, 'a kept certificate stays')
    }
    await this.takeBack(host)
  }

  /** For this host, and with its key. Fault `certificate/refused`. */
  #paperOf(host: string, value: unknown): Paper {
    const { chain, key } = value as { chain: string; key: string }
    const { names, notBefore, notAfter, certId } = readIssued(`${chain}`)
    if (!names.includes(host) || !belongs(`${chain}`, `${key}`))
      throw new Fault('certificate/refused', `a certificate that is not for ${host}`)
    return { host, chain, key, notBefore, notAfter, certId }
  }

  async #account(kept: unknown): Promise<KeyObject> {
    const known = (kept as { key?: unknown } | undefined)?.key
    if (typeof known === 'string') return createPrivateKey(known)
    const key = await newKey()
    await this.#options.shelf.write(accountName, { key })
    return createPrivateKey(key)
  }
}

/** What is new must be in time; what lay on disk may wait for a clock that is right. Fault `certificate/refused`. */
function judged(paper: Paper): Paper {
  if (paper.notAfter > Date.now()) return paper
  const end = new Date(paper.notAfter).toISOString()
  throw new Fault('certificate/refused', `a certificate for ${paper.host} that ended ${end}`, {
    hint: 'If it was issued just now, the clock of this machine is wrong.',
  })
}

async function readTrust(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new Fault('config/unreadable', `certificates.trustFile ${file}`, { cause })
  }
}

const recordKey = (host: string): string => `certificate/${host}`
