// A real devnet for the end-to-end tests: real processes in a folder of its own, on addresses and ports that nobody
// else uses, ended by process id. What a test waits for is an event with a deadline, never a time.

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { delay } from '../../base/io/clock.ts'
import type { Network, NetworkEdge } from '../../cli/network.ts'

export const projectRoot = join(import.meta.dirname, '..', '..')
const door = join(projectRoot, 'cli', 'inxt.mjs')

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end; never throws for an exit code. */
export function ran(
  program: string,
  args: readonly string[],
  options: { cwd?: string; timeoutMs?: number } = {},
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const settings = {
      cwd: options.cwd ?? projectRoot,
      timeout: options.timeoutMs ?? 60_000,
      maxBuffer: 256 << 20,
    }
    execFile(program, args, settings, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') {
        return reject(
          new Error(`${program} ${args.join(' ')}: ${error.message}\n${stdout}${stderr}`, { cause: error }),
        )
      }
      resolve({ code: (error?.code as number | undefined) ?? 0, stdout, stderr })
    })
  })
}

export function inxt(
  args: readonly string[],
  options: { cwd?: string; timeoutMs?: number } = {},
): Promise<Ran> {
  return ran(process.execPath, [door, ...args], options)
}

/** Resolves when `probe` gives a value; rejects at the deadline with the last complaint. */
export async function until<T>(
  what: string,
  deadlineMs: number,
  probe: () => Promise<T | undefined>,
): Promise<T> {
  const endsAt = performance.now() + deadlineMs
  let last: unknown
  while (performance.now() < endsAt) {
    try {
      const value = await probe()
      if (value !== undefined) return value
    } catch (error) {
      last = error
    }
    await delay(20)
  }
  throw new Error(
    `not within ${deadlineMs} ms: ${what}${last === undefined ? '' : ` (${(last as Error).message})`}`,
  )
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen({ host: '0.0.0.0', port })
  try {
    await once(server, 'listening')
    server.close()
    await once(server, 'close')
    return true
  } catch {
    return false
  }
}

export interface Devnet {
  readonly folder: string
  readonly flags: readonly string[]
  readonly process: ChildProcess
  readonly startMs: number
  /** Everything printed so far. */
  output(): string
  network(): Promise<Network>
  edge(number: number): Promise<NetworkEdge>
  /** Ctrl-C, and wait for the end; gives the exit code. */
  stop(): Promise<number | null>
}

export interface Place {
  readonly folder: string
  readonly flags: readonly string[]
  remove(): Promise<void>
}

/**
 * A folder and free ports for a devnet. Linux gives all of 127/8, so the network number keeps suites apart. The ports
 * lie below those that the kernel gives to sockets of its own choice, which could take one between two starts.
 */
export async function reservePlace(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'inxt-e2e-'))
  const free: number[] = []
  while (free.length < 5) {
    const port = 12_000 + randomInt(18_000)
    if (!free.includes(port) && (await isFree(port))) free.push(port)
  }
  const [dns, http, https, overlay, chain] = free
  const network = 2 + (process.pid % 250)
  const flags = ['--data', join(folder, '.inxt'), '--network', `${network}`, '--dns-port', `${dns}`]
  flags.push(
    '--http-port',
    `${http}`,
    '--https-port',
    `${https}`,
    '--overlay-port',
    `${overlay}`,
    '--chain-port',
    `${chain}`,
  )
  const remove = async (): Promise<void> => {
    // What a test that failed half-way has left: nothing else names this folder.
    for (const line of await processesNaming(folder)) {
      try {
        process.kill(Number.parseInt(line, 10), 'SIGKILL')
      } catch {
        // It has ended meanwhile.
      }
    }
    await rm(folder, { recursive: true, force: true })
  }
  return { folder, flags, remove }
}

/** Starts a devnet and waits until it says that it is up. */
export async function startDevnet(place: Place): Promise<Devnet> {
  const startedAt = performance.now()
  const child = spawn(process.execPath, [door, 'devnet', ...place.flags], { cwd: projectRoot, stdio: 'pipe' })
  let output = ''
  const up = Promise.withResolvers<void>()
  const take = (chunk: Buffer): void => {
    output += chunk.toString()
    if (output.includes('Ctrl-C')) up.resolve()
  }
  child.stdout.on('data', take)
  child.stderr.on('data', take)
  child.once('exit', code => up.reject(new Error(`the devnet ended with ${code}:\n${output}`)))
  const timer = setTimeout(() => up.reject(new Error(`the devnet is not up after 60 s:\n${output}`)), 60_000)
  try {
    await up.promise
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  } finally {
    clearTimeout(timer)
  }
  const data = join(place.folder, '.inxt')
  const network = async (): Promise<Network> => JSON.parse(await readFile(join(data, 'network.json'), 'utf8'))
  return {
    folder: place.folder,
    flags: place.flags,
    process: child,
    startMs: performance.now() - startedAt,
    output: () => output,
    network,
    edge: async number => (await network()).edges.find(edge => edge.number === number)!,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
      const ended = once(child, 'exit')
      child.kill('SIGINT')
      const [code] = await ended
      return code as number | null
    },
  }
}

/** Command lines of running processes that mention `text` (a folder of the test), this test's own excepted. */
export async function processesNaming(text: string): Promise<string[]> {
  const found: string[] = []
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    if (line.includes(text)) found.push(`${pid} ${line.replaceAll('\0', ' ')}`)
  }
  return found
}
