// `inxt zone sign|check`: from a master file to a signed one, and what a validator would say of it.
//
// Signing never leaves half a file: the new one is judged as a validator would, written aside and renamed. Keys
// are made on first use and stay on this machine; what leaves it is the signed file and the DS for the registrar.

import { readFile, stat } from 'node:fs/promises'
import { assert, Fault, isFault } from '../../base/fault.ts'
import { realRandom } from '../../base/io/chance.ts'
import { unreadable, writeWhole } from '../../base/io/file.ts'
import { earlierMaxS, signBundle } from '../../resolver/sign/bundle.ts'
import { encodeBundle } from '../../resolver/sign/bundle-codec.ts'
import type { Keyring } from '../../resolver/sign/keyring.ts'
import { advance, type Timing, usesOf, usualTiming } from '../../resolver/sign/rollover.ts'
import { recordsOf } from '../../resolver/sign/rrsig.ts'
import { planByDefault, type SigningPlan, signZone, withoutSigning } from '../../resolver/sign/signed-zone.ts'
import { judgeZone, type ZoneVerdict } from '../../resolver/sign/verdict.ts'
import { classes, types } from '../../resolver/wire/code.ts'
import { type Name, nameText } from '../../resolver/wire/name.ts'
import type { ResourceRecord } from '../../resolver/wire/record.ts'
import { complaintText, masterText, readMaster, readZone } from '../../resolver/zone/master.ts'
import { isLaterSerial } from '../../resolver/zone/serial.ts'
import { createTerminal } from '../terminal.ts'
import {
  dsTexts,
  firstRing,
  type KeyOptions,
  keyHead,
  keyRows,
  nowInS,
  openDesk,
  parseAlgorithm,
  readKeys,
  timeText,
  zoneOf,
} from './zone-desk.ts'
import { type AdmittedPlaces, type PlaceOptions, placesTtlS, readPlaces, withPlaces } from './zone-places.ts'

const fileBytesMax = 256 * 1024 * 1024

export interface SignOptions extends KeyOptions, PlaceOptions {
  readonly nsec3: boolean
  readonly split: boolean
  readonly digest: boolean
  readonly algorithm: string
  readonly days: number
  readonly out?: string
}

export async function zoneSign(file: string, options: SignOptions): Promise<void> {
  tell(await signFile(file, options), options.json)
}

/** Signs and writes; says nothing. */
export async function signFile(file: string, options: SignOptions): Promise<Report> {
  const apex = zoneOf(options.zone)
  const algorithm = parseAlgorithm(options.algorithm)
  if (options.days < 2 || options.days > 365) {
    throw new Fault('input/invalid', `--days ${options.days}: signatures last from 2 days to 365`)
  }
  const { records: own, warnings } = await readZoneAt(file, apex)
  const places = await readPlaces(options, apex)
  const records = places === undefined ? own : withPlaces(own, apex, places)
  const out = options.out ?? `${file}.signed`
  await using desk = await openDesk(options)
  const { keys, nowS } = desk
  if (desk.ring === undefined && out !== '-') await requireUnsigned(out, apex)
  const before = desk.ring ?? (await firstRing(desk, algorithm, options.split, timingOf(records, apex)))
  const timing = { ...before.timing, ...longest(before.timing, timingOf(records, apex)) }
  const moved = advance(before.keys, timing, nowS)
  const serial = nextSerial(serialOf(records), before.serial)
  const ring: Keyring = { ...before, timing, keys: moved, serial, usedAtS: nowS }
  const held = await readKeys(keys, ring)
  const plan = {
    ...planByDefault,
    apex,
    keys: held.map(({ key, state }) => ({ key, ...usesOf(state, moved) })),
    denial: options.nsec3 ? 'nsec3' : 'nsec',
    hasDigest: options.digest,
    lifetimeS: options.days * 86_400,
    serial,
  } as const
  const signed = signZone(records, plan, nowS, realRandom).flatMap(set => recordsOf(set, classes.IN))
  const verdict = judgeZone(signed, apex, nowS)
  assert(verdict.findings.length === 0, `a zone that we signed is not valid: ${verdict.findings[0]}`)
  // The zone first: waiting begins when a version that knows a key can be published.
  if (out === '-') process.stdout.write(masterText(signed), 'latin1')
  else await writeWhole(out, Buffer.from(masterText(signed), 'latin1'))
  if (places !== undefined) await writeBundle(options.bundle ?? `${file}.places`, places, plan, nowS)
  await keys.writeRing(ring)
  const ds = await dsTexts(keys, ring)
  const signAgainAtS = nowS + Math.floor((plan.lifetimeS * 2) / 3)
  const texts = warnings.map(complaintText)
  return { apex, out, serial, records: signed.length, verdict, ring, ds, signAgainAtS, warnings: texts }
}

