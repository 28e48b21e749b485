// Amounts of ETH and INXT as people write them: both have 18 decimals, and neither fits a number.

import { Fault } from '../base/fault.ts'

const decimals = 18
const one = 10n ** BigInt(decimals)

/** `1500000000000000000n` → `1.5`; rounded up to six decimals, because what is shown before it is spent must not be less. */
export function amountText(wei: bigint): string {
  const grain = one / 1_000_000n
  const grains = (wei + grain - 1n) / grain
  const fraction = String(grains % 1_000_000n)
    .padStart(6, '0')
    .replace(/0+$/, '')
  const whole = String(grains / 1_000_000n).replace(/\B(?=(\d{3})+$)/g, ',')
  return fraction === '' ? whole : `${whole}.${fraction}`
}

/** `1.5` → 1500000000000000000n; at most 18 decimals. Fault config/invalid, naming `flag`. */
export function amountOf(text: string, flag: string): bigint {
  const [, whole, fraction = ''] = /^(\d{1,15})(?:\.(\d{1,18}))?$/.exec(text) ?? []
  if (whole === undefined) {
    throw new Fault('config/invalid', `${flag} must be an amount such as 100 or 0.5, not ${JSON.stringify(text)}`)
  }
  return BigInt(whole) * one + BigInt(fraction.padEnd(decimals, '0'))
}
