// Machines that are really apart: each a network namespace, whose packets to the others are late, lost or cut off as
// the test says. TCP, UDP, libp2p and HTTP are delayed alike, and the program under test knows nothing of it.
//
// The work is done by relay.py beside this file, which owns what it makes: however this process ends, the namespaces
// and all that runs in them are gone a moment later. Several beds may stand side by side.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { toolsMissing } from '../e2e/tools.ts'
import type { Rtts } from './matrix.ts'

/** Machines have numbers from 1; machine k has row and column k - 1 of the matrix. */
export interface Bed {
  /** This process's own address on the wires, without delay or loss: where a chain may listen for the machines. */
  readonly hub: string
  /** The process through which every packet goes. */
  readonly relayPid: number
  address(machine: number): string
  /** Words that, put before a command, run it on the machine. */
  inside(machine: number): readonly string[]
  /** From now on packets pass within a group only; machines in no group are one more. The hub reaches all. */
  partition(groups: readonly (readonly number[])[]): Promise<void>
  heal(): Promise<void>
  /** Drops this share of the packets that reach a machine from another, to a thousandth. */
  lose(share: number): Promise<void>
  /** A process outside the machines that shall not outlive the bed. */
  own(pid: number): Promise<void>
  /** Kills what still runs on the machines and removes them. */
  close(): Promise<void>
}

/** False, or why no bed can be made here. */
export function bedMissing(): false | string {
  if (process.getuid?.() !== 0) return 'network namespaces need root'
  if (!existsSync('/dev/net/tun')) return 'the kernel has no /dev/net/tun'
  const missing = toolsMissing({ ip: 'iproute2', nft: 'nftables', python3: 'python3' })
  if (missing) return missing
  const name = `bed-trial-${process.pid}`
  if (spawnSync('ip', ['netns', 'add', name]).status !== 0) return 'network namespaces are not allowed here'
  const { status } = spawnSync('ip', ['netns', 'exec', name, 'nft', 'list', 'ruleset'])
  spawnSync('ip', ['netns', 'del', name])
  return status === 0 ? false : 'the kernel has no nf_tables'
}

export async function openBed(rtts: Rtts): Promise<Bed> {
  const words = [join(import.meta.dirname, 'relay.py'), `${process.pid}`, JSON.stringify(rtts)]
  // In a group of its own: what ends this one, Ctrl-C or a kill, must not end the relay before it has cleaned up.
  const relay = spawn('python3', words, { stdio: ['pipe', 'pipe', 'inherit'], detached: true })
  const ended = once(relay, 'exit')
  const answers = createInterface({ input: relay.stdout })[Symbol.asyncIterator]()
  const answer = async (): Promise<string> => {
    const { done, value } = await answers.next()
    if (done === true) throw new Error('the relay of the test bed ended')
    return value
  }
  const tell = async (command: object): Promise<void> => {
    relay.stdin.write(`${JSON.stringify(command)}\n`)
    await answer()
  }
  const { addresses, namespaces } = JSON.parse(await answer()) as Record<string, string[]>
  return {
    hub: addresses![0]!,
    relayPid: relay.pid!,
    address: machine => addresses![machine]!,
    inside: machine => ['ip', 'netns', 'exec', namespaces![machine - 1]!],
    partition: groups => tell({ groups }),
    heal: () => tell({ groups: [] }),
    lose: lossShare => tell({ lossShare }),
    own: pid => tell({ own: pid }),
    async close() {
      relay.stdin.end()
      await ended
    },
  }
}
