// An address of Ethereum that a person typed, judged before anything is asked or sent: what goes to a wrong one does
// not come back. Mixed case is a checksum (EIP-55) and must be right; one case alone has none.

import { getAddress } from 'ethers/address'
import { Fault } from '../../base/fault.ts'
import { zeroAddress } from '../../registry-contract/io/reader.ts'
import { requireHex } from '../../registry-contract/io/registrar.ts'

/** `what` as in "is not an address (--team)". In lower case; Fault `input/invalid`, also for the zero address. */
export function requireAddress(text: string, what: string): string {
  const address = requireHex(text, what, 20, 20)
  if (address === zeroAddress) throw new Fault('input/invalid', `${text} is nobody's address.`)
  const isOneCase = [text.slice(2).toLowerCase(), text.slice(2).toUpperCase()].includes(text.slice(2))
  if (isOneCase || text === getAddress(address)) return address
  throw new Fault(
    'input/invalid',
    `${text} is not ${what}: upper and lower case do not fit, so a digit is wrong.`,
    {
      hint: 'Copy it again from where it came from.',
    },
  )
}
