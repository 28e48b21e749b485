// The chain of a devnet that was killed: it outlives its parent, holds the port, and must go before a new one starts.
//
// Its process id and start time are noted as soon as it runs. Whoever holds the lock of the folder and finds that
// very process alive may end it: nobody else uses it any more. (Edges end by themselves when their parent is gone.)

import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { delay } from '../../base/io/clock.ts'
import { startOf } from '../daemon/lock.ts'

const fileIn = (folder: string): string => join(folder, 'chain.pid')
const patienceMs = 3000

export async function noteChain(folder: string, pid: number): Promise<void> {
  await writeFile(fileIn(folder), `${pid} ${await startOf(pid)}\n`)
}

export async function forgetChain(folder: string): Promise<void> {
  await rm(fileIn(folder), { force: true })
}

/** True when there was one; it is gone now. */
export async function endOrphan(folder: string): Promise<boolean> {
  const text = await readFile(fileIn(folder), 'utf8').catch(() => '')
  const [pid, start] = text.trim().split(' ')
  const isOurs = async (): Promise<boolean> => start !== '-' && (await startOf(Number(pid))) === start
  if (start === undefined || !(await isOurs())) return false
  process.kill(Number(pid), 'SIGTERM')
  const endsAt = performance.now() + patienceMs
  while ((await isOurs()) && performance.now() < endsAt) await delay(20)
  if (await isOurs()) process.kill(Number(pid), 'SIGKILL')
  while (await isOurs()) await delay(20)
  await forgetChain(folder)
  return true
}
