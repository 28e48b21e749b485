// The knobs of origin pull: how origins are asked, and what the shared cache remembers. Part of the table in
// `knobs.ts`.

import { gib, type Knob, mib } from './knob.ts'

export const cacheKnobs = {
  'origin.connectionsMax': {
    default: 256,
    unit: 'count',
    min: 1,
    max: 10_000,
    why: 'To one origin, one request at a time on each; a small server takes some hundred.',
  },
  'origin.connectMs': {
    default: 5000,
    unit: 'ms',
    min: 50,
    max: 60_000,
    why: 'Two lost SYNs (1 s, then 2 s), and the third arrives.',
  },
  'origin.headMs': {
    default: 30_000,
    unit: 'ms',
    min: 100,
    max: 3_600_000,
    why: 'Until an answer begins. Nobody waits longer for a page; reports that take longer are rare.',
  },
  'origin.idleMs': {
    default: 300_000,
    unit: 'ms',
    min: 1000,
    max: 86_400_000,
    why: 'Between two parts of a body: streams of events are silent for minutes.',
  },
  'origin.restMs': {
    default: 500,
    unit: 'ms',
    min: 0,
    max: 60_000,
    why: 'After a connection that failed the origin is left alone, for twice as long each time up to 30 s.',
  },
  'origin.requestsPerSiteMax': {
    default: 256,
    unit: 'count',
    min: 1,
    max: 100_000,
    why: 'To the origins of one site at once, open streams and tunnels too: one site is not all that an edge serves.',
  },
  'origin.proxy': {
    default: 'on',
    unit: 'switch',
    form: /^(on|off)$/,
    says: 'on or off',
    why: 'Whether the rules of sites may have this edge ask other hosts. Off, it serves such sites’ files only.',
  },
  'gateway.pages': {
    default: 'on',
    unit: 'switch',
    form: /^(on|off)$/,
    says: 'on or off',
    why: 'Whether what names point at is also served by its CID, under a host of its own below ipfs and the suffix.',
  },
  'origin.ports': {
    default: '80,443',
    unit: 'list',
    form: /^\d{1,5}(-\d{1,5})?(,\d{1,5}(-\d{1,5})?){0,63}$/,
    says: 'ports and spans of ports such as 80,443,8000-8999',
    why: 'What speaks HTTP in public. Publishers choose the origin, and should not reach mail servers and databases.',
  },
  'origin.privateNetworks': {
    default: '',
    unit: 'list',
    form: /^$|^[0-9a-fA-F.:]+\/\d{1,3}(,[0-9a-fA-F.:]+\/\d{1,3}){0,63}$/,
    says: 'networks such as 10.1.0.0/16,fd00::/8, or nothing',
    why: 'Where origins may be beside public addresses. None: strangers would reach into the operator’s network.',
  },
  'cache.bytesMax': {
    default: 128 * mib,
    unit: 'bytes',
    min: mib,
    max: 256 * gib,
    why: 'In memory, beside the blocks; one body takes an eighth of it at most.',
  },
  'cache.heuristicPercent': {
    default: 10,
    unit: 'count',
    min: 0,
    max: 100,
    why: 'RFC 9111 §4.2.2: of the time since its last change an answer is good, when nothing is said. 0 for never.',
  },
  'cache.heuristicMaxS': {
    default: 86_400,
    unit: 's',
    min: 0,
    max: 31_536_000,
    why: 'A day: a guess should not outlive the person who could notice that it was wrong.',
  },
  'cache.staleOnErrorS': {
    default: 86_400,
    unit: 's',
    min: 0,
    max: 31_536_000,
    why: 'A good copy is better than an error page, for the day that it takes to mend an origin.',
  },
} as const satisfies Record<string, Knob>
