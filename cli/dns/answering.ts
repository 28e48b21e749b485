// How a DNS server of ours behaves towards strangers, from the settings: for an edge and for `--standalone` alike.

import { randomBytes, randomInt } from 'node:crypto'
import { fromHex, utf8 } from '../../base/bytes.ts'
import { realClock } from '../../base/io/clock.ts'
import type { Settings } from '../../config/knobs.ts'
import type { ResponderOptions } from '../../resolver/responder.ts'

type Answering = Pick<
  ResponderOptions,
  | 'addressesMax'
  | 'udpBytesMax'
  | 'readyMax'
  | 'hearsSubnets'
  | 'cookies'
  | 'limit'
  | 'nsid'
  | 'idleTimeoutMs'
  | 'now'
>

/**
 * Part of the options of a responder. Cookies go by the wall clock, which servers that share a secret have in common;
 * a secret that is not set is drawn, and lives as long as the process.
 */
export function answeringFrom(settings: Settings): Answering {
  const secret = settings['dns.cookieSecret']
  const nsid = settings['dns.nsid']
  return {
    addressesMax: settings['dns.placesMax'],
    udpBytesMax: settings['dns.udpBytesMax'],
    readyMax: settings['dns.readyMax'],
    hearsSubnets: settings['dns.clientSubnet'] === 'use',
    cookies: { secret: secret === '' ? randomBytes(16) : fromHex(secret)!, now: Date.now },
    limit: {
      answersPerS: settings['dns.answersPerS'],
      prefixAnswersPerS: settings['dns.prefixAnswersPerS'],
      slip: settings['dns.slip'],
      buckets: 2 ** settings['dns.bucketsLog2'],
      seed: randomInt(2 ** 32),
      now: realClock.now,
    },
    ...(nsid !== '' && { nsid: utf8(nsid) }),
    idleTimeoutMs: settings['dns.tcpIdleMs'],
    now: realClock.now,
  }
}
