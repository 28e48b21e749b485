// The embedded chain of a devnet, watched: when it ends by itself (a crash, a kill) it is started again from what it
// kept. The edges meanwhile go on with what they know, and undo what the new chain does not remember.

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { startAnvil } from '../../registry-contract/io/anvil.ts'
import type { Terminal } from '../terminal.ts'
import { faultLines } from '../terminal.ts'
import { forgetChain, noteChain } from './orphan.ts'
import type { DevnetPlan } from './plan.ts'

export interface Chain {
  readonly url: string
  /** Of the process that runs now. */
  pid(): number
  stop(): Promise<void>
}

/** Throws the Faults of `startAnvil`; later failures are told on the terminal. */
export async function startChain(plan: DevnetPlan, terminal: Terminal): Promise<Chain> {
  await mkdir(plan.chainFolder, { recursive: true })
  const start = async () => {
    const anvil = await startAnvil({ port: plan.chainPort, stateFile: join(plan.chainFolder, 'state.json') })
    await noteChain(plan.data, anvil.pid)
    return anvil
  }
  let anvil = await start()
  let isStopping = false
  let restarting: Promise<void> | undefined
  const watch = (): void => {
    anvil.exited.then(() => {
      if (!isStopping) restarting = restart()
    })
  }
  const restart = async (): Promise<void> => {
    try {
      await anvil.stop()
      anvil = await start()
      terminal.line(`  the chain ended and was started again (process ${anvil.pid})`)
      watch()
    } catch (error) {
      terminal.line(`  the chain ended and cannot be started again: ${faultLines(error)[0]}`)
    }
  }
  watch()
  return {
    url: anvil.url,
    pid: () => anvil.pid,
    async stop() {
      isStopping = true
      await restarting
      await anvil.stop()
      await forgetChain(plan.data)
    },
  }
}
