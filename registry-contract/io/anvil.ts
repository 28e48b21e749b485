// The embedded chain: anvil, from its npm package, as a child process with its state in one file.
//
// anvil can keep its state itself (`--state`), but rewrites the file in place every interval, changed or not:
// killed in the middle, it leaves half a file that it then refuses to start from. So we ask it for its state
// (`anvil_dumpState`) when there is a new block, and replace the file by rename: a kill loses at most the
// interval. anvil runs in a process group of its own, so that Ctrl-C reaches us alone and the state is
// written before it ends. Its genesis header has an empty state root, which no storage proof checks against:
// a fresh chain mines one block.

import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { Fault, isFault } from '../../base/fault.ts'
import { delay } from '../../base/io/clock.ts'
import { readJson, writeWhole } from '../../base/io/file.ts'
import { parseData, parseQuantity } from '../answers.ts'
import { foundryBinary } from './foundry.ts'
import { createRpc, type Rpc } from './rpc.ts'

/** The words every development chain knows: worth nothing anywhere else. */
export const devnetMnemonic = 'test test test test test test test test test test test junk'

export interface AnvilOptions {
  readonly host?: string
  /** 0 lets the system choose. */
  readonly port: number
  readonly chainId?: number
  readonly mnemonic?: string
  /** Without it the chain is forgotten at the end. */
  readonly stateFile?: string
  readonly stateIntervalMs?: number
  readonly startDeadlineMs?: number
  /** Told when the state could not be written; the chain goes on and the next interval tries again. */
  readonly onFault?: (fault: Fault) => void
}

export interface Anvil {
  readonly url: string
  readonly port: number
  readonly pid: number
  /** Resolves when the process is gone, for whatever reason. */
  readonly exited: Promise<void>
  /** Writes the state, ends the process (SIGKILL after a deadline) and waits for it; may be called again. */
  stop(): Promise<void>
}

const defaults = {
  host: '127.0.0.1',
  chainId: 31_337,
  mnemonic: devnetMnemonic,
  stateIntervalMs: 1_000,
  startDeadlineMs: 10_000,
}
const stopDeadlineMs = 3_000
/** A state of 100 MB is some 100,000 transactions: far past what a development chain sees. */
const stateBytesMax = 256 * 1024 * 1024

/** True when the file is there; Fault `state/broken` when anvil could not start from it. */
async function checkState(file: string): Promise<boolean> {
  const state = await readJson(file)
  if (state === undefined) return false
  const { block, accounts } = (state ?? {}) as Record<string, unknown>
  const whole = [block, accounts].every(part => typeof part === 'object' && part !== null)
  if (!whole) throw new Fault('state/broken', `${file} is not the state of a chain.`)
  return true
}

/** Waits for the line `Listening on host:port`, which anvil prints when it takes questions. */
function listening(child: ChildProcess, name: string, deadlineMs: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const words: string[] = []
    const late = setTimeout(
      () => fail('chain/unreachable', `anvil did not start in ${deadlineMs} ms.`),
      deadlineMs,
    )
    const fail = (code: 'chain/unreachable' | 'net/port-taken' | 'state/broken', what: string): void => {
      clearTimeout(late)
      child.kill('SIGKILL')
      reject(new Fault(code, what))
    }
    createInterface({ input: child.stderr! }).on('line', line => words.length < 20 && words.push(line))
    createInterface({ input: child.stdout! }).on('line', line => {
      const match = /^Listening on .*:(\d+)$/.exec(line)
      if (!match) return
      clearTimeout(late)
      resolve(Number(match[1]))
    })
    child.once('error', cause => fail('chain/unreachable', `anvil cannot be run: ${cause.message}.`))
    // `close`, not `exit`: only then has everything it said arrived.
    child.once('close', () => {
      const said = words.join(' ').slice(0, 300)
      if (/address already in use/i.test(said)) fail('net/port-taken', `Port ${name} is taken.`)
      else if (/load-state/i.test(said)) fail('state/broken', `anvil refuses its state file: ${said}`)
      else fail('chain/unreachable', `anvil ended at once: ${said || 'without a word'}`)
    })
  })
}

/** Writes the state when there is a new block; one dump at a time. */
function createKeeper(rpc: Rpc, file: string): () => Promise<void> {
  let keptHash = ''
  return async () => {
    const block = (await rpc.call('eth_getBlockByNumber', ['latest', false])) as { hash?: unknown } | null
    const hash = parseData(block?.hash, 'block hash', { bytes: 32 })
    if (hash === keptHash) return
    const answer = await rpc.call('anvil_dumpState', [])
    const packed = Buffer.from(parseData(answer, 'state', { bytesMax: stateBytesMax }).slice(2), 'hex')
    await writeWhole(file, await promisify(gunzip)(packed, { maxOutputLength: stateBytesMax }))
    keptHash = hash
  }
}

/** The same, with its Faults told instead of thrown. */
function quietly(keep: () => Promise<void>, tell: (fault: Fault) => void): () => Promise<void> {
  return () =>
    keep().catch(error => {
      if (!isFault(error)) throw error
      tell(error)
    })
}

async function keepUntil(signal: AbortSignal, intervalMs: number, keep: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await delay(intervalMs, signal)
    if (!signal.aborted) await keep()
  }
}

/**
 * Faults: `net/port-taken`, `state/broken`, `tool/missing`, `chain/unreachable`; nothing is left running
 * then.
 */
export async function startAnvil(given: AnvilOptions): Promise<Anvil> {
  const options = { ...defaults, ...given }
  const kept = options.stateFile !== undefined && (await checkState(options.stateFile))
  const flags = Object.entries({
    '--host': options.host,
    '--port': String(options.port),
    '--chain-id': String(options.chainId),
    '--mnemonic': options.mnemonic,
    ...(kept && { '--load-state': options.stateFile! }),
  }).flat()
  const child = spawn(foundryBinary('anvil'), flags, { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const exited = new Promise<void>(resolve => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  const port = await listening(child, `${options.host}:${options.port}`, options.startDeadlineMs)
  const url = `http://${options.host}:${port}`
  const rpc = createRpc({ url, bytesMax: 2 * stateBytesMax })
  const over = new AbortController()
  const keep = options.stateFile === undefined ? async () => {} : createKeeper(rpc, options.stateFile)

  const end = async (): Promise<void> => {
    child.kill('SIGTERM')
    const hard = setTimeout(() => child.kill('SIGKILL'), stopDeadlineMs)
    await exited
    clearTimeout(hard)
    await rpc.close()
  }
  try {
    const height = parseQuantity(await rpc.call('eth_blockNumber', []), 'block number')
    if (height === 0) await rpc.call('evm_mine', [])
    await keep()
  } catch (error) {
    await end()
    throw error
  }

  const keepQuietly = quietly(keep, options.onFault ?? (() => {}))
  const keeping = keepUntil(over.signal, options.stateIntervalMs, keepQuietly)
  exited.then(() => over.abort())
  let stopped: Promise<void> | undefined
  const stop = async (): Promise<void> => {
    over.abort()
    await keeping
    if (child.exitCode === null && child.signalCode === null) await keepQuietly()
    await end()
  }
  return { url, port, pid: child.pid!, exited, stop: () => (stopped ??= stop()) }
}
