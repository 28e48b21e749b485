// Where to listen, as people write it: `127.0.0.1:5300`, `[::1]:853`, or an address alone for the usual port.
//
// An address, never a host name and never "all of them": who is asked must be who answers, and a name may resolve to
// something else tomorrow.

import { isIP } from 'node:net'
import { Fault } from '../../base/fault.ts'

export interface Place {
  /** An IP address without brackets. */
  readonly address: string
  /** 0 lets the system choose. */
  readonly port: number
}

/** Throws Fault `input/invalid`, in which the option is called `flag`. */
export function parsePlace(flag: string, text: string, standardPort: number): Place {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? []
  const address = isIP(text) === 6 ? text : (bracketed ?? plain ?? '')
  const port = digits === undefined ? standardPort : Number(digits)
  const family = bracketed === undefined && isIP(text) !== 6 ? 4 : 6
  if (isIP(address) !== family || port > 65_535) {
    throw new Fault('input/invalid', `${flag} ${text}: an IP address with a port is wanted`, {
      hint: `Such as ${flag} 127.0.0.1:${standardPort}, or ${flag} [::1]:${standardPort}`,
    })
  }
  if (/^(0\.0\.0\.0|[0:]+)$/.test(address)) {
    throw new Fault('input/invalid', `${flag} ${text}: each address must be named`, {
      hint: `An answer must leave from the address that was asked: give ${flag} once for each of them.`,
    })
  }
  return { address, port }
}

export function placeText({ address, port }: Place): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`
}
