// What the `inxt zone` commands share: the zone's name, its folder of keys, and the key ring in it.
//
// Keys lie beside a person's other settings, not beside the zone file: a folder that is published must not hold them.

import { mkdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { Fault } from '../../base/fault.ts'
import { dataOf } from '../../resolver/sign/canonical.ts'
import { type KeyFolder, openKeyFolder } from '../../resolver/sign/io/key-folder.ts'
import { algorithms, digestTypes, dsBytes, type PublicKey, type SigningKey } from '../../resolver/sign/key.ts'
import { fileNameOf } from '../../resolver/sign/key-file.ts'
import { algorithmOf, type Keyring, requireUsable } from '../../resolver/sign/keyring.ts'
import {
  firstKey,
  type KeyState,
  passesOnAtS,
  type Role,
  type Timing,
  usesOf,
  waitsFor,
} from '../../resolver/sign/rollover.ts'
import { types } from '../../resolver/wire/code.ts'
import { foldCase, type Name, nameText, parseName } from '../../resolver/wire/name.ts'
import { dataText } from '../../resolver/wire/presentation.ts'
import { lockFolder } from '../daemon/lock.ts'
import { askPassphrase, choosePassphrase } from '../wallet/passphrase.ts'

export interface KeyOptions {
  readonly zone: string
  readonly keys?: string
  readonly passphraseFile?: string
  readonly seal?: boolean
  readonly trustClock?: boolean
  readonly json: boolean
}

export interface Desk extends AsyncDisposable {
  readonly apex: Name
  readonly keys: KeyFolder
  /** Undefined when the zone has no keys yet. */
  readonly ring: Keyring | undefined
  readonly nowS: number
}

export function zoneOf(text: string): Name {
  return foldCase(parseName(text))
}

export function nowInS(): number {
  return Math.floor(Date.now() / 1000)
}

/** Where keys lie when nobody says otherwise. */
export function usualKeyFolder(apex: Name): string {
  const settings = process.env['XDG_CONFIG_HOME'] || join(homedir(), '.config')
  return join(settings, 'inxt', 'zones', fileNameOf(apex).replace(/\.$/, '') || 'root')
}

/** Opens the folder for this process alone. Faults: state/locked, state/broken, config/invalid, config/unreadable. */
export async function openDesk(options: KeyOptions): Promise<Desk> {
  const apex = zoneOf(options.zone)
  const folder = options.keys ?? usualKeyFolder(apex)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const keys = openKeyFolder(folder, apex, passphrases(options))
  const unlock = await lockFolder(folder)
  try {
    const ring = await keys.readRing()
    const nowS = nowInS()
    if (ring !== undefined && options.trustClock !== true) requireUsable(ring, apex, nowS)
    return { apex, keys, ring, nowS, [Symbol.asyncDispose]: unlock }
  } catch (error) {
    await unlock()
    throw error
  }
}

/** Each pass phrase is asked for once. */
function passphrases({ passphraseFile, seal }: KeyOptions): Parameters<typeof openKeyFolder>[2] {
  const source = { file: passphraseFile }
  let known: Promise<string> | undefined
  return {
    forOpening: file => (known ??= askPassphrase(source, file)),
    forSealing: async () => (seal ? (known ??= choosePassphrase(source)) : undefined),
  }
}

/** The ring, or Fault `config/unreadable` when the zone has no keys yet. */
export function ringOf({ ring, apex, keys }: Desk): Keyring {
  if (ring !== undefined) return ring
  throw new Fault('config/unreadable', `${keys.folder} holds no keys of ${nameText(apex)}`, {
    hint: 'Name their folder with --keys, or make them: `inxt zone sign`.',
  })
}

/** The keys of a ring that are not gone, each with its state. */
export async function readKeys(
  keys: KeyFolder,
  ring: Keyring,
): Promise<{ state: KeyState; key: SigningKey }[]> {
  const found: { state: KeyState; key: SigningKey }[] = []
  for (const state of ring.keys) {
    if (state.state === 'removed') continue
    found.push({ state, key: await keys.readKey(algorithmOf(ring, state), state.role, state.tag) })
  }
  return found
}

/** DS records as a registrar wants them, SHA-256 and SHA-384, of the keys that the parent is to point at. */
export async function dsTexts(keys: KeyFolder, ring: Keyring): Promise<string[]> {
  const texts: string[] = []
  for (const state of ring.keys) {
    if (!usesOf(state, ring.keys).isWanted) continue
    const key = await keys.readPublic(algorithmOf(ring, state), state.tag)
    texts.push(...[digestTypes.SHA256, digestTypes.SHA384].map(digest => dsText(key, digest)))
  }
  return texts
}

function dsText(key: PublicKey, digestType: number): string {
  return `${nameText(key.zone)} IN DS ${dataText(dataOf(types.DS, dsBytes(key, digestType)), types.DS)}`
}

export function timeText(atS: number): string {
  return Number.isFinite(atS)
    ? `${new Date(atS * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC`
    : 'never'
}

/** Rows for a table of the keys: tag, role, state, since, what comes next. */
export function keyRows({ keys, timing }: Keyring): string[][] {
  return keys.map(key => {
    const dueAtS = passesOnAtS(key, timing)
    const due = dueAtS === undefined || key.state === 'generated' ? '' : `, from ${timeText(dueAtS)}`
    const waits = waitsFor(key)
    return [
      `${key.tag}`,
      key.role,
      key.state,
      timeText(key.sinceS),
      waits === '' ? '' : `waits for ${waits}${due}`,
    ]
  })
}

export const keyHead = ['key', 'role', 'state', 'since', ''] as const

export function parseAlgorithm(text: string): Keyring['algorithm'] {
  if (text === 'p256') return algorithms.ECDSAP256SHA256
  if (text === 'ed25519') return algorithms.ED25519
  throw new Fault('input/invalid', `--algorithm ${text} is not known`, { hint: 'Use p256 or ed25519.' })
}

/** Written at once: the keys must not be forgotten if signing fails. */
export async function firstRing(
  { apex, keys, nowS }: Desk,
  algorithm: Keyring['algorithm'],
  isSplit: boolean,
  timing: Timing,
): Promise<Keyring> {
  const roles: Role[] = isSplit ? ['ksk', 'zsk'] : ['csk']
  const made: ReturnType<typeof firstKey>[] = []
  for (const role of roles) {
    const tags = made.map(({ tag }) => tag)
    const { tag } = await keys.makeKey(algorithm, role, timing.dnskeyTtlS, tags)
    made.push(firstKey(tag, role, nowS))
  }
  const ring = { zone: apex, algorithm, keys: made, timing, usedAtS: nowS }
  await keys.writeRing(ring)
  return ring
}
