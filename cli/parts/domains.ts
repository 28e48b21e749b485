// The custom domains of an edge: which claims of the registry their parents bear out, and what is served of them.
//
//   claims on chain ─► watch ─► look-ups from the roots down ─► verdicts ─► zones for DNS, labels for HTTP, status
//
// What was served last is remembered, so that an edge that starts does not refuse what it knew. A domain that is
// refused over DNS although somebody claims it is looked up soon: resolvers come as soon as a parent names us, and that
// is the moment when its owner waits.

import { join } from 'node:path'
import { realRandom } from '../../base/io/chance.ts'
import { realClock } from '../../base/io/clock.ts'
import type { Settings } from '../../config/knobs.ts'
import type { ClaimEntry } from '../../registry-contract/claim.ts'
import { follow } from '../../resolver/delegation/io/follow.ts'
import { createLookUp } from '../../resolver/delegation/io/look-up.ts'
import { keptText, parseKept } from '../../resolver/delegation/remembered.ts'
import {
  type Change,
  createWatch,
  type Remembered,
  type Standing,
  type Watch,
} from '../../resolver/delegation/watch.ts'
import type { Respond } from '../../resolver/responder.ts'
import { nameText } from '../../resolver/wire/name.ts'
import type { Names } from '../../resolver/zone/names.ts'
import { defaultTtls } from '../../resolver/zone/suffix.ts'
import { problemOf } from '../dns/domain-problem.ts'
import { createDomainShelf, type DomainShelf } from '../dns/domain-shelf.ts'
import { withRefusalsHeard } from '../dns/refusals.ts'
import { openServedMemory } from '../dns/served-memory.ts'
import type { EdgeStatus } from '../edge-interface.ts'
import type { Ground } from './ground.ts'
import type { Network } from './network.ts'

export interface Domains extends Pick<DomainShelf, 'labelOf' | 'serves' | 'zones' | 'withSite' | 'onChange'> {
  /** `respond`, with an ear for what it refuses. */
  hearing(respond: Respond): Respond
  statusOf(domain: string): Standing<ClaimEntry> | undefined
  status(): EdgeStatus['domains']
}

const questionTimeoutMs = 2000
const lookUpTimeoutMs = 15_000
const problemsMax = 50

/** Reads what was served last before it returns. */
export async function openDomains(ground: Ground, network: Network, names: Names): Promise<Domains> {
  const { settings, folder, stack, meter, log } = ground
  const { registry } = network.follower
  const suffix = settings['edge.suffix']
  const lookUp = createLookUp({
    roots: settings['domains.roots'].split(','),
    timeoutMs: questionTimeoutMs,
    totalMs: lookUpTimeoutMs,
  })
  const watch = watchFrom(settings)
  const ttls = { ...defaultTtls, addressS: settings['dns.placeTtlS'] }
  const shelf = createDomainShelf({ registry, names, ttls })
  const wording = { parse: parseKept, text: () => keptText(shelf.kept()) }
  const memory = await openServedMemory(join(folder, 'domains.json'), wording, log)
  const liveNow = (): Set<string> =>
    new Set(network.serving().flatMap(({ address, ipv6 }) => [address, ipv6]))
  const problemIn = (standing: Standing<ClaimEntry>, live: Set<string>): Problem | undefined => {
    const { domain } = standing
    const label = shelf.labelOf(domain)
    const what = problemOf(standing, { label, security: shelf.securityOf(standing), live })
    return what === undefined ? undefined : { domain, site: label ?? '', what }
  }
  const warn = createWarning(ground)
  let questions = 0
  const following = follow({
    watch,
    // Names under our own suffix are the registry's to give, whatever a parent says.
    find: async domain =>
      `.${domain}`.endsWith(`.${suffix}`) ? { kind: 'undelegated' } : await lookUp.find(domain),
    clock: realClock,
    onChanges(changes) {
      shelf.change(changes)
      for (const change of changes) tell(ground, change, shelf.labelOf(change.domain))
      memory.write()
    },
    onFound(domain) {
      const standing = watch.standing(domain)
      meter.count(`domains.found.${standing?.found ?? 'released'}`)
      meter.count('domains.questions', lookUp.asked() - questions)
      questions = lookUp.asked()
      warn(
        domain,
        standing !== undefined && watch.isNotable(standing) ? problemIn(standing, liveNow()) : undefined,
      )
      memory.touch()
    },
  })
  const readClaims = (remembered: readonly Remembered[] = []): void => {
    if (settings['domains.countMax'] > 0) following.claims(registry.claims(), remembered)
    shelf.relabel()
  }
  readClaims(memory.remembered)
  network.onChange(() => readClaims())
  stack.defer(async () => {
    following.stop()
    lookUp.close()
    await memory.close()
  })
  log.info({ claims: registry.claims().length, served: shelf.count() }, 'custom domains are watched')
  return {
    ...shelf,
    statusOf: following.standing,
    status() {
      const live = liveNow()
      const problems = following.standings().flatMap(standing => problemIn(standing, live) ?? [])
      return { served: shelf.count(), problems: problems.slice(0, problemsMax) }
    },
    hearing: respond => withRefusalsHeard(respond, following.asked),
  }
}

type Problem = EdgeStatus['domains']['problems'][number]

function watchFrom(settings: Settings): Watch<ClaimEntry> {
  return createWatch<ClaimEntry>({
    random: realRandom,
    countMax: settings['domains.countMax'],
    atOnceMax: settings['domains.atOnceMax'],
    perMinMax: settings['domains.perMinMax'],
    restMinMs: settings['domains.restMinMs'],
    restMaxMs: settings['domains.restMaxMs'],
    doubtMs: settings['domains.doubtMs'],
    graceMs: settings['domains.graceMs'],
  })
}

function tell(
  { log, meter }: Ground,
  { domain, before, after }: Change<ClaimEntry>,
  site: string | undefined,
): void {
  const word = after === undefined ? 'lost' : before === undefined ? 'gained' : 'changed'
  meter.count(`domains.${word}`)
  const what = {
    lost: 'a domain is not served any more',
    gained: 'a domain is served',
    changed: 'a domain changed',
  }
  const hosts = after?.delegation.hosts.map(({ name }) => nameText(name))
  log.info({ domain, owner: (after ?? before)!.claim.owner, site, hosts }, what[word])
}

/** Says of each problem once that it is there, and once that it is over. */
function createWarning({ log, meter }: Ground): (domain: string, problem: Problem | undefined) => void {
  const told = new Map<string, string>()
  return (domain, problem) => {
    if (told.get(domain) === problem?.what) return
    if (problem === undefined) {
      told.delete(domain)
      log.info({ domain }, 'nothing is wrong with a domain any more')
      return
    }
    told.set(domain, problem.what)
    meter.count('domains.problems')
    log.warn(problem, 'something is wrong with a domain')
  }
}
