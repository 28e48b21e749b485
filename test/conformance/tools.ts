// The witnesses of the conformance tests, as Debian ships them, and what the lab asks of the machine.
//
// Where we are root they are installed; elsewhere the suite says what is missing and is left out, which CI counts as
// a failure.

import { spawnSync } from 'node:child_process'
import { toolsMissing } from '../e2e/tools.ts'

const packages = {
  ip: 'iproute2',
  openssl: 'openssl',
  dig: 'dnsutils',
  delv: 'dnsutils',
  kdig: 'knot-dnsutils',
  'ldns-verify-zone': 'ldnsutils',
  'dnssec-signzone': 'bind9-utils',
  named: 'bind9',
  unbound: 'unbound',
  nsd: 'nsd',
  knotd: 'knot',
  // The server comes with its backend for zone files.
  pdns_server: 'pdns-backend-bind',
  pdns_recursor: 'pdns-recursor',
  kresd: 'knot-resolver',
  'zonemaster-cli': 'zonemaster-cli',
  dnsviz: 'dnsviz',
}

/** False, or why there can be no lab: no namespace may be made, or a program is missing. */
export function labMissing(): false | string {
  return roomMissing() || toolsMissing(packages)
}

/** False, or why there can be no namespace for a room. */
export function roomMissing(): false | string {
  if (process.getuid?.() !== 0) return 'needs root, for network namespaces'
  const missing = toolsMissing({ ip: packages.ip })
  if (missing !== false) return missing
  const name = `inxt-try-${process.pid}`
  if (spawnSync('ip', ['netns', 'add', name]).status !== 0) return 'needs network namespaces (ip netns add)'
  spawnSync('ip', ['netns', 'del', name])
  return false
}