/** One character for each octet. */
export async function readZoneFile(file: string): Promise<string> {
  try {
    const { size } = await stat(file)
    if (size > fileBytesMax)
      throw new Fault('bytes/too-large', `${file}: ${size} octets; ${fileBytesMax} at most`)
    return await readFile(file, 'latin1')
  } catch (cause) {
    if (cause instanceof Fault) throw cause
    throw unreadable(file, cause)
  }
}

/** Every complaint under the name of its file. */
export async function readZoneAt(file: string, apex: Name): Promise<ReturnType<typeof readZone>> {
  const text = await readZoneFile(file)
  try {
    return readZone(text, apex)
  } catch (error) {
    if (!isFault(error, 'config/invalid')) throw error
    throw new Fault('config/invalid', error.message.replaceAll(/^/gm, `${file}:`), { cause: error })
  }
}

/** New keys in the place of others that the parent points at would make the zone bogus. */
async function requireUnsigned(out: string, apex: Name): Promise<void> {
  if (
    !(await stat(out).then(
      () => true,
      () => false,
    ))
  )
    return
  const { records } = readMaster(await readZoneFile(out), { origin: apex })
  if (!records.some(({ type }) => type === types.DNSKEY)) return
  throw new Fault('config/invalid', `${out} was signed by keys that are not in the folder`, {
    hint: 'Name their folder with --keys; or move the file away to begin with new keys and a new DS.',
  })
}

async function writeBundle(
  file: string,
  places: AdmittedPlaces,
  plan: SigningPlan,
  nowS: number,
): Promise<void> {
  // One signature a set: by the key that the parent is to have, as everybody knows that one and will for longest.
  const known = plan.keys.filter(({ signsZone, isPublished }) => signsZone && isPublished)
  const key = (known.find(({ isWanted }) => isWanted) ?? known[0])?.key
  assert(key !== undefined && plan.serial !== undefined, 'a zone that was signed has a key and a serial')
  const validity = { inceptionAtS: nowS - plan.leadS, expirationAtS: nowS + plan.lifetimeS }
  const jitter = { withinS: Math.min(plan.jitterS, earlierMaxS), random: realRandom }
  const bundle = signBundle({ ...places, serial: plan.serial, ttlS: placesTtlS, key, validity, jitter })
  await writeWhole(file, Buffer.from(encodeBundle(bundle)))
}

function timingOf(records: readonly ResourceRecord[], apex: Name): Timing {
  const own = withoutSigning(records, apex)
  const zoneTtlMaxS = own.reduce<number>((most, { ttlS }) => Math.max(most, ttlS), planByDefault.dnskeyTtlS)
  return { ...usualTiming, dnskeyTtlS: planByDefault.dnskeyTtlS, zoneTtlMaxS }
}

/** TTLs that were longer before are still remembered somewhere. */
function longest(a: Timing, b: Timing): Pick<Timing, 'zoneTtlMaxS'> {
  return { zoneTtlMaxS: Math.max(a.zoneTtlMaxS, b.zoneTtlMaxS) }
}

