// The knobs of custom domains: whom to ask what a parent delegates, and how often. Part of the table in `knobs.ts`.

import type { Knob } from './knob.ts'

/** a to m of root-servers.net (IANA root hints, 2024): first all of IPv4, then IPv6. */
const rootServers = [
  '198.41.0.4,170.247.170.2,192.33.4.12,199.7.91.13,192.203.230.10,192.5.5.241,192.112.36.4,198.97.190.53',
  '192.36.148.17,192.58.128.30,193.0.14.129,199.7.83.42,202.12.27.33',
  '2001:503:ba3e::2:30,2801:1b8:10::b,2001:500:2::c,2001:500:2d::d,2001:500:a8::e,2001:500:2f::f,2001:500:12::d0d',
  '2001:500:1::53,2001:7fe::53,2001:503:c27::2:30,2001:7fd::1,2001:500:9f::42,2001:dc3::35',
].join(',')

export const domainKnobs = {
  'domains.roots': {
    default: rootServers,
    unit: 'address',
    form: /^[0-9a-f.:]{2,45}(,[0-9a-f.:]{2,45}){0,25}$/,
    says: 'up to 26 IP addresses joined by commas',
    why: 'The root servers: what a parent delegates is asked from there down, of nobody in between.',
  },
  'domains.countMax': {
    default: 10_000,
    unit: 'count',
    min: 0,
    max: 200_000,
    why: 'Domains served; 3 kB each. With 0 none is, and nobody is asked about any.',
  },
  'domains.atOnceMax': {
    default: 16,
    unit: 'count',
    min: 1,
    max: 1000,
    why: 'Look-ups under way, as many again of domains that are not served yet; each has one question open.',
  },
  'domains.perMinMax': {
    default: 300,
    unit: 'count',
    min: 1,
    max: 60_000,
    why: "Look-ups of domains that are not served: 5 a second of 4 questions each are no load to a registry's servers.",
  },
  'domains.restMinMs': {
    default: 300_000,
    unit: 'ms',
    min: 1000,
    max: 86_400_000,
    why: 'Between two look-ups of a served domain, however short the TTL of its delegation.',
  },
  'domains.restMaxMs': {
    default: 3_600_000,
    unit: 'ms',
    min: 1000,
    max: 604_800_000,
    why: 'However long that TTL, often two days: an owner who moves away is heard within the hour.',
  },
  'domains.doubtMs': {
    default: 60_000,
    unit: 'ms',
    min: 100,
    max: 3_600_000,
    why: 'Until a finding that nobody expected is checked; the next after a new claim, and twice as long each time.',
  },
  'domains.graceMs': {
    default: 86_400_000,
    unit: 'ms',
    min: 0,
    max: 2_592_000_000,
    why: 'A parent that cannot be heard for a day is an outage; longer, and nobody vouches for the domain any more.',
  },
} as const satisfies Record<string, Knob>
