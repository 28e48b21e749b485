// Why a contract refused, in words: the four-byte name of a custom error and its values, or Solidity's two
// own errors.

import { fromHex } from '../base/bytes.ts'
import { isFault } from '../base/fault.ts'
import { decodeTuple, type Signature, signature, type Value } from './abi.ts'
import { contractErrors } from './signatures.ts'

export interface Revert {
  /** `NameTaken`, or `Error`, `Panic` for Solidity's own; `unknown` when the data fit nothing. */
  readonly error: string
  readonly values: Readonly<Record<string, Value>>
  /** One line for a person: `NameTaken (node 0x…, owner 0x…, expiresAt 1795000000)`. */
  readonly words: string
}

const builtIn = [signature('error Error(string message)'), signature('error Panic(uint256 code)')]

function decodeError(found: Signature, bytes: Uint8Array): Revert {
  const types = found.fields.map(field => field.type)
  const values = decodeTuple(types, bytes.subarray(4))
  const named = Object.fromEntries(found.fields.map((field, i) => [field.name, values[i]!]))
  const words = found.fields
    .map((field, i) => `${field.name} ${values[i]}`)
    .join(', ')
    .replace(/[^\x20-\x7e]/g, '?')
  return { error: found.name, values: named, words: `${found.name} (${words})` }
}

/** Never throws: an endpoint may hand over anything. */
export function decodeRevert(data: string): Revert {
  const bytes = fromHex(data.slice(0, 2 + 2 * 4096))
  const known = [...contractErrors.values(), ...builtIn]
  const found = known.find(one => one.hash.slice(0, 10) === data.slice(0, 10).toLowerCase())
  if (bytes && found) {
    try {
      return decodeError(found, bytes)
    } catch (error) {
      if (!isFault(error)) throw error
    }
  }
  const shown = data.length > 2 ? `data ${data.slice(0, 74)}` : 'no data'
  return { error: 'unknown', values: {}, words: `no reason given (${shown})` }
}
