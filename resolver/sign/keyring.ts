// The key ring of a zone: which keys there are and how far each is in its life, as a small JSON file beside the keys.
//
// It remembers what the key files cannot: the states of a roll, the serial that was signed last, and when. A
// clock that went back, or leapt ahead, would end a wait too early or sign what nobody takes; so the last use is
// compared with now. Dates in the key files, as BIND keeps them, would tell the same in as many places as there
// are keys.

import { Fault } from '../../base/fault.ts'
import { foldCase, type Name, nameText, parseName } from '../wire/name.ts'
import { type Algorithm, algorithms } from './key.ts'
import type { KeyState, Method, Role, State, Timing } from './rollover.ts'

export interface Keyring {
  readonly zone: Name
  /** Of the keys that do not name another. */
  readonly algorithm: Algorithm
  readonly keys: readonly KeyState[]
  readonly timing: Timing
  /** Of the version that was signed last. */
  readonly serial?: number
  /** When the ring was last used, in seconds since the epoch. */
  readonly usedAtS: number
}

const roles: readonly Role[] = ['csk', 'ksk', 'zsk']
const methods: readonly Method[] = ['pre-publish', 'double-signature', 'double-ds', 'algorithm']
const states: readonly State[] = [
  'generated',
  'signing',
  'announced',
  'published',
  'ready',
  'active',
  'retired',
  'removed',
]
const timings = ['dnskeyTtlS', 'zoneTtlMaxS', 'dsTtlS', 'propagationS', 'parentPropagationS'] as const
const keysMax = 100
const secondsMax = 2 ** 40
const version = 1

export function keyringText(ring: Keyring): string {
  return `${JSON.stringify({ version, ...ring, zone: nameText(ring.zone) }, null, 2)}\n`
}

/** Throws Fault `state/broken`. */
export function parseKeyring(text: string, file: string): Keyring {
  const broken = (what: string): Fault =>
    new Fault('state/broken', `${file}: ${what}`, {
      hint: 'Restore it from a copy: without it a roll cannot go on.',
    })
  let value: Record<string, unknown>
  try {
    value = record(JSON.parse(text))
  } catch {
    throw broken('is no JSON')
  }
  const { zone, algorithm, keys, timing, serial, usedAtS } = value
  if (value['version'] !== version) throw broken(`version ${value['version']} is not known here`)
  if (typeof zone !== 'string' || !isSeconds(usedAtS)) throw broken('names no zone, or not when it was used')
  if (!isAlgorithm(algorithm)) throw broken('algorithm')
  if (serial !== undefined && !(isSeconds(serial) && serial < 2 ** 32)) throw broken('serial')
  if (!Array.isArray(keys) || keys.length > keysMax || !keys.every(isKeyState)) throw broken('keys')
  const times = record(timing)
  if (!timings.every(name => isSeconds(times[name]))) throw broken('timing')
  return {
    zone: foldCase(parseName(zone)),
    algorithm,
    keys,
    timing: times as unknown as Timing,
    ...(serial !== undefined && { serial }),
    usedAtS,
  }
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function isSeconds(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < secondsMax
}

function isKeyState(value: unknown): value is KeyState {
  const { tag, role, method, state, sinceS, dsSeenAtS, algorithm } = record(value)
  return (
    isSeconds(tag) &&
    tag <= 0xffff &&
    roles.includes(role as Role) &&
    methods.includes(method as Method) &&
    states.includes(state as State) &&
    isSeconds(sinceS) &&
    (dsSeenAtS === undefined || isSeconds(dsSeenAtS)) &&
    (algorithm === undefined || isAlgorithm(algorithm))
  )
}

function isAlgorithm(value: unknown): value is Algorithm {
  return value === algorithms.ECDSAP256SHA256 || value === algorithms.ED25519
}

/** What the key of `state` signs with. */
export function algorithmOf(ring: Keyring, state: KeyState): Algorithm {
  return state.algorithm ?? ring.algorithm
}

/** A clock may be corrected by that much without a word. */
const backMaxS = 300
/** Signatures would have ended long ago: more likely a clock than a holiday. */
const aheadMaxS = 366 * 86_400

/** Throws Fault `config/invalid` when the clock cannot be right, or the ring is of another zone. */
export function requireUsable(ring: Keyring, zone: Name, nowS: number): void {
  if (ring.zone !== zone) {
    throw new Fault('config/invalid', `the keys are of ${nameText(ring.zone)}, not of ${nameText(zone)}`, {
      hint: 'Name the folder with the keys of this zone: --keys.',
    })
  }
  const leapS = nowS - ring.usedAtS
  if (leapS >= -backMaxS && leapS <= aheadMaxS) return
  const [now, used] = [nowS, ring.usedAtS].map(at => new Date(at * 1000).toISOString())
  throw new Fault('config/invalid', `the clock says ${now}, but the keys were used at ${used}`, {
    hint: 'Set the clock, or add --trust-clock when it is right.',
  })
}
