// The key of zones that are signed while they are answered, known to the parent and to the server without a file.

import { dataOf } from '../../resolver/sign/canonical.ts'
import { digestTypes, dsBytes, type SigningKey, signingKey } from '../../resolver/sign/key.ts'
import { types } from '../../resolver/wire/code.ts'
import { type Name, nameText } from '../../resolver/wire/name.ts'
import { dataText } from '../../resolver/wire/presentation.ts'

/** ECDSA P-256. */
export function onlineKey(apex: Name): SigningKey {
  return signingKey(apex, true, 13, new Uint8Array(32).fill(9))
}

/** The line for the parent's zone file. */
export function dsOf(apex: Name): string {
  const data = dataOf(types.DS, dsBytes(onlineKey(apex), digestTypes.SHA256))
  return `${nameText(apex)} DS ${dataText(data, types.DS)}\n`
}
