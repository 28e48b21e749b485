// Amounts of ETH and INXT as people write them: both have 18 decimals, and neither fits a number.

const one = 10n ** 18n

/** `1500000000000000000n` → `1.5`, to six decimals: up for what is spent, down for what one has. */
export function amountText(wei: bigint, rounding: 'up' | 'down' = 'up'): string {
  const grain = one / 1_000_000n
  const grains = (wei + (rounding === 'up' ? grain - 1n : 0n)) / grain
  const fraction = String(grains % 1_000_000n)
    .padStart(6, '0')
    .replace(/0+$/, '')
  const whole = String(grains / 1_000_000n).replace(/\B(?=(\d{3})+$)/g, ',')
  return fraction === '' ? whole : `${whole}.${fraction}`
}