export function serialOf(records: readonly ResourceRecord[]): number {
  const data = records.find(({ type }) => type === types.SOA)?.data
  assert(data?.kind === 'authority', 'a zone that was read has a SOA')
  return data.serial
}

/** The file's when it is newer than what was signed last, else one more than that (RFC 1982). */
function nextSerial(own: number, last: number | undefined): number {
  return last === undefined || isLaterSerial(own, last) ? own : (last + 1) >>> 0
}

export interface Report {
  readonly apex: Name
  readonly out: string
  readonly serial: number
  readonly records: number
  readonly verdict: ZoneVerdict
  readonly ring: Keyring
  readonly ds: readonly string[]
  readonly signAgainAtS: number
  readonly warnings: readonly string[]
}

export function tell(report: Report, asJson: boolean): void {
  const { apex, out, serial, records, verdict, ring, ds, signAgainAtS, warnings } = report
  if (asJson) {
    const { keys } = ring
    const done = {
      zone: nameText(apex),
      out,
      serial,
      records,
      endsAtS: verdict.endsAtS,
      signAgainAtS,
      keys,
      ds,
      warnings,
    }
    // With the zone on standard output, the report goes beside it.
    const stream = out === '-' ? process.stderr : process.stdout
    stream.write(`${JSON.stringify(done, null, 2)}\n`)
    return
  }
  const terminal = createTerminal(out === '-' ? process.stderr : process.stdout)
  for (const warning of warnings) terminal.line(`  ${terminal.paint('yellow', 'warning')} ${warning}`)
  terminal.line(`\n  zone     ${nameText(apex)} serial ${serial}, ${records} records`)
  terminal.line(`  file     ${out}`)
  terminal.line(
    `  valid    until ${timeText(verdict.endsAtS)}; sign again before ${timeText(signAgainAtS)}\n`,
  )
  terminal.table(keyHead, keyRows(ring))
  terminal.line('\n  DS for the registrar (one of each key is enough):\n')
  for (const line of ds) terminal.line(`  ${line}`)
  terminal.line()
}

export interface CheckOptions {
  readonly zone: string
  readonly json: boolean
}

/** Ends with exit code 1 for a zone that a validator refuses, or soon will. */
export async function zoneCheck(file: string, options: CheckOptions): Promise<void> {
  const apex = zoneOf(options.zone)
  const { records, warnings } = await readZoneAt(file, apex)
  const nowS = nowInS()
  const { isSigned, findings, endsAtS, freshness } = judgeZone(records, apex, nowS)
  if (findings.length > 0 || freshness === 'alarm' || freshness === 'expired') process.exitCode = 1
  if (options.json) {
    const found = {
      zone: nameText(apex),
      records: records.length,
      isSigned,
      findings,
      warnings: warnings.map(complaintText),
    }
    process.stdout.write(
      `${JSON.stringify({ ...found, ...(isSigned && { endsAtS, freshness }) }, null, 2)}\n`,
    )
    return
  }
  const terminal = createTerminal()
  terminal.line(`\n  zone     ${nameText(apex)} serial ${serialOf(records)}, ${records.length} records`)
  for (const warning of warnings)
    terminal.line(`  ${terminal.paint('yellow', 'warning')}  ${complaintText(warning)}`)
  for (const finding of findings) terminal.line(`  ${terminal.paint('red', 'wrong')}    ${finding}`)
  if (!isSigned) terminal.line('  signed   no')
  else
    terminal.line(
      `  signed   ${findings.length === 0 ? 'and valid' : 'but not valid'}, until ${timeText(endsAtS)}`,
    )
  const advice = {
    fresh: '',
    warning: 'a third of their life is left',
    alarm: 'a tenth of their life is left',
    expired: 'they have ended',
  }[freshness]
  if (advice !== '') {
    const paint = freshness === 'warning' ? 'yellow' : 'red'
    terminal.line(
      `  ${terminal.paint(paint, freshness.padEnd(8))} the signatures: ${advice}. Run \`inxt zone sign\` again.`,
    )
  }
  terminal.line()
}
