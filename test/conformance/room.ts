// A network namespace that holds nothing but a loopback with the addresses of a small Internet, and programs in it.
//
// On addresses and ports of their own, unmodified tools can be used as they are: root servers at the addresses that
// are compiled into them, everybody on port 53. A server is ready when it answers, never after a time.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { delay } from '../../base/io/clock.ts'
import { type Ran, ran } from '../e2e/devnet.ts'

export interface Room {
  readonly folder: string
  /** Runs a program in the namespace to its end. */
  run(program: string, args: readonly string[], timeoutMs?: number): Promise<Ran>
  /** Runs a program in the namespace until the stack is unwound; its output goes to `<label>.log`. */
  start(label: string, program: string, args: readonly string[]): Promise<ChildProcess>
  /** What the program of `start` has printed so far. */
  logOf(label: string): Promise<string>
  /** Writes a file into the folder; its path. */
  file(name: string, text: string): Promise<string>
}

/** Opened by this process; each has a name of its own. */
let rooms = 0

export async function openRoom(
  addresses: readonly string[],
  resolver: string,
  stack: AsyncDisposableStack,
): Promise<Room> {
  const name = `inxt-lab-${process.pid}-${++rooms}`
  const folder = await mkdtemp(join(tmpdir(), 'inxt-lab-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const must = async (...args: string[]): Promise<void> => {
    const { code, stderr } = await ran('ip', args)
    if (code !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr}`)
  }
  await must('netns', 'add', name)
  stack.defer(() => must('netns', 'del', name))
  const commands = addresses.map(address => `addr add ${address}/${address.includes(':') ? 128 : 32} dev lo`)
  const batch = join(folder, 'addresses')
  await writeFile(batch, ['link set lo up', ...commands, ''].join('\n'))
  await must('-n', name, '-batch', batch)
  const resolverFolder = join('/etc/netns', name)
  await mkdir(resolverFolder, { recursive: true })
  stack.defer(() => rm(resolverFolder, { recursive: true, force: true }))
  await writeFile(join(resolverFolder, 'resolv.conf'), `nameserver ${resolver}\n`)
  const inside = (program: string, args: readonly string[]) => ['netns', 'exec', name, program, ...args]
  const logFile = (label: string): string => join(folder, `${label}.log`)
  return {
    folder,
    run: (program, args, timeoutMs = 60_000) => ran('ip', inside(program, args), { timeoutMs, cwd: folder }),
    async start(label, program, args) {
      const words = ['-c', 'log=$1; shift; exec "$@" > "$log" 2>&1', 'sh', logFile(label), program, ...args]
      const child = spawn('ip', inside('sh', words), { stdio: 'ignore', cwd: folder })
      stack.defer(() => ended(child))
      return child
    },
    logOf: label => readFile(logFile(label), 'utf8'),
    async file(file, text) {
      const path = join(folder, file)
      await writeFile(path, text)
      return path
    },
  }
}

/** Ends a child by its id, with the first word kindly. */
async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  const late = new AbortController()
  const killed = delay(3000, late.signal)
    .then(() => child.kill('SIGKILL'))
    .catch(() => {})
  await gone
  late.abort()
  await killed
}

/** Resolves when `server` answers a query for the SOA of `zone`; rejects with its log after ten seconds. */
export async function answers(room: Room, label: string, server: string, zone: string): Promise<void> {
  const endsAt = performance.now() + 10_000
  const words = [`@${server}`, '+tries=1', '+time=1', '+short', zone, 'SOA']
  while (performance.now() < endsAt) {
    const { stdout } = await room.run('dig', words)
    if (/^\S+ \S+ \d+ /m.test(stdout)) return
    await delay(50)
  }
  throw new Error(`${label} at ${server} does not answer for ${zone}:\n${await room.logOf(label)}`)
}
