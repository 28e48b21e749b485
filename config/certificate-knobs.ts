// The knobs of certificates: who vouches for the names that are served, and how often it is asked. Part of the table
// in `knobs.ts`.

import type { Knob } from './knob.ts'

export const certificateKnobs = {
  'certificates.authority': {
    default: 'none',
    unit: 'url',
    form: /^(none|local|https:\/\/[!-~]{1,200}(,https:\/\/[!-~]{1,200})?)$/,
    says: 'none, local, or the address of an ACME directory, with a second for bad days behind a comma',
    why: 'An authority has terms to agree to, which nobody can do for an operator; naming it agrees.',
  },
  'certificates.localFolder': {
    default: '',
    unit: 'path',
    form: /^.{0,1000}$/,
    says: 'a path, or nothing',
    why: 'Where the local authority lies, for edges that share one; empty is a folder of the edge’s own.',
  },
  'certificates.contact': {
    default: '',
    unit: 'address',
    form: /^(mailto:[!-~]{3,200})?$/,
    says: 'mailto: and an address, or nothing',
    why: 'Where an authority writes when it must revoke; many no longer ask.',
  },
  'certificates.externalAccount': {
    default: '',
    unit: 'label',
    form: /^([!-9;-~]{1,200}:[\w-]{16,200})?$/,
    says: 'key identifier and HMAC key in base64url, joined by a colon, or nothing',
    why: 'For authorities that know their customers beforehand (RFC 8555 §7.3.4).',
  },
  'certificates.trustFile': {
    default: '',
    unit: 'path',
    form: /^.{0,1000}$/,
    says: 'a path, or nothing',
    why: 'PEM of who vouches for an authority of one’s own; empty takes those that Node knows.',
  },
  'certificates.ordersPerHour': {
    default: 20,
    unit: 'count',
    min: 1,
    max: 10_000,
    why: 'Of one edge; the largest free authority takes 300 in three hours of one account.',
  },
  'certificates.lettersPerHour': {
    default: 600,
    unit: 'count',
    min: 1,
    max: 1_000_000,
    why: 'Certificates with their keys that one other edge is given; one that begins anew wants those of its readers.',
  },
  'certificates.turnMs': {
    default: 60_000,
    unit: 'ms',
    min: 100,
    max: 3_600_000,
    why: 'How often it is looked which certificates are due; a hundredth of the shortest life in use is soon enough.',
  },
  'certificates.waitMs': {
    default: 8000,
    unit: 'ms',
    min: 0,
    max: 60_000,
    why: 'The first handshake of a name waits for its order, which takes seconds; browsers wait 10 at least.',
  },
} as const satisfies Record<string, Knob>
