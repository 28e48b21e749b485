// How the overlay's machines are tuned in an edge: what is a setting by the settings, the rest as the simulator
// found it good.
//
// The overlay knows no settings, and the simulator plays it without any: what it plays as the devnet is compared with
// the devnet's settings in the test beside this.

import type { Settings } from '../../config/knobs.ts'
import { type CoordinatesTuning, wideTuning as wideCoordinates } from '../../overlay/coordinates/options.ts'
import { type QueryTuning, wideQueries } from '../../overlay/grid/ground.ts'
import { type StructureTuning, wideGridTuning } from '../../overlay/grid/structure-options.ts'
import { type MembershipTuning, wideTuning as wideMembership } from '../../overlay/membership/options.ts'

export function membershipTuning(settings: Settings): MembershipTuning {
  return {
    ...wideMembership,
    probeIntervalMs: settings['membership.probeIntervalMs'],
    probeTimeoutMs: settings['membership.probeTimeoutMs'],
    helpersMax: settings['membership.helpers'],
    suspicionAlpha: settings['membership.suspicionAlpha'],
    suspicionBeta: settings['membership.suspicionBeta'],
    healthMax: settings['membership.healthMax'],
    syncIntervalMs: settings['membership.syncIntervalMs'],
    joinRetryMs: settings['membership.joinRetryMs'],
    membersMax: settings['membership.membersMax'],
  }
}

export function coordinatesTuning(settings: Settings): CoordinatesTuning {
  return { ...wideCoordinates, samplesPerFit: settings['coordinates.samplesPerFit'] }
}

export function structureTuning(settings: Settings): StructureTuning {
  return {
    ...wideGridTuning,
    nMin: settings['grid.replicas'],
    deltaMax: settings['grid.partitionRecordsMax'],
    exchangeIntervalMs: settings['grid.exchangeIntervalMs'],
    restIntervalMs: settings['grid.restIntervalMs'],
    answerTimeoutMs: settings['grid.answerTimeoutMs'],
    abandonMs: settings['grid.abandonMs'],
    balanceIntervalMs: settings['grid.balanceIntervalMs'],
  }
}

export function queryTuning(settings: Settings): QueryTuning {
  return {
    ...wideQueries,
    lookupMs: settings['grid.lookupMs'],
    compareIntervalMs: settings['grid.compareIntervalMs'],
    popularityIntervalMs: settings['grid.popularityIntervalMs'],
  }
}
