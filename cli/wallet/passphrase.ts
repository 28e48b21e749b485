// The pass phrase of a wallet: from a file, from the environment, or typed without echo; never from the command line,
// where every user of the machine could read it.
//
// Questions go to standard error, so that `--json` on standard output stays one object.

import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { text as readText } from 'node:stream/consumers'
import { Fault } from '../../base/fault.ts'
import { unreadable } from '../../base/io/file.ts'

export interface PassphraseSource {
  /** Its first line, or all of it: a line feed at the end does not count. */
  readonly file?: string | undefined
}

export const passphraseVariable = 'INXT_PASSPHRASE'
/** Eight characters are what scrypt makes worth having; more is better. */
const lengthMin = 8
const fileBytesMax = 4096
const otherWays = `Name a file with --passphrase-file, or set ${passphraseVariable}.`

/** For a wallet that is there. Faults: config/unreadable, wallet/locked when there is nobody to ask. */
export async function askPassphrase(source: PassphraseSource, file: string): Promise<string> {
  return (await givenPassphrase(source)) ?? typed(`Pass phrase of ${file}: `)
}

/** For a wallet that is made now: asked twice. Fault input/invalid when it is short or the two differ. */
export async function choosePassphrase(source: PassphraseSource): Promise<string> {
  const ready = await givenPassphrase(source)
  const chosen = ready ?? (await typed('New pass phrase: '))
  if (chosen.length < lengthMin) {
    throw new Fault('input/invalid', `The pass phrase has ${chosen.length} characters.`, {
      hint: `Choose at least ${lengthMin}; several words are best.`,
    })
  }
  if (ready === undefined && (await typed('Once more: ')) !== chosen) {
    throw new Fault('input/invalid', 'The two pass phrases differ.', { hint: 'Type the same one twice.' })
  }
  return chosen
}

/** From file or environment; undefined when a person must be asked. Fault config/unreadable. */
export async function givenPassphrase({ file }: PassphraseSource): Promise<string | undefined> {
  if (file === undefined || file === '') return process.env[passphraseVariable]
  return readSmall(file)
}

/** A small text file without its last line feed; `-` is standard input. Fault config/unreadable. */
export async function readSmall(file: string): Promise<string> {
  try {
    const text = file === '-' ? await readText(process.stdin) : await readFile(file, 'utf8')
    if (text.length > fileBytesMax) throw new Error(`is longer than ${fileBytesMax} bytes`)
    return text.replace(/\r?\n$/, '')
  } catch (cause) {
    throw unreadable(file, cause)
  }
}

/** A secret that is no pass phrase, typed by a person. Faults as for `typed`. */
export async function typeSecret(question: string): Promise<string> {
  return typed(question, 'Name a file that holds it, or `-` and send it on standard input.')
}

/** What a person types, unseen. Fault wallet/locked without a terminal, or when they leave. */
async function typed(question: string, instead = otherWays): Promise<string> {
  if (!process.stdin.isTTY) {
    throw new Fault('wallet/locked', `${question.replace(/: $/, '')}: no terminal to ask on.`, {
      hint: instead,
    })
  }
  const silence = new Writable({ write: (_chunk, _encoding, done) => done() })
  const line = createInterface({ input: process.stdin, output: silence, terminal: true })
  process.stderr.write(question)
  try {
    return await new Promise((resolve, reject) => {
      const left = (): void => reject(new Fault('wallet/locked', 'No pass phrase was typed.'))
      line.once('SIGINT', left)
      line.once('close', left)
      line.question('', resolve)
    })
  } finally {
    line.close()
    process.stderr.write('\n')
  }
}
