// `npm run gas`: what the contracts' calls cost, as a table, or with --json the four figures that are asked for.

import { type Cost, measureGas } from './gas.ts'

/** Gas of whole transactions, the transfer of the rent included. */
function figures(costs: readonly Cost[]): Record<string, number> {
  const asked = ['registerWithContent', 'renew', 'setContent', 'transfer']
  const rows = costs.filter(cost => asked.includes(cost.call))
  return Object.fromEntries(rows.map(cost => [cost.call, cost.gas]))
}

const costs = await measureGas()
if (process.argv.includes('--json')) console.log(JSON.stringify(figures(costs)))
else {
  for (const { call, gas, beside } of costs) {
    const rest = beside === gas ? '' : `, ${beside} beside the token transfer`
    console.log(`${call.padEnd(20)} ${String(gas).padStart(7)}${rest}`)
  }
}
