// TSIG keys in the form of BIND's `tsig-keygen`, which Knot and NSD can be given too: a secret is written once.
//
//   key "inxt-secondary" { algorithm hmac-sha256; secret "base64"; };
//
// A secret never stands on a command line, where every process of the machine reads it.

import { Fault } from '../../base/fault.ts'
import { foldCase, parseName } from '../wire/name.ts'
import { type TsigKey, tsigAlgorithms } from './tsig.ts'

/** RFC 8945 §8 wants a secret of at least as many octets as the MAC; half is what HMAC itself can bear. */
const secretBytesMin = 16

/** All keys of a file, in its order. Throws Fault `config/invalid`, without a word of a secret. */
export function parseTsigKeys(text: string, file: string): TsigKey[] {
  // Base64 may have `//` in it: a comment begins a line or follows a space.
  const bare = text.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)(?:#|\/\/).*$/gm, '')
  const keys: TsigKey[] = []
  const rest = bare.replace(/\bkey\s+"?([^\s"{;]+)"?\s*\{([^}]*)\}\s*;/g, (_, name: string, body: string) => {
    keys.push(keyOf(name, body, file))
    return ''
  })
  if (rest.trim() !== '' || keys.length === 0) {
    throw new Fault(
      'config/invalid',
      `${file}: nothing but key "name" { algorithm …; secret "…"; }; is wanted`,
      {
        hint: 'tsig-keygen NAME makes such a file.',
      },
    )
  }
  return keys
}

function keyOf(name: string, body: string, file: string): TsigKey {
  const bad = (what: string): Fault => new Fault('config/invalid', `${file}: key ${name} ${what}`)
  const [, word] = /\balgorithm\s+"?([\w.-]+)"?\s*;/.exec(body) ?? []
  const [, base64] = /\bsecret\s+"?([A-Za-z0-9+/]+={0,2})"?\s*;/.exec(body) ?? []
  if (word === undefined || base64 === undefined) throw bad('lacks its algorithm, or a secret in base64')
  const algorithm = foldCase(parseName(word))
  if (!tsigAlgorithms.has(algorithm))
    throw bad('wants an algorithm that is not hmac-sha256, -sha384 or -sha512')
  const secret = Uint8Array.from(Buffer.from(base64, 'base64'))
  if (secret.length < secretBytesMin) throw bad(`has a secret of less than ${secretBytesMin} octets`)
  return { name: foldCase(parseName(name)), algorithm, secret }
}
