// Why a contract refused, in words: the four-byte name of a custom error and its values, or Solidity's two
// own errors.
//
// Read with less zeal than an event: nobody acts on the values, a person reads them. So an integer may be of any
// size, and bytes that are left over do not matter.

import { keccak_256 } from '@noble/hashes/sha3.js'
import { fromHex, fromUtf8, toHex, utf8 } from '../base/bytes.ts'
import { errorTexts } from './calls.ts'

export interface Revert {
  /** `NameTaken`, or `Error`, `Panic` for Solidity's own; `unknown` when the data fit nothing. */
  readonly error: string
  /** Integers in decimal, addresses and bytes as 0x and hexadecimal, strings as they are. */
  readonly values: Readonly<Record<string, string>>
  /** One line for a person: `NameTaken (node 0x…, owner 0x…, expiresAt 1795000000)`. */
  readonly words: string
}

interface ErrorForm {
  readonly name: string
  readonly fields: readonly { readonly type: string; readonly name: string }[]
}

const word = 32
const dataBytesMax = 4096

function formOf(text: string): [selector: string, form: ErrorForm] {
  const [, name, list] = /^error (\w+)\((.*)\)$/.exec(text)!
  // A struct of static members stands in the data as its members do.
  const fields = list!
    .replace(/\((.*?)\) \w+/g, '$1')
    .split(', ')
    .filter(part => part !== '')
    .map(part => {
      const [type, name] = part.split(' ')
      return { type: type!, name: name! }
    })
  const canonical = `${name}(${list!.replace(/ \w+(?=[,)]|$)/g, '').replaceAll(', ', ',')})`
  return [toHex(keccak_256(utf8(canonical)).subarray(0, 4)), { name: name!, fields }]
}

const builtIn = ['error Error(string message)', 'error Panic(uint256 code)']
const forms = new Map([...errorTexts, ...builtIn].map(formOf))

/** The value in word `i`; undefined when the data end before it. */
function valueAt(bytes: Uint8Array, i: number, type: string): string | undefined {
  const head = bytes.subarray(i * word, (i + 1) * word)
  if (head.length < word) return undefined
  if (type === 'address') return `0x${toHex(head.subarray(12))}`
  if (type === 'string') return textAt(bytes, BigInt(`0x${toHex(head)}`))
  const width = /^bytes(\d+)$/.exec(type)?.[1]
  if (width !== undefined) return `0x${toHex(head.subarray(0, Number(width)))}`
  return String(BigInt(`0x${toHex(head)}`))
}

function textAt(bytes: Uint8Array, offset: bigint): string | undefined {
  if (offset + BigInt(word) > BigInt(bytes.length)) return undefined
  const at = Number(offset) + word
  const length = BigInt(`0x${toHex(bytes.subarray(at - word, at))}`)
  if (length > BigInt(bytes.length - at)) return undefined
  return fromUtf8(bytes.subarray(at, at + Number(length)))
}

/** Never throws: an endpoint may hand over anything. */
export function decodeRevert(data: string): Revert {
  const bytes = fromHex(data.slice(0, 2 + 2 * dataBytesMax))
  const form = bytes && forms.get(toHex(bytes.subarray(0, 4)))
  const values = form?.fields.map(({ type }, i) => valueAt(bytes!.subarray(4), i, type))
  if (form === undefined || values === undefined || values.includes(undefined)) {
    const shown = data.length > 2 ? `data ${data.slice(0, 74)}` : 'no data'
    return { error: 'unknown', values: {}, words: `no reason given (${shown.replace(/[^\x20-\x7e]/g, '?')})` }
  }
  const pairs = form.fields.map(({ name }, i) => [name, values[i]!] as const)
  const list = pairs.map(([name, value]) => `${name} ${value}`).join(', ')
  const words = `${form.name}${list === '' ? '' : ` (${list})`}`.replace(/[^\x20-\x7e]/g, '?')
  return { error: form.name, values: Object.fromEntries(pairs), words }
}
