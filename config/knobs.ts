// Every knob of the program in one table: default, unit, limits, and the reason for the number.
//
// A default is an opinion, so its reason stands beside it. Folders never read this table: each declares the options
// that it needs, and `cli/parts/` fills them from the settings. docs/knobs.md is generated from this file.

import { cacheKnobs } from './cache-knobs.ts'
import { certificateKnobs } from './certificate-knobs.ts'
import { chainKnobs } from './chain-knobs.ts'
import { clientKnobs } from './client-knobs.ts'
import { contentKnobs } from './content-knobs.ts'
import { domainKnobs } from './domain-knobs.ts'
import { httpKnobs } from './http-knobs.ts'
import { address, address6, type Knob, port } from './knob.ts'
import { overlayKnobs } from './overlay-knobs.ts'
import { siteKnobs } from './site-knobs.ts'
import { zoneKnobs } from './zone-knobs.ts'

export const knobs = {
  'log.level': {
    default: 'info',
    unit: 'level',
    form: /^(silent|fatal|error|warn|info|debug|trace)$/,
    says: 'silent, fatal, error, warn, info, debug or trace',
    why: 'info names every change of state, never a client.',
  },
  'edge.address': {
    ...address,
    default: '127.0.0.1',
    why: 'Loopback: a machine joins the world only when told to.',
  },
  'edge.ipv6': {
    ...address6,
    default: '',
    why: 'For clients, beside the other: peers speak IPv4 among themselves. Only its operator knows if there is one.',
  },
  'edge.suffix': {
    default: 'inxt',
    unit: 'label',
    form: /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    says: 'a label of lower-case letters, digits and hyphens',
    why: 'The name under which every registered site is reached.',
  },
  'edge.leaveMs': {
    default: 30_000,
    unit: 'ms',
    min: 0,
    max: 600_000,
    why: 'After goodbye it goes on serving whom resolvers still send here: the TTL of places.',
  },
  'dns.port': { ...port, default: 5300, why: '53 needs a privilege; a domain in service sets it.' },
  'dns.tlsPort': { ...port, default: 0, why: 'RFC 7858 has 853; off with 0, as it needs a certificate.' },
  'dns.httpsPort': { ...port, default: 0, why: 'RFC 8484 has 443; off with 0, as it needs a certificate.' },
  'dns.certificateFile': {
    default: '',
    unit: 'path',
    form: /^[^\0]{0,4096}$/,
    says: 'the path of a PEM chain; needed where one of the two ports is set',
    why: "Of the name under which clients know the edge, which is the operator's to prove. Read again when it changes.",
  },
  'dns.keyFile': {
    default: '',
    unit: 'path',
    form: /^[^\0]{0,4096}$/,
    says: 'the path of the PEM key of that chain',
    why: 'A file of its own, so that others may read the chain. Read again when it changes.',
  },
  'dns.placeTtlS': {
    default: 30,
    unit: 's',
    min: 0,
    max: 3600,
    why: 'How long a client may go on using an edge that died; it has three more to try. Less is asked more often.',
  },
  'dns.placesMax': {
    default: 4,
    unit: 'count',
    min: 1,
    max: 16,
    why: 'Four addresses give a client three more tries and fit any packet.',
  },
  'dns.udpBytesMax': {
    default: 1232,
    unit: 'bytes',
    min: 512,
    max: 4096,
    why: 'Passes unfragmented through the smallest MTU of IPv6: 1280 − 40 − 8.',
  },
  'dns.readyMax': {
    default: 16_384,
    unit: 'count',
    min: 0,
    max: 1_000_000,
    why: 'Answers kept ready-made, 1,232 octets each at most: 20 MB. A copy costs a third of a new one, or less.',
  },
  'dns.clientSubnet': {
    default: 'use',
    unit: 'label',
    form: /^(use|ignore)$/,
    says: 'use or ignore',
    why: 'RFC 7871: the nearest edge for a client may be far from its resolver. `ignore` is more private.',
  },
  'dns.cookieSecret': {
    default: '',
    unit: 'label',
    form: /^(|([0-9a-f]{2}){16,64})$/,
    says: '16 to 64 octets in lower-case hexadecimal, or nothing',
    why: 'Drawn at each start; servers that share an address share one, so that each knows the cookies of all.',
  },
  'dns.nsid': {
    default: '',
    unit: 'label',
    form: /^[\x20-\x7e]{0,128}$/,
    says: 'up to 128 printable ASCII characters',
    why: 'RFC 5001: which of many servers answered. Nothing is said of it unless the operator wants that.',
  },
  'dns.answersPerS': {
    default: 200,
    unit: 'count',
    min: 0,
    max: 1_000_000,
    why: 'For one name to one /24 or /56 without cookie, over UDP: caches ask once a TTL. As NSD; 0 for no limit.',
  },
  'dns.prefixAnswersPerS': {
    default: 1000,
    unit: 'count',
    min: 0,
    max: 1_000_000,
    why: 'For all names to such a network: five names at their limit; 1.6 Mbit/s for a victim at 200 B each.',
  },
  'dns.slip': {
    default: 2,
    unit: 'count',
    min: 0,
    max: 10,
    why: 'Every second answer above the limit says "come by TCP": a client gets through, a forger gains nothing.',
  },
  'dns.bucketsLog2': {
    default: 16,
    unit: 'count',
    min: 4,
    max: 24,
    why: 'Two tables of 2^16 buckets, 16 B each: 2 MB, 65,536 networks at a time.',
  },
  'dns.tcpConnectionsMax': {
    default: 1000,
    unit: 'count',
    min: 1,
    max: 100_000,
    why: 'A connection costs some 10 kB: 1,000 are 10 MB.',
  },
  'dns.tcpIdleMs': {
    default: 10_000,
    unit: 'ms',
    min: 100,
    max: 600_000,
    why: 'RFC 7766 §6.2.3 asks for seconds.',
  },
  'dns.logShare': {
    default: 0,
    unit: 'count',
    min: 0,
    max: 1000,
    why: 'How many of 1,000 queries are in the log, each with the network of its client. A line is a disk write.',
  },
  ...httpKnobs,
  ...cacheKnobs,
  ...certificateKnobs,
  ...chainKnobs,
  ...domainKnobs,
  ...overlayKnobs,
  ...siteKnobs,
  ...zoneKnobs,
  ...clientKnobs,
  ...contentKnobs,
  'chain.rpc': {
    default: 'http://127.0.0.1:8545',
    unit: 'url',
    form: /^https?:\/\/[^\s,]+(,https?:\/\/[^\s,]+)*$/,
    says: 'an http or https URL, several joined by commas',
    why: "A node of one's own, at its usual port; of several, a majority must agree.",
  },
  'chain.addresses': {
    default: '',
    unit: 'path',
    form: /^[^\0]{0,4096}$/,
    says: 'the path of the file that the deployment wrote',
    why: 'Which contracts are the registry is the one thing that nobody but the operator can say.',
  },
  'chain.wallet': {
    default: '',
    unit: 'path',
    form: /^[^\0]{0,4096}$/,
    says: 'a path; nothing for operator.json in the data folder',
    why: 'The key that enters the edge into the Roll; without such a file the edge enters nothing.',
  },
  'chain.passphraseFile': {
    default: '',
    unit: 'path',
    form: /^[^\0]{0,4096}$/,
    says: 'a path; nothing for the environment variable INXT_PASSPHRASE',
    why: 'An edge starts without a person; who may read this file may spend what the wallet holds.',
  },
  'chain.stakeInxt': {
    default: 0,
    unit: 'INXT',
    min: 0,
    max: 50_000_000,
    why: 'What the edge enters with; less than the contract asks for means what it asks for.',
  },
  'chain.pollMs': {
    default: 2000,
    unit: 'ms',
    min: 50,
    max: 60_000,
    why: 'A sixth of the 12 s block time of Ethereum.',
  },
  'chain.finalBlocks': {
    default: 64,
    unit: 'blocks',
    min: 0,
    max: 100_000,
    why: 'How deep a block lies before a proof may rest on it: two epochs, after which Ethereum undoes nothing.',
  },
  'chain.undoBlocks': {
    default: 64,
    unit: 'blocks',
    min: 1,
    max: 100_000,
    why: 'Two epochs: what Ethereum needs until a block is final.',
  },
} as const satisfies Record<string, Knob>

export type KnobName = keyof typeof knobs
type Widened<T> = T extends number ? number : string
export type Settings = { readonly [K in KnobName]: Widened<(typeof knobs)[K]['default']> }
