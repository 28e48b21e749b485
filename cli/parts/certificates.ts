// The certificates of an edge: of a local authority, or of a public one that it asks together with all other edges.
//
//   handshake ─► desk ─► the first live edge by rendezvous orders ─► the others get its certificate in a letter
//                             └─ what it must show lies in the grid, so whichever edge is asked can show it
//
// Authorities count certificates by name, so one edge orders for all. Only edges to which DNS may lead readers of the
// host order, show and are given the key: each of them could show the challenge and get a certificate of its own
// (docs/protocols/certificates.md).

import { join } from 'node:path'
import { utf8 } from '../../base/bytes.ts'
import { Fault } from '../../base/fault.ts'
import { realRandom } from '../../base/io/chance.ts'
import { realClock } from '../../base/io/clock.ts'
import { Desk } from '../../edge/acme/desk.ts'
import type { Certificates } from '../../edge/tls/certificates.ts'
import { createVerify } from '../../overlay/signature.ts'
import type { Zone } from '../../resolver/zone/zone.ts'
import { openSealedShelf } from '../daemon/sealed-shelf.ts'
import { createNaming, type Led } from '../dns/naming.ts'
import type { EdgeStatus } from '../edge-interface.ts'
import type { ServingEdge } from '../serving.ts'
import { type Answer, Letters } from './certificate-letters.ts'
import type { Domains } from './domains.ts'
import type { Ground } from './ground.ts'
import type { Network } from './network.ts'
import type { Pages } from './pages.ts'

/** `zones`: from which DNS answers. Undefined where nobody vouches. Faults: config/invalid, config/unreadable. */
export async function openCertificates(
  ground: Ground,
  network: Network,
  domains: Pick<Domains, 'labelOf' | 'serves'>,
  zones: () => readonly Zone[],
  pages: Pages | undefined,
): Promise<CertificatePart | undefined> {
  const { settings } = ground
  const suffix = settings['edge.suffix']
  const hasContent = (label: string | undefined): boolean => {
    const name = label === undefined ? undefined : network.name(label)
    return name !== undefined && network.rootOf(name) !== undefined
  }
  const underSuffix = (host: string): boolean => {
    const label = host.endsWith(`.${suffix}`) ? host.slice(0, -suffix.length - 1) : undefined
    return hasContent(label) || pages?.isHost(host) === true
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
      // Of domains alone: a suffix is one label, which is no name of the public DNS.
      return openAuthority(ground, network, createNaming(zones), host => hasContent(siteOf(host, domains)))
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
    status: () => ({ held: 0, problems: [], letters: [] }),
  }
}

export interface CertificatePart extends Certificates {
  /** What an authority wants to read at `/.well-known/acme-challenge/<token>` of a host (RFC 8555 §8.3). */
  shown(host: string, token: string): Promise<string | undefined>
  /** The certificate of a host in a letter for the edge that asks (`Letters`). Fault `certificate/refused`. */
  letterFor(host: string, question: string): Promise<Answer>
  status(): EdgeStatus['certificates']
}

/** An edge that asks waits longer than a handshake does, and less than answers may take (edge/io/limits.ts). */
const letterWaitMs = 25_000
const problemsMax = 50

/** `leads` tells where readers of a host may come, `hasSite` which hosts show one: lower case, without a final dot. */
async function openAuthority(
  ground: Ground,
  network: Network,
  leads: (host: string, edge: Led) => boolean,
  hasSite: (host: string) => boolean,
): Promise<CertificatePart> {
  const { Office } = await import('./certificate-office.ts')
  const seal = {
    seal: (text: Uint8Array, about: string) => network.overlay.letterTo(network.overlay.peer, text, about),
    open: network.overlay.openLetter,
  }
  const place = join(ground.folder, 'certificates')
  const shelf = openSealedShelf(place, seal, ground.log)
  const journal = openSealedShelf(join(place, 'orders'), seal, ground.log)
  const { settings, meter, log, stack } = ground
  const { overlay } = network
  const edgesOf = (host: string): readonly ServingEdge[] =>
    hasSite(host) ? network.serving().filter(edge => leads(host, edge)) : []
  const mayServe = (host: string): boolean => {
    const self = network.self()
    return self !== undefined && hasSite(host) && leads(host, self)
  }
  const letters = new Letters({
    ...{ self: overlay.peer, sign: overlay.sign, verify: createVerify() },
    ...{ seal: overlay.letterTo, open: overlay.openLetter, date: Date.now, meter },
    mayHave: (host, peer) => edgesOf(host).some(edge => edge.peer === peer),
    perHourMax: settings['certificates.lettersPerHour'],
  })
  const office = new Office({ ground, network, shelf, journal, letters, edgesOf })
  const desk: Desk = new Desk({
    ...{ mayServe, meter, random: realRandom, now: realClock.now, date: Date.now, after: realClock.after },
    obtain: (host, old, begin) => office.obtain(host, old, begin),
    proposalFor: paper => office.proposalFor(paper),
    challenge: host => office.proof(host),
    keep: paper => office.keep(paper),
    forget: host => office.forget(host),
    onFailed: (host, error) => log.warn({ host, what: error.message }, 'no certificate'),
    ordersPerHourMax: settings['certificates.ordersPerHour'],
    waitMs: settings['certificates.waitMs'],
  })
  const { papers, attempts } = await office.open()
  desk.adopt(papers, attempts)
  const turn = (): void => {
    desk.turn()
    cancel = realClock.after(settings['certificates.turnMs'], turn)
  }
  let cancel = realClock.after(settings['certificates.turnMs'], turn)
  stack.defer(async () => {
    cancel()
    office.close()
  })
  return {
    find: name => desk.find(name),
    challenge: name => desk.challenge(name),
    shown: async (host, token) => (mayServe(host) ? office.shown(host, token) : undefined),
    status: () => ({
      held: desk.counts().papers,
      problems: desk.problems(problemsMax),
      letters: letters.given(),
    }),
    letterFor: (host, question) =>
      letters.answer(host, question, async () => {
        const found = await desk.find(host, letterWaitMs)
        return found && utf8(JSON.stringify({ chain: found.chain, key: found.key }))
      }),
  }
}
