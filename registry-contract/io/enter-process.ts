// The process of entering.ts: one entrance in, its outcome out. It ends with whoever started it.

import { isFault } from '../../base/fault.ts'
import type { Entered, Entrance } from './entering.ts'
import { createOperator } from './operator.ts'
import { createRpc } from './rpc.ts'
import { createWallet } from './wallet.ts'

async function enter({ url, chainId, key, addresses, place, stake }: Entrance): Promise<Entered> {
  const rpc = createRpc({ url })
  try {
    const wallet = await createWallet({ rpc, chainId, key })
    await createOperator({ wallet, addresses }).enter(place, stake)
    return { owner: wallet.address }
  } catch (error) {
    if (!isFault(error)) throw error
    return { fault: { code: error.code, what: error.message, hint: error.hint } }
  } finally {
    await rpc.close()
  }
}

process.once('disconnect', () => process.exit())
process.once('message', async (entrance: Entrance) => {
  const entered = await enter(entrance)
  process.send!(entered, () => process.disconnect())
})
