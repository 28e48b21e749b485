// `inxt zone keys|roll`: the keys of a zone, and how one takes the place of another.
//
// A roll is begun here and goes on by itself whenever the zone is signed; only the parent's part needs a person,
// who says `--ds-seen` once the new DS is there. So nothing runs in the background, and nobody can skip a wait.

import { Fault } from '../../base/fault.ts'
import { algorithmOf, type Keyring } from '../../resolver/sign/keyring.ts'
import {
  advance,
  dsSeen,
  type Method,
  type Role,
  requireRollable,
  rollTo,
  usualMethod,
  usualTiming,
} from '../../resolver/sign/rollover.ts'
import { planByDefault } from '../../resolver/sign/signed-zone.ts'
import { nameText } from '../../resolver/wire/name.ts'
import { createTerminal } from '../terminal.ts'
import {
  type Desk,
  dsTexts,
  firstRing,
  type KeyOptions,
  keyHead,
  keyRows,
  openDesk,
  parseAlgorithm,
  ringOf,
} from './zone-desk.ts'

export interface KeysOptions extends KeyOptions {
  /** Makes the first keys, for servers that sign while answering. */
  readonly make: boolean
  readonly split: boolean
  readonly algorithm: string
  /** Lets keys pass on that may. */
  readonly advance: boolean
}

export async function zoneKeys(options: KeysOptions): Promise<void> {
  await using desk = await openDesk(options)
  await tellKeys(desk, await ringFor(desk, options), options.json)
}

/** A zone that is not at hand may have TTLs up to a day. */
const unseenTiming = { ...usualTiming, dnskeyTtlS: planByDefault.dnskeyTtlS, zoneTtlMaxS: 86_400 }

export async function ringFor(desk: Desk, options: KeysOptions): Promise<Keyring> {
  if (options.make) {
    if (desk.ring === undefined) {
      return firstRing(desk, parseAlgorithm(options.algorithm), options.split, unseenTiming)
    }
    throw new Fault('input/invalid', `${desk.keys.folder} holds keys of ${nameText(desk.apex)} already`, {
      hint: 'Let a new one take their place: `inxt zone roll`.',
    })
  }
  const ring = ringOf(desk)
  if (!options.advance) return ring
  const keys = advance(ring.keys, ring.timing, desk.nowS)
  const next = { ...ring, keys, usedAtS: desk.nowS }
  await desk.keys.writeRing(next)
  return next
}

export interface RollOptions extends KeyOptions {
  readonly role?: string
  readonly method?: string
  /** Another than that of the key whose place is taken. */
  readonly algorithm?: string
  readonly dsSeen: boolean
}

export async function zoneRoll(options: RollOptions): Promise<void> {
  await using desk = await openDesk(options)
  await tellKeys(desk, await roll(desk, options), options.json)
}

/** Begins a roll, or notes that the parent has the new DS; the ring as it is written. */
export async function roll(desk: Desk, options: RollOptions): Promise<Keyring> {
  const ring = ringOf(desk)
  const keys = options.dsSeen ? dsSeen(ring.keys, desk.nowS) : await begin(desk, ring, options)
  const next = { ...ring, keys, usedAtS: desk.nowS }
  await desk.keys.writeRing(next)
  return next
}

async function begin({ keys, nowS }: Desk, ring: Keyring, options: RollOptions): Promise<Keyring['keys']> {
  const role = roleOf(options.role, ring)
  const active = ring.keys.find(key => key.role === role && key.state === 'active')
  const now = active === undefined ? ring.algorithm : algorithmOf(ring, active)
  const next = options.algorithm === undefined ? now : parseAlgorithm(options.algorithm)
  const method = options.method === undefined ? usualMethod(role) : methodOf(options.method)
  const way = next === now ? method : 'algorithm'
  requireRollable(ring.keys, role, way)
  const tags = ring.keys.map(({ tag }) => tag)
  const { tag } = await keys.makeKey(next, role, ring.timing.dnskeyTtlS, tags)
  return rollTo(ring.keys, tag, role, way, nowS, next)
}

/** A zone with one key for everything needs no word. */
function roleOf(text: string | undefined, { keys }: Keyring): Role {
  if (text === 'csk' || text === 'ksk' || text === 'zsk') return text
  if (text === undefined && keys.some(({ role, state }) => role === 'csk' && state === 'active')) return 'csk'
  throw new Fault(
    'input/invalid',
    text === undefined ? 'which key is to be rolled?' : `--role ${text} is not known`,
    {
      hint: 'Add --role ksk or --role zsk.',
    },
  )
}

function methodOf(text: string): Method {
  if (text === 'pre-publish' || text === 'double-signature' || text === 'double-ds') return text
  throw new Fault('input/invalid', `--method ${text} is not known`, {
    hint: 'Use pre-publish, double-signature or double-ds.',
  })
}

async function tellKeys({ keys }: Desk, ring: Keyring, asJson: boolean): Promise<void> {
  const ds = await dsTexts(keys, ring)
  const zone = nameText(ring.zone)
  if (asJson) {
    const found = { zone, folder: keys.folder, algorithm: ring.algorithm, keys: ring.keys, ds }
    process.stdout.write(`${JSON.stringify(found, null, 2)}\n`)
    return
  }
  const terminal = createTerminal()
  terminal.line(`\n  zone     ${zone}`)
  terminal.line(`  folder   ${keys.folder}\n`)
  terminal.table(keyHead, keyRows(ring))
  terminal.line('\n  DS that the parent is to have:\n')
  for (const line of ds) terminal.line(`  ${line}`)
  terminal.line()
}
