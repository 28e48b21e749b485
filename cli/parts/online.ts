// The suffix of an edge, signed while it answers, where its operator gave it the keys (`dns.onlineKeys`).

import { Fault } from '../../base/fault.ts'
import { withDelegations } from '../../resolver/sign/delegated.ts'
import { types } from '../../resolver/wire/code.ts'
import { foldCase, isWithin, parseName } from '../../resolver/wire/name.ts'
import type { Servers } from '../../resolver/zone/servers.ts'
import type { Zone } from '../../resolver/zone/zone.ts'
import { openOnlineSigning } from '../dns/online-signing.ts'
import type { Ground } from './ground.ts'

export interface OnlineSuffix {
  /**
   * The zone of the suffix, signed; those of `children` that lie below it are delegations in it. For a responder that
   * makes its answers anew each second: nothing else tells that keys changed.
   */
  sign(suffix: Zone, servers: Servers, children: () => readonly Zone[]): Zone
}

/** Undefined where no keys are set. Faults: config/unreadable, config/invalid, state/broken, wallet/locked. */
export async function openOnlineSuffix({ settings, log, stack }: Ground): Promise<OnlineSuffix | undefined> {
  const folder = settings['dns.onlineKeys']
  const suffix = settings['edge.suffix']
  if (folder === '') return undefined
  const signing = await openOnlineSigning(folder, foldCase(parseName(suffix)), log)
  if (signing === undefined) {
    throw new Fault('config/unreadable', `dns.onlineKeys: ${folder} holds no keys of ${suffix}`, {
      hint: `Make them: \`inxt zone keys --make --zone ${suffix} --keys ${folder}\`.`,
    })
  }
  stack.use(signing)
  return {
    sign(zone, servers, children) {
      let known: readonly Zone[] | undefined
      let below: readonly Zone[] = []
      const kept = (): readonly Zone[] => {
        const all = children()
        if (all !== known) below = all.filter(({ apex }) => apex !== zone.apex && isWithin(apex, zone.apex))
        known = all
        return below
      }
      const siteTypes = (): number[] => [
        ...(servers.servers().some(({ address }) => address.ipv4) ? [types.A] : []),
        ...(servers.servers().some(({ address }) => address.ipv6) ? [types.AAAA] : []),
        ...(servers.servers().some(({ address }) => address.httpsPort) ? [types.HTTPS] : []),
      ]
      return signing.sign(withDelegations(zone, kept), { ttlS: settings['dns.placeTtlS'], types: siteTypes })
    },
  }
}
