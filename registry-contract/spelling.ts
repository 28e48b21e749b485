// From what a person types to the label that the contract takes, or to an error that says what to type instead.
//
// The contract knows letters, digits and hyphens only; everything else about a spelling is decided here, before
// money is spent. A label that is not ASCII becomes its A-label by UTS-46 (`node:url`), if IDNA 2008 (RFC 5892)
// has its characters at all, which leaves out emoji, and if nobody can take it for another one: ENSIP-15, as kept
// in ethers, refuses mixed scripts and words of one script that look like those of another (UTS-39). A spelling
// that would be changed on the way (capitals, ligatures, full width) is refused with the one to use: what costs
// rent should read as it was typed. A-labels are judged by the same rules as what they stand for.

import { domainToASCII, domainToUnicode } from 'node:url'
import { Fault } from '../base/fault.ts'
import { isLabel } from './label.ts'

export interface Spelling {
  /** What goes to the contract and into the DNS. */
  readonly label: string
  /** What a person reads: `bücher` for `xn--bcher-kva`. */
  readonly shown: string
}

/** 63 code points of four bytes, and ten times the room for what is typed by mistake. */
const lengthMax = 2560
/** Emoji as the Unicode Standard counts them, and the two characters that make emoji of digits. */
const emoji = /\p{Extended_Pictographic}|\p{Emoji_Presentation}|[\u{fe0f}\u{20e3}]/u
/** LetterDigits of RFC 5892 section 2.1, hyphen, and the ideographic zero of its exceptions. */
const characters = /^[\p{L}\p{M}\p{Nd}\u{3007}-]+$/u

const letters = 'Spell it with letters and digits of one script: a-z, 0-9 and "-" always work.'

function refuse(typed: string, what: string, hint = letters): never {
  throw new Fault('name/invalid', `${JSON.stringify(typed.slice(0, 80))} ${what}.`, { hint })
}

/** The Fault says which rule is broken and what to type instead: `name/invalid`. */
export async function spell(typed: string): Promise<Spelling> {
  if (typed === '' || typed.length > lengthMax)
    refuse(typed, typed === '' ? 'is empty' : 'is longer than a label may be')
  if (typed.includes('.')) {
    refuse(typed, 'has a dot, so it is not one label', 'Give the label alone: mysite, not mysite.inxt.')
  }
  if (!/^[\x20-\x7e]*$/.test(typed)) return spellUnicode(typed, typed)
  if (/^xn--/i.test(typed)) return spellUnicode(typed, unicodeOf(typed))
  if (isLabel(typed) && typed.slice(2, 4) !== '--') return { label: typed, shown: typed }
  refusePlain(typed)
}

function refusePlain(typed: string): never {
  const lower = typed.toLowerCase()
  if (lower !== typed && isLabel(lower)) refuse(typed, 'has capital letters', `Use ${lower}.`)
  if (typed.length > 63)
    refuse(typed, `has ${typed.length} characters; a label has 63 at most`, 'Shorten it.')
  if (/^[a-z0-9]{2}--/.test(typed)) {
    const hint = 'Put another character there; only encoded international labels (xn--…) have hyphens so.'
    refuse(typed, 'has hyphens in the third and fourth place, which the DNS reserves (RFC 5890)', hint)
  }
  if (/^-|-$/.test(typed)) refuse(typed, 'begins or ends with a hyphen', 'Leave that hyphen out.')
  const [bad] = /[^A-Za-z0-9-]/.exec(typed) ?? ['']
  refuse(typed, `has the character ${JSON.stringify(bad)}, which no label has`)
}

/** What an A-label stands for; Fault when it stands for nothing, or is not the A-label of what it stands for. */
function unicodeOf(typed: string): string {
  // Below a suffix, because alone the last label of a host may be read as an IPv4 address.
  const shown = domainToUnicode(`${typed}.x`).slice(0, -2)
  if (shown === '' || /^[\x20-\x7e]*$/.test(shown)) {
    refuse(typed, 'is not the encoding of an international label', 'Type the label itself: bücher.')
  }
  return shown
}

async function spellUnicode(typed: string, text: string): Promise<Spelling> {
  const shown = text.normalize('NFC')
  const [picture] = emoji.exec(shown) ?? []
  if (picture !== undefined) refuse(typed, `has the emoji ${picture}, and domain names have none (IDNA 2008)`)
  const normal = await unmistakable(typed, shown)
  if (normal !== shown) refuse(typed, 'is not how this name is spelled', `Use ${normal}.`)
  const [bad] = [...shown].filter(one => !characters.test(one))
  if (bad !== undefined) refuse(typed, `has the character ${codeOf(bad)}, which IDNA 2008 leaves out`)
  const label = domainToASCII(`${shown}.x`).slice(0, -2)
  if (label === '') refuse(typed, 'breaks a rule of UTS-46 (direction, joiners or combining marks)')
  if (!isLabel(label)) {
    refuse(typed, `becomes ${label.length} characters (${label.slice(0, 70)}); a label has 63`, 'Shorten it.')
  }
  if (/^xn--/i.test(typed) && typed !== label) refuse(typed, 'is not the usual encoding', `Use ${label}.`)
  return { label, shown }
}

/** The normal form by ENSIP-15; Fault when the label could be taken for another one. */
async function unmistakable(typed: string, shown: string): Promise<string> {
  // Loaded on first use: its tables take 25 MB, and most names are plain.
  const { ensNormalize } = await import('ethers/hash')
  try {
    return ensNormalize(shown)
  } catch (cause) {
    const [, told = 'not a valid label'] = /\((.*?)\) \(argument/.exec((cause as Error).message) ?? []
    // It marks the direction of what it quotes; a terminal shows that as rubbish.
    const reason = told.replace(/\p{Cf}/gu, '')
    if (!/mixture|confusable/.test(reason)) return refuse(typed, `cannot be a name: ${reason}`)
    const strangers = [...shown].filter(one => one > '\x7e').map(codeOf)
    const seen = [...new Set(strangers)].slice(0, 4).join(', ')
    return refuse(typed, `looks like another name (${reason}): it holds ${seen}`)
  }
}

function codeOf(character: string): string {
  return `${character} (U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')})`
}
