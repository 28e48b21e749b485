// Keys that sign while answering: for whoever runs all the servers of a zone and lets them hold its keys.
//
// The folder is that of `inxt zone keys`, the same on every server. Servers only read it: when a key passes on is
// decided on one machine (`inxt zone keys --advance`), for servers that each decided by their own clock would answer
// with different keys. A ring that changed is noticed within a minute; one that cannot be read leaves the old keys.

import { Fault, isFault } from '../../base/fault.ts'
import { type Clock, realClock } from '../../base/io/clock.ts'
import type { Log } from '../../base/io/log.ts'
import { openKeyFolder } from '../../resolver/sign/io/key-folder.ts'
import type { Keyring } from '../../resolver/sign/keyring.ts'
import { createOnlineSigner, type OnlineSigner, onlineByDefault } from '../../resolver/sign/online.ts'
import { type SiteAnswers, signOnline } from '../../resolver/sign/online-zone.ts'
import { usesOf } from '../../resolver/sign/rollover.ts'
import { keySets } from '../../resolver/sign/signed-zone.ts'
import { type Name, nameText } from '../../resolver/wire/name.ts'
import type { Rrset } from '../../resolver/zone/rrset.ts'
import type { Zone } from '../../resolver/zone/zone.ts'
import { readKeys } from '../commands/zone-desk.ts'
import { repeat } from '../daemon/repeat.ts'
import { givenPassphrase, passphraseVariable } from '../wallet/passphrase.ts'
import type { ReadZone, ZoneFile } from './zone-files.ts'

export interface OnlineSigning extends Disposable {
  /** `zone`, of the apex that the keys are for, signing itself; it goes on with other keys when they change. */
  sign(zone: Zone, site?: SiteAnswers): Zone
  /** Grows when ready-made answers are to be made anew: with other keys, and every hour. */
  version(): number
}

interface Signers {
  readonly signer: OnlineSigner
  readonly keySigner: OnlineSigner
  readonly keySets: readonly Rrset[]
}

const lookAgainMs = 60_000
const hourS = 3600

/**
 * Undefined when the folder has no keys of `apex` (lower case). Faults: config/unreadable, config/invalid,
 * state/broken, wallet/locked for a sealed key without its pass phrase.
 */
export async function openOnlineSigning(
  folder: string,
  apex: Name,
  log: Log,
  clock: Clock = realClock,
): Promise<OnlineSigning | undefined> {
  const keys = openKeyFolder(folder, apex, {
    forOpening: passphraseOf,
    forSealing: async () => undefined,
  })
  let ring = await keys.readRing()
  if (ring === undefined) return undefined
  let signers = await signersOf(ring)
  let generation = 0
  async function signersOf(ring: Keyring): Promise<Signers> {
    const held = await readKeys(keys, ring)
    const uses = held.map(({ key, state }) => ({ key, ...usesOf(state, ring.keys) }))
    const signer = (wanted: 'signsZone' | 'signsKeys'): OnlineSigner => {
      const own = uses.filter(use => use[wanted]).map(({ key }) => key)
      if (own.length > 0) return createOnlineSigner({ ...onlineByDefault, keys: own })
      throw new Fault('config/invalid', `${folder} has no active key of ${nameText(apex)}`)
    }
    const sets = keySets({ apex, keys: uses, dnskeyTtlS: ring.timing.dnskeyTtlS })
    return { signer: signer('signsZone'), keySigner: signer('signsKeys'), keySets: sets }
  }
  const look = async (): Promise<void> => {
    try {
      const now = await keys.readRing()
      if (now === undefined || JSON.stringify(now.keys) === JSON.stringify(ring?.keys)) return
      signers = await signersOf(now)
      ring = now
      generation++
      log.info({ zone: nameText(apex), keys: now.keys }, 'a zone is signed with other keys')
    } catch (error) {
      if (!isFault(error)) throw error
      log.error({ zone: nameText(apex), what: error.message }, 'keys cannot be read: the old ones sign')
    }
  }
  const tellBug = (err: unknown): void => log.error({ err, zone: nameText(apex) }, 'keys met a bug')
  const nowS = (): number => Math.floor(Date.now() / 1000)
  const end = repeat(lookAgainMs, look, tellBug, clock)
  return {
    sign: (zone, site) =>
      signOnline(zone, {
        denial: 'compact',
        get signer() {
          return signers.signer
        },
        get keySigner() {
          return signers.keySigner
        },
        get keySets() {
          return signers.keySets
        },
        nowS,
        ...(site && { site }),
      }),
    version: () => generation + Math.floor(nowS() / hourS),
    [Symbol.dispose]: end,
  }
}

/** A server never asks a person. */
async function passphraseOf(file: string): Promise<string> {
  const given = await givenPassphrase({ file: undefined })
  if (given !== undefined) return given
  throw new Fault('wallet/locked', `${file} is sealed, and there is no pass phrase for it`, {
    hint: `Set ${passphraseVariable}.`,
  })
}

export interface SigningReads extends Disposable {
  readonly read: ReadZone
  /** Of all of them, as that of one. */
  version(): number
}

/**
 * `read` for a server of zone files, with the zones that `folder` has keys for signing themselves. Faults besides those
 * of `openOnlineSigning`: config/unreadable when it has keys for none.
 */
export async function signingReads(
  folder: string,
  files: readonly ZoneFile[],
  read: ReadZone,
  log: Log,
): Promise<SigningReads> {
  const signings = new Map<Name, OnlineSigning>()
  for (const { apex } of files) {
    const signing = await openOnlineSigning(folder, apex, log)
    if (signing !== undefined) signings.set(apex, signing)
  }
  if (signings.size === 0) {
    throw new Fault('config/unreadable', `${folder} holds keys of none of the zones`, {
      hint: 'Make them: `inxt zone keys --make --zone … --keys …`.',
    })
  }
  return {
    async read(file, known) {
      const version = await read(file, known)
      const signing = signings.get(file.apex)
      if (version === undefined || signing === undefined) return version
      if (version.zone.denial !== undefined) {
        throw new Fault('config/invalid', `${file.file} is signed already, and not signed again`)
      }
      return { ...version, zone: signing.sign(version.zone) }
    },
    version() {
      let sum = 0
      for (const signing of signings.values()) sum += signing.version()
      return sum
    },
    [Symbol.dispose]() {
      for (const signing of signings.values()) signing[Symbol.dispose]()
    },
  }
}
